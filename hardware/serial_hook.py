"""A hook switch on a serial port: a modem line that it closes, or a microcontroller's lines."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import struct
import termios
import threading
from collections.abc import Callable
from fcntl import ioctl
from typing import Final

import serial

from hardware import sysfs
from hardware.handoff import deliver, in_thread
from hardware.hook import Switch
from hardware.identity import Device, matches, pinned
from hardware.interfaces import (
    DeviceAmbiguous,
    DeviceBusy,
    DeviceError,
    DeviceLost,
    DeviceNotFound,
)
from hardware.node import device_error, undisturbed

BAUD: Final = 9600
"""Eight bits, no parity; a USB device takes any rate."""
MODEM_LINES: Final = {
    "cts": termios.TIOCM_CTS,
    "dsr": termios.TIOCM_DSR,
    "dcd": termios.TIOCM_CD,
    "ri": termios.TIOCM_RI,
}
TEXT: Final = "text"
POLL_S: Final = 0.02
CLOSE_S: Final = 1.0
"""For so long `close` waits for a port that does not answer."""
WORDS: Final = {b"up": True, b"1": True, b"down": False, b"0": False}
MAX_LINE_BYTES: Final = 16
_READ_BYTES: Final = 256


def ttys() -> tuple[Device, ...]:
    """Return the serial ports of devices that could be a hook: those that are plugged in."""
    found = []
    for node in sysfs.nodes("tty", "tty"):
        usb = sysfs.usb_device(node)
        if usb is None:
            continue
        name = sysfs.text(usb, "product")
        identity = sysfs.identity(node, sysfs.interface(node))
        found.append(Device("hook", node.path, name, identity))
    return tuple(found)


def located(selector: str, attached: Callable[[], tuple[Device, ...]] = ttys) -> str:
    """Return the node of the serial port that `selector` means: a path, usb:... or at:...

    Raises DeviceNotFound, DeviceAmbiguous.
    """
    if selector.startswith("/"):
        return selector
    devices = attached()
    fitting = [each for each in devices if matches(selector, each)]
    if len(fitting) == 1:
        return fitting[0].node
    if not fitting:
        here = "; ".join(pinned(each, devices) for each in devices) or "none"
        raise DeviceNotFound(f"no serial port {selector} (attached: {here})")
    named = "; ".join(pinned(each, devices) for each in fitting)
    raise DeviceAmbiguous(f"{len(fitting)} serial ports are {selector}: name one of: {named}")


class SerialHook:
    """The hook switch at the serial port that `locate` finds, in a thread, at each opening.

    `code` is a modem line ("cts", "dsr", "dcd", "ri": on is a lifted handset), or "text": lines
    "up" or "1" and "down" or "0" in any case; what else is sent is ignored and counted in
    `garbage`. A text's state is not known at opening: the handset counts as up until a line comes,
    so that no visit is held for a lifted one.
    """

    def __init__(
        self, locate: Callable[[], str], code: str, hold_s: float, *, inverted: bool = False
    ) -> None:
        self.garbage = 0
        self._locate = locate
        self._mask = MODEM_LINES.get(code)
        self._inverted = inverted
        self._switch = Switch(hold_s, inverted=inverted)
        self._path = ""
        self._port: serial.Serial | None = None
        self._poller: _Poller | None = None
        self._line = b""
        self._overlong = False

    @property
    def moves(self) -> int:
        """Raw moves, bounces too; of a modem line those that are seen every 20 ms."""
        return self._switch.moves

    async def open(self) -> bool:
        """Open and return whether the handset is up.

        Raises DeviceNotFound, DeviceAmbiguous, DeviceBusy, DeviceRefused.
        """
        if self._port is None:
            self._path = await in_thread("find serial port", self._locate)
            port, on = await undisturbed(self._open, lambda opened: opened[0].close())
            self._port = port
            self._line, self._overlong = b"", False
            self._switch.start(on)
            if self._mask is None:
                asyncio.get_running_loop().add_reader(port.fileno(), self._readable)
            else:
                self._poller = _Poller(port, self._mask, self._switch.show, self._lose)
        return self._switch.up

    async def change(self) -> bool:
        """Wait until the handset was lifted or hung up; DeviceLost."""
        return await self._switch.change()

    async def close(self) -> None:
        """Close, once the thread that asks for modem lines has let go of the port."""
        poller = self._poller
        self._lose("the hook was closed")
        if poller is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await poller.ended.wait()

    def _open(self) -> tuple[serial.Serial, bool]:
        """Open, in a thread: a USB port's first control transfers may take long."""
        try:
            port = serial.Serial(self._path, BAUD, timeout=0, exclusive=True)
        except serial.SerialException as error:
            raise _error(self._path, error) from error
        except termios.error as error:  # it went while it was set up: pyserial lets that through
            raise device_error(self._path, OSError(*error.args)) from error
        if self._mask is None:
            return port, not self._inverted
        try:
            return port, modem_line(port.fileno(), self._mask)
        except OSError as error:
            port.close()
            raise device_error(self._path, error) from error

    def _readable(self) -> None:
        assert self._port is not None
        try:
            chunk = os.read(self._port.fileno(), _READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(f"{self._path}: {error.strerror}")
            return
        if not chunk:
            self._lose(f"{self._path} ended")
            return
        *lines, rest = (self._line + chunk.replace(b"\r", b"\n")).split(b"\n")
        for line in lines:
            self._take(line)
        # An endless line is one piece of garbage, not one for each read.
        if len(rest) > MAX_LINE_BYTES:
            self._overlong, rest = True, b""
        self._line = rest

    def _take(self, line: bytes) -> None:
        overlong, self._overlong = self._overlong, False
        word = line.strip().lower()
        up = None if overlong else WORDS.get(word)
        if up is not None:
            self._switch.show(up)
        elif word or overlong:
            self.garbage += 1

    def _lose(self, reason: str) -> None:
        port, self._port = self._port, None
        poller, self._poller = self._poller, None
        if poller is not None:
            poller.stop()
        elif port is not None:
            asyncio.get_running_loop().remove_reader(port.fileno())
            port.close()
        self._switch.stop(DeviceLost(reason))


class _Poller:
    """Asks a port for its modem lines every 20 ms, in a thread that then closes the port.

    TIOCMIWAIT would wait for a move, but cannot be woken at closing, and not all drivers have it;
    and on USB asking is a transfer, which does not belong on the loop.
    """

    def __init__(
        self,
        port: serial.Serial,
        mask: int,
        show: Callable[[bool], None],
        lose: Callable[[str], None],
    ) -> None:
        self._port = port
        self._mask = mask
        self._show = show
        self._lose = lose
        self.ended = asyncio.Event()
        """Set when the port is closed."""
        self._stop = threading.Event()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, name="hook modem line", daemon=True).start()

    def stop(self) -> None:
        """Stop; the port is closed when its answer is there."""
        self._stop.set()

    def _run(self) -> None:
        before: bool | None = None
        try:
            while not self._stop.wait(POLL_S):
                on = modem_line(self._port.fileno(), self._mask)
                if on != before:
                    before = on
                    deliver(self._loop, self._told, on)
        except OSError as error:
            deliver(self._loop, self._failed, f"{self._port.name}: {error.strerror}")
        finally:
            self._port.close()
            deliver(self._loop, self.ended.set)

    def _told(self, on: bool) -> None:
        if not self._stop.is_set():
            self._show(on)

    def _failed(self, reason: str) -> None:
        if not self._stop.is_set():
            self._lose(reason)


def modem_line(descriptor: int, mask: int) -> bool:
    """Return whether a modem line is on (TIOCMGET). Raises OSError."""
    (bits,) = struct.unpack("@i", ioctl(descriptor, termios.TIOCMGET, bytes(4)))
    return bool(bits & mask)


def _error(path: str, error: serial.SerialException) -> DeviceError:
    number = error.errno
    if number in (errno.EAGAIN, errno.EWOULDBLOCK):
        return DeviceBusy(f"{path}: another program has it")
    if number is None:
        return device_error(path, OSError(errno.EINVAL, str(error)))
    return device_error(path, OSError(number, os.strerror(number)))
