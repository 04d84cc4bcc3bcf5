"""Reading input events; a pipe stands for the node, a class for the kernel's answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.input_codes import EV_KEY, EV_SW
from hardware import evdev
from hardware.evdev import EV_SYN, SYN_DROPPED, SYN_REPORT, InputDevice, InputEvent
from hardware.interfaces import DeviceBusy, DeviceLost, DeviceNotFound, DeviceRefused
from tests.hardware.kernel_input import EVIOCGRAB, KernelInput, event
from tests.hardware.nodes import Pipe, pipe

PHONE = (EV_KEY, 169)


class Ears:
    """Hears what the device says."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[InputEvent | DeviceLost] = asyncio.Queue()

    async def next(self) -> InputEvent | DeviceLost:
        return await asyncio.wait_for(self.heard.get(), 2)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> KernelInput:
    made = KernelInput(PHONE)
    monkeypatch.setattr(evdev, "ioctl", made)
    return made


@pytest.fixture
def node() -> Iterator[Pipe]:
    with pipe() as made:
        yield made


def device(path: str, ears: Ears, *, grab: bool = False) -> InputDevice:
    return InputDevice(path, ears.heard.put_nowait, ears.heard.put_nowait, grab)


async def test_missing_node_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(DeviceNotFound):
        await device(str(tmp_path / "none"), Ears()).open()


async def test_one_that_may_not_be_read_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def denied(path: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("hardware.node.os.open", denied)
    with pytest.raises(DeviceRefused, match="udev rule"):
        await device("/dev/input/event0", Ears()).open()


async def test_a_node_that_cannot_be_grabbed_is_busy(node: Pipe, kernel: KernelInput) -> None:
    kernel.grabbed = True
    with pytest.raises(DeviceBusy):
        await device(node.path, Ears(), grab=True).open()


async def test_it_is_grabbed_only_when_told_so(node: Pipe, kernel: KernelInput) -> None:
    for grab in (False, True):
        opened = device(node.path, Ears(), grab=grab)
        await opened.open()
        opened.close()
        assert (EVIOCGRAB in kernel.asked) is grab


async def test_events_state_and_loss(node: Pipe, kernel: KernelInput) -> None:
    ears = Ears()
    opened = device(node.path, ears)
    await opened.open()
    assert opened.has(*PHONE) and not opened.has(EV_KEY, 30) and not opened.has(EV_SW, 2)
    assert not opened.is_set(*PHONE)
    kernel.on.add(PHONE)
    assert opened.is_set(*PHONE)
    node.send(event(*PHONE, 1) + event(4, 4, 99) + event(EV_SYN, SYN_REPORT, 0))
    assert await ears.next() == (*PHONE, 1)
    node.pull()
    assert isinstance(await ears.next(), DeviceLost)
    assert ears.heard.empty()
    with pytest.raises(DeviceLost):
        opened.is_set(*PHONE)


async def test_what_overflowed_is_told_once_its_report_is_over(
    node: Pipe, kernel: KernelInput
) -> None:
    ears = Ears()
    opened = device(node.path, ears)
    await opened.open()
    node.send(event(EV_SYN, SYN_DROPPED, 0) + event(*PHONE, 1))
    node.send(event(EV_SYN, SYN_REPORT, 0) + event(*PHONE, 0))
    assert await ears.next() == (EV_SYN, SYN_DROPPED, 0)
    assert await ears.next() == (*PHONE, 0)
    opened.close()


async def test_a_listener_that_closes_hears_no_more(node: Pipe, kernel: KernelInput) -> None:
    heard: list[InputEvent] = []

    def close(told: InputEvent) -> None:
        heard.append(told)
        opened.close()

    opened = InputDevice(node.path, close, lambda lost: pytest.fail(str(lost)))
    await opened.open()
    node.send(event(*PHONE, 1) + event(*PHONE, 0))
    async with asyncio.timeout(2):
        while not heard:  # noqa: ASYNC110 - a listener has no event of its own
            await asyncio.sleep(0.005)
    assert heard == [(*PHONE, 1)]
