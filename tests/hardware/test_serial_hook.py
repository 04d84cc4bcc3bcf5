"""A hook on a serial port: text over a real pty, modem lines with the kernel's answers stood in."""

from __future__ import annotations

import asyncio
import errno
import os
import pty
import struct
import termios
import threading
from collections.abc import Iterator

import pytest

from hardware import serial_hook
from hardware.identity import Device, Identity
from hardware.interfaces import (
    DeviceAmbiguous,
    DeviceBusy,
    DeviceLost,
    DeviceNotFound,
    DeviceRefused,
)
from hardware.serial_hook import MODEM_LINES, SerialHook, located, modem_line
from tests.hardware.nodes import refused

HOLD_S = 0.03


class Line:
    """A serial line: the terminal's end has a path, the other end is the test's."""

    def __init__(self) -> None:
        self.far, near = pty.openpty()
        self.path = os.ttyname(near)
        os.close(near)

    def send(self, data: bytes) -> None:
        os.write(self.far, data)

    def pull(self) -> None:
        far, self.far = self.far, -1
        if far >= 0:
            os.close(far)


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.pull()


def text_hook(line: Line, *, inverted: bool = False) -> SerialHook:
    return SerialHook(lambda: line.path, "text", HOLD_S, inverted=inverted)


async def test_words_and_digits_in_any_case(line: Line) -> None:
    hook = text_hook(line)
    assert await hook.open() is True, "it has not said anything yet"
    for said, up in ((b"down\n", False), (b"1\r\n", True), (b" Down \n", False), (b"UP\r", True)):
        line.send(said)
        assert await asyncio.wait_for(hook.change(), 2) is up
    line.send(b"dow")
    await asyncio.sleep(0)
    line.send(b"n\n")
    assert await asyncio.wait_for(hook.change(), 2) is False
    assert hook.garbage == 0
    assert hook.moves == 5
    await hook.close()


async def test_garbage_is_ignored_and_counted(line: Line) -> None:
    hook = text_hook(line)
    await hook.open()
    line.send(b"\xff\xfe\nhello\n\n" + b"up" * 500 + b"\ndown\n")
    assert await asyncio.wait_for(hook.change(), 2) is False
    assert hook.garbage == 3, "two words and one endless line; an empty one is nothing"
    await hook.close()


async def test_an_endless_line_is_not_kept(line: Line) -> None:
    hook = text_hook(line)
    await hook.open()
    for _ in range(20):
        line.send(b"x" * 200)
    line.send(b"\n0\n")
    assert await asyncio.wait_for(hook.change(), 2) is False
    line.send(b"1" * 200)
    async with asyncio.timeout(2):
        while not hook._overlong:  # noqa: ASYNC110 - what is thrown away has no event
            await asyncio.sleep(0.005)
    assert hook._line == b""
    await hook.close()


async def test_inverted_text(line: Line) -> None:
    hook = text_hook(line, inverted=True)
    assert await hook.open() is True
    line.send(b"1\n")
    assert await asyncio.wait_for(hook.change(), 2) is False
    await hook.close()


async def test_a_pulled_port_is_lost(line: Line) -> None:
    hook = text_hook(line)
    with pytest.raises(DeviceLost):
        await hook.change()
    await hook.open()
    line.pull()
    with pytest.raises(DeviceLost):
        await asyncio.wait_for(hook.change(), 2)


async def test_it_is_opened_once_and_again_after_closing(line: Line) -> None:
    hook, other = text_hook(line), text_hook(line)
    await hook.open()
    await hook.open()
    with pytest.raises(DeviceBusy, match="another program"):
        await other.open()
    await hook.close()
    await hook.close()
    with pytest.raises(DeviceLost):
        await hook.change()
    assert await other.open() is True
    await other.close()


async def test_a_missing_port_is_not_found() -> None:
    with pytest.raises(DeviceNotFound):
        await SerialHook(lambda: "/dev/ttyNONE0", "text", HOLD_S).open()


async def test_a_port_that_goes_while_it_is_set_up(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise termios.error(errno.EIO, "Input/output error")

    monkeypatch.setattr(termios, "tcflush", gone)
    with pytest.raises(DeviceRefused, match="Input/output error"):
        await text_hook(line).open()


class KernelLines:
    """Stands for `fcntl.ioctl` with TIOCMGET; asked from the hook's thread."""

    def __init__(self) -> None:
        self.bits = 0
        self.error: OSError | None = None
        self.threads: set[str] = set()

    def __call__(self, descriptor: int, request: int, argument: bytes) -> bytes:
        assert request == termios.TIOCMGET and len(argument) == 4
        self.threads.add(threading.current_thread().name)
        if self.error is not None:
            raise self.error
        return struct.pack("@i", self.bits)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> KernelLines:
    made = KernelLines()
    monkeypatch.setattr(serial_hook, "ioctl", made)
    return made


@pytest.mark.parametrize("code", list(MODEM_LINES))
async def test_each_modem_line(line: Line, lines: KernelLines, code: str) -> None:
    others = sum(mask for name, mask in MODEM_LINES.items() if name != code)
    lines.bits = others
    hook = SerialHook(lambda: line.path, code, HOLD_S)
    assert await hook.open() is False
    lines.bits = MODEM_LINES[code]
    assert await asyncio.wait_for(hook.change(), 2) is True
    lines.bits = others
    assert await asyncio.wait_for(hook.change(), 2) is False
    await hook.close()
    assert threading.main_thread().name not in lines.threads, "asking is a transfer on USB"
    await hook.open()
    await hook.close()


async def test_a_modem_line_that_is_pulled(line: Line, lines: KernelLines) -> None:
    hook = SerialHook(lambda: line.path, "cts", HOLD_S, inverted=True)
    assert await hook.open() is True
    lines.error = refused(errno.EIO)
    with pytest.raises(DeviceLost, match="Input/output error"):
        await asyncio.wait_for(hook.change(), 2)
    await hook.close()


async def test_a_port_without_modem_lines_is_refused_and_left_free(line: Line) -> None:
    """A pty has none: the kernel's own answer."""
    with pytest.raises(DeviceRefused):
        await SerialHook(lambda: line.path, "cts", HOLD_S).open()
    hook = text_hook(line)
    await hook.open()
    await hook.close()


def test_modem_line_reads_its_bit_only(lines: KernelLines) -> None:
    lines.bits = termios.TIOCM_CTS | termios.TIOCM_DTR
    assert modem_line(0, termios.TIOCM_CTS)
    assert not modem_line(0, termios.TIOCM_DSR)


def port(node: str, serial: str) -> Device:
    return Device("hook", node, "FT232R", Identity("0403", "6001", serial, "0000:00:14.0/1"))


def test_a_port_is_found_by_what_stays_the_same() -> None:
    both = (port("/dev/ttyUSB1", "A1"), port("/dev/ttyUSB0", "A2"))
    assert located("usb:0403:6001:A2", lambda: both) == "/dev/ttyUSB0"
    assert located("/dev/serial/by-id/x", lambda: both) == "/dev/serial/by-id/x"
    with pytest.raises(DeviceAmbiguous, match="usb:0403:6001:A1; usb:0403:6001:A2"):
        located("usb:0403:6001", lambda: both)
    with pytest.raises(DeviceNotFound, match="attached: usb:0403:6001:A1; usb"):
        located("usb:16c0:0483", lambda: both)
    with pytest.raises(DeviceNotFound, match="attached: none"):
        located("usb:16c0:0483", lambda: ())
