"""The hook of a USB telephone over /dev/hidraw; a pipe stands for the node."""

from __future__ import annotations

import asyncio
import errno
import struct
from collections.abc import Iterator

import pytest

from hardware import hidraw_hook
from hardware.hidraw_hook import HidrawHook
from hardware.hooks import AttachedHook
from hardware.interfaces import DeviceLost, DeviceRefused
from hardware.node import open_node
from tests.hardware.handsets import CX300, JABRA, NO_TELEPHONE
from tests.hardware.nodes import Pipe, found, pipe, refused

HOLD_S = 0.03
HANGS, LIFTED = bytes([1, 0, 0, 0, 0, 0, 0, 0]), bytes([1, 1, 0, 0, 0, 0, 0, 0])
BUTTON = bytes.fromhex("050b0905a1010920150025017501950181060929950781 03c0")
PLAIN = bytes.fromhex("050b0904a101092015002501750195018122950781 03c0")
"""A handset whose report has no number."""


class KernelHidraw:
    """Stands for `fcntl.ioctl` on a hidraw node (drivers/hid/hidraw.c); `state` None: no answer."""

    def __init__(self, descriptor: bytes, state: bytes | None) -> None:
        self.descriptor = descriptor
        self.state = state
        self.asked: list[bytes] = []

    def __call__(self, descriptor: int, request: int, argument: bytes | bytearray) -> bytes | int:
        size = request >> 16 & 0x3FFF
        assert len(argument) == size
        if request & 0xFFFF == 0x4801:
            return struct.pack("@i", len(self.descriptor))
        assert isinstance(argument, bytearray)
        if request & 0xFFFF == 0x4802:
            (asked,) = struct.unpack_from("@I", argument)
            argument[4 : 4 + asked] = self.descriptor[:asked]
            return 0
        assert request >> 30 == 3 and request & 0xFFFF == 0x480A
        self.asked.append(bytes(argument))
        if self.state is None:
            raise refused(errno.EPIPE)
        argument[: len(self.state)] = self.state
        return len(self.state)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> KernelHidraw:
    made = KernelHidraw(CX300.descriptor, HANGS)
    monkeypatch.setattr(hidraw_hook, "ioctl", made)
    return made


@pytest.fixture
def node() -> Iterator[Pipe]:
    with pipe() as made:
        yield made


def hook_at(node: Pipe, *, inverted: bool = False) -> HidrawHook:
    return HidrawHook(found(node.path), HOLD_S, inverted=inverted)


async def test_a_telephone_is_lifted_hung_up_and_pulled(node: Pipe, kernel: KernelHidraw) -> None:
    hook = hook_at(node)
    assert await hook.open() is False
    assert await hook.open() is False
    assert kernel.asked == [bytes([1]) + bytes(7)], "asked once, by the report's number"
    node.send(LIFTED)
    assert await asyncio.wait_for(hook.change(), 2) is True
    node.send(bytes([9, 0]))
    node.send(bytes([1]))
    node.send(b"\x01\x01\x05\0\0\0\0\0")
    node.send(HANGS)
    assert await asyncio.wait_for(hook.change(), 2) is False
    assert hook.moves == 2
    node.pull()
    with pytest.raises(DeviceLost):
        await asyncio.wait_for(hook.change(), 2)
    with pytest.raises(DeviceLost):
        await hook.change()


async def test_bounces_do_not_count(node: Pipe, kernel: KernelHidraw) -> None:
    hook = hook_at(node)
    await hook.open()
    for report in (LIFTED, HANGS, LIFTED, HANGS, LIFTED):
        node.send(report)
    assert await asyncio.wait_for(hook.change(), 2) is True
    assert hook.moves == 5
    await hook.close()


@pytest.mark.parametrize(
    ("state", "inverted", "up"),
    [
        (HANGS, False, False),
        (LIFTED, False, True),
        (LIFTED, True, False),
        (None, False, True),
        (None, True, True),
        (b"", False, True),
        (b"\x02\x01\0\0\0\0\0\0", False, True),
    ],
    ids=["hangs", "lifted", "inverted", "silent", "silent inverted", "empty", "another report"],
)
async def test_the_state_at_opening(
    node: Pipe, kernel: KernelHidraw, state: bytes | None, inverted: bool, up: bool
) -> None:
    """One that does not tell counts as up; its first report says the truth."""
    kernel.state = state
    hook = hook_at(node, inverted=inverted)
    assert await hook.open() is up
    node.send(HANGS if up is not inverted else LIFTED)
    assert await asyncio.wait_for(hook.change(), 2) is not up
    await hook.close()


async def test_a_report_without_a_number(node: Pipe, kernel: KernelHidraw) -> None:
    kernel.descriptor, kernel.state = PLAIN, bytes([0, 1])
    hook = hook_at(node)
    assert await hook.open() is True
    assert kernel.asked == [bytes(2)]
    node.send(b"\0")
    assert await asyncio.wait_for(hook.change(), 2) is False
    await hook.close()


async def test_a_button_starts_hung_up_and_takes_turns(node: Pipe, kernel: KernelHidraw) -> None:
    kernel.descriptor, kernel.state = BUTTON, bytes([0, 1])
    hook = hook_at(node)
    assert await hook.open() is False
    assert not kernel.asked
    for expected in (True, False):
        node.send(b"\1")
        node.send(b"\0")
        assert await asyncio.wait_for(hook.change(), 2) is expected
    await hook.close()


@pytest.mark.parametrize("inverted", [False, True])
async def test_a_button_that_comes_back_is_as_it_was(
    node: Pipe, kernel: KernelHidraw, monkeypatch: pytest.MonkeyPatch, inverted: bool
) -> None:
    """Else a loose cable would hold a visit."""
    kernel.descriptor = BUTTON
    at = [node.path]
    monkeypatch.setattr(hidraw_hook, "open_node", lambda _, ask: open_node(at[0], ask))
    hook = AttachedHook(found("/dev/hidraw0"), HOLD_S, inverted=inverted)
    assert await hook.open() is False
    node.send(b"\1")
    node.send(b"\0")
    assert await asyncio.wait_for(hook.change(), 2) is True
    node.pull()
    with pytest.raises(DeviceLost):
        await asyncio.wait_for(hook.change(), 2)
    await hook.close()
    with pipe() as again:
        at[0] = again.path
        assert await hook.open() is True
        again.send(b"\1")
        again.send(b"\0")
        assert await asyncio.wait_for(hook.change(), 2) is False
        await hook.close()


@pytest.mark.parametrize(
    ("descriptor", "reason"),
    [
        (NO_TELEPHONE.descriptor, "no hook switch"),
        (b"\x06\x00", "no HID report descriptor: byte 0"),
        (bytes.fromhex("050b09201500250175019601ff8102"), "a report of"),
    ],
)
async def test_what_has_no_hook_is_refused(
    node: Pipe, kernel: KernelHidraw, descriptor: bytes, reason: str
) -> None:
    kernel.descriptor = descriptor
    with pytest.raises(DeviceRefused, match=reason):
        await hook_at(node).open()


async def test_it_opens_again_and_asks_again(node: Pipe, kernel: KernelHidraw) -> None:
    kernel.descriptor = JABRA.descriptor
    kernel.state = bytes([2, 0, 0])
    hook = hook_at(node)
    assert await hook.open() is False
    await hook.close()
    await hook.close()
    kernel.state = bytes([2, 1, 0])
    assert await hook.open() is True
    await hook.close()
