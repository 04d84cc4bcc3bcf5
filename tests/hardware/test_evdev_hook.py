"""A hook switch as a key or switch of an input device."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from config.input_codes import EV_KEY, EV_SW, input_code
from hardware import evdev
from hardware.evdev import EV_SYN, SYN_DROPPED, SYN_REPORT
from hardware.evdev_hook import EvdevHook
from hardware.interfaces import DeviceLost, DeviceNotFound, DeviceRefused
from tests.hardware.kernel_input import KernelInput, event
from tests.hardware.nodes import Pipe, found, pipe

HOLD_S = 0.03
PHONE, SOCKET = (EV_KEY, 169), (EV_SW, 2)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> KernelInput:
    made = KernelInput(PHONE)
    monkeypatch.setattr(evdev, "ioctl", made)
    return made


@pytest.fixture
def node() -> Iterator[Pipe]:
    with pipe() as made:
        yield made


async def test_it_bounces_and_settles_and_counts(node: Pipe, kernel: KernelInput) -> None:
    hook = EvdevHook(found(node.path), HOLD_S)
    assert await hook.open() is False
    node.send(event(*PHONE, 1) + event(*PHONE, 0) + event(EV_KEY, 30, 1) + event(*PHONE, 1))
    assert await asyncio.wait_for(hook.change(), 2) is True
    assert await hook.open() is True
    assert hook.moves == 3
    node.send(event(*PHONE, 2))
    node.send(event(*PHONE, 0))
    assert await asyncio.wait_for(hook.change(), 2) is False
    assert hook.moves == 4
    node.pull()
    with pytest.raises(DeviceLost):
        await asyncio.wait_for(hook.change(), 2)


async def test_its_state_at_opening_is_asked(node: Pipe, kernel: KernelInput) -> None:
    kernel.on.add(PHONE)
    hook = EvdevHook(found(node.path), HOLD_S)
    assert await hook.open() is True
    await hook.close()


@pytest.mark.parametrize("name", ["SW_HEADPHONE_INSERT", "KEY_F13", "88"])
async def test_any_code_and_either_polarity(node: Pipe, kernel: KernelInput, name: str) -> None:
    code = input_code(name)
    assert code is not None
    kernel.codes = {PHONE, code}
    hook = EvdevHook(found(node.path), HOLD_S, code=code, inverted=True)
    assert await hook.open() is True
    node.send(event(*PHONE, 1) + event(*code, 1))
    assert await asyncio.wait_for(hook.change(), 2) is False
    node.send(event(*code, 0))
    assert await asyncio.wait_for(hook.change(), 2) is True
    await hook.close()


async def test_a_socket_is_taken_where_there_is_no_telephone_key(
    node: Pipe, kernel: KernelInput
) -> None:
    kernel.codes = {SOCKET}
    kernel.on.add(SOCKET)
    hook = EvdevHook(found(node.path), HOLD_S)
    assert await hook.open() is True
    await hook.close()


async def test_a_device_without_the_code_is_refused(node: Pipe, kernel: KernelInput) -> None:
    hook = EvdevHook(found(node.path), HOLD_S, code=SOCKET)
    with pytest.raises(DeviceRefused, match="has no SW_HEADPHONE_INSERT: set hook_code"):
        await hook.open()
    with pytest.raises(DeviceLost):
        await hook.change()


async def test_pulled_or_no_input_device_at_all_while_it_is_asked(
    node: Pipe, monkeypatch: pytest.MonkeyPatch, kernel: KernelInput
) -> None:
    kernel.gone = True
    with pytest.raises(DeviceNotFound, match="No such device"):
        await EvdevHook(found(node.path), HOLD_S).open()
    monkeypatch.undo()
    with pytest.raises(DeviceRefused, match="is no input device"):
        await EvdevHook(found(node.path), HOLD_S).open()


async def test_after_an_overflow_its_state_is_asked_again(node: Pipe, kernel: KernelInput) -> None:
    hook = EvdevHook(found(node.path), HOLD_S)
    assert await hook.open() is False
    kernel.on.add(PHONE)
    node.send(event(EV_SYN, SYN_DROPPED, 0) + event(*PHONE, 0) + event(EV_SYN, SYN_REPORT, 0))
    assert await asyncio.wait_for(hook.change(), 2) is True
    kernel.gone = True
    node.send(event(EV_SYN, SYN_DROPPED, 0) + event(EV_SYN, SYN_REPORT, 0))
    with pytest.raises(DeviceLost, match="No such device"):
        await asyncio.wait_for(hook.change(), 2)
