"""What every hook switch keeps, simulated or real; real ones run on stand-ins for their drivers."""

from __future__ import annotations

import asyncio
import struct
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import gpiod
import pytest
from gpiod.line import Value

from config.input_codes import EV_KEY
from hardware import evdev, hidraw_hook, serial_hook
from hardware.evdev_hook import EvdevHook
from hardware.gpio_hook import GpioHook
from hardware.hidraw_hook import HidrawHook
from hardware.hook import CountedHook
from hardware.interfaces import DeviceLost, Hook
from hardware.serial_hook import SerialHook
from hardware.simulated_hook import SimulatedHook
from tests.hardware.handsets import CX300
from tests.hardware.kernel_input import KernelInput, event
from tests.hardware.nodes import found, pipe
from tests.hardware.test_gpio_hook import FALLING, RISING, FakeChips
from tests.hardware.test_hidraw_hook import HANGS, LIFTED, KernelHidraw
from tests.hardware.test_serial_hook import Line

HOLD_S = 0.02


@dataclass
class Rig:
    """A hook, how to move what it reads, and whether it can be pulled out."""

    hook: CountedHook
    move: Callable[[bool], None]
    pull: Callable[[], None] | None


def simulated(patch: pytest.MonkeyPatch, stack: ExitStack, folder: Path) -> Rig:
    path = folder / "fifo"

    def move(up: bool) -> None:
        with path.open("w") as fifo:
            fifo.write("up\n" if up else "down\n")

    return Rig(SimulatedHook(str(path)), move, None)


def by_evdev(patch: pytest.MonkeyPatch, stack: ExitStack, folder: Path) -> Rig:
    phone = (EV_KEY, 169)
    kernel = KernelInput(phone)
    patch.setattr(evdev, "ioctl", kernel)
    node = stack.enter_context(pipe())

    def move(up: bool) -> None:
        (kernel.on.add if up else kernel.on.discard)(phone)
        node.send(event(*phone, up))

    return Rig(EvdevHook(found(node.path), HOLD_S), move, node.pull)


def by_hidraw(patch: pytest.MonkeyPatch, stack: ExitStack, folder: Path) -> Rig:
    kernel = KernelHidraw(CX300.descriptor, HANGS)
    patch.setattr(hidraw_hook, "ioctl", kernel)
    node = stack.enter_context(pipe())

    def move(up: bool) -> None:
        kernel.state = LIFTED if up else HANGS
        node.send(kernel.state)

    return Rig(HidrawHook(found(node.path), HOLD_S), move, node.pull)


def by_gpio(patch: pytest.MonkeyPatch, stack: ExitStack, folder: Path) -> Rig:
    chips = FakeChips()
    patch.setattr(gpiod, "request_lines", chips.request_lines)

    def move(up: bool) -> None:
        chips.value = Value.ACTIVE if up else Value.INACTIVE
        chips.given[-1].edge(RISING if up else FALLING)

    def pull() -> None:
        chips.given[-1].fail(OSError(19, "No such device"))

    return Rig(GpioHook("gpiochip0", "17", HOLD_S), move, pull)


def by_text(patch: pytest.MonkeyPatch, stack: ExitStack, folder: Path) -> Rig:
    line = Line()
    stack.callback(line.pull)

    def move(up: bool) -> None:
        line.send(b"up\n" if up else b"down\n")

    return Rig(SerialHook(lambda: line.path, "text", HOLD_S), move, line.pull)


def by_modem_line(patch: pytest.MonkeyPatch, stack: ExitStack, folder: Path) -> Rig:
    line = Line()
    stack.callback(line.pull)
    bits: list[int | None] = [0]

    def ioctl(descriptor: int, request: int, argument: bytes) -> bytes:
        if bits[0] is None:
            raise OSError(5, "Input/output error")
        return struct.pack("@i", bits[0])

    def move(up: bool) -> None:
        bits[0] = termios.TIOCM_CTS if up else 0

    def pull() -> None:
        bits[0] = None

    patch.setattr(serial_hook, "ioctl", ioctl)
    return Rig(SerialHook(lambda: line.path, "cts", HOLD_S), move, pull)


@pytest.fixture(params=[simulated, by_evdev, by_hidraw, by_gpio, by_text, by_modem_line])
async def rig(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Rig]:
    with ExitStack() as stack:
        made: Rig = request.param(monkeypatch, stack, tmp_path)
        yield made
        await made.hook.close()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def moved(rig: Rig, *, to: bool) -> None:
    rig.move(to)
    assert await asyncio.wait_for(rig.hook.change(), 2) is to


async def test_it_is_a_hook_that_opens_once_and_tells_each_move(rig: Rig) -> None:
    assert isinstance(rig.hook, Hook)
    up = await rig.hook.open()
    assert await rig.hook.open() is up, "open is idempotent"
    for to in (not up, up, not up):
        await moved(rig, to=to)
    assert await rig.hook.open() is not up
    assert rig.hook.moves == 3


async def test_closed_it_is_lost_and_opens_again(rig: Rig) -> None:
    with pytest.raises(DeviceLost):
        await rig.hook.change()
    up = await rig.hook.open()
    waiting = asyncio.create_task(rig.hook.change())
    await asyncio.sleep(0)
    await rig.hook.close()
    await rig.hook.close()
    with pytest.raises(DeviceLost, match="closed"):
        await waiting
    with pytest.raises(DeviceLost):
        await rig.hook.change()
    assert await rig.hook.open() is up
    await moved(rig, to=not up)


async def test_pulled_it_is_lost(rig: Rig) -> None:
    await rig.hook.open()
    if rig.pull is not None:
        rig.pull()
        with pytest.raises(DeviceLost):
            await asyncio.wait_for(rig.hook.change(), 2)


async def test_a_hundred_openings_leave_nothing_open(rig: Rig) -> None:
    await rig.hook.open()
    await rig.hook.close()
    before = descriptors()
    for _ in range(100):
        await rig.hook.open()
        await rig.hook.close()
    assert descriptors() == before
