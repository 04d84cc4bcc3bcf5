"""A USB handset's hook switch, read from /dev/hidraw: the kernel makes no input event of it.

Source: Documentation/hid/hidraw.rst; <linux/hidraw.h>. The kernel's hid-input maps other usages of
the telephony page (mute, the keypad), and leaves Hook Switch alone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import struct
from collections.abc import Callable
from fcntl import ioctl
from typing import Final, NamedTuple

from hardware import hid
from hardware.hook import Switch
from hardware.identity import Device
from hardware.interfaces import DeviceLost, DeviceRefused
from hardware.node import open_node

_log = logging.getLogger(__name__)

_HIDIOCGRDESCSIZE: Final = 0x80044801
_HIDIOCGRDESC: Final = 0x90044802
_DESCRIPTOR: Final = struct.Struct(f"@I{hid.MAX_DESCRIPTOR_BYTES}s")
"""struct hidraw_report_descriptor: size, value."""
_HIDIOCGINPUT: Final = 3 << 30 | ord("H") << 8 | 0x0A
"""_IOC(READ | WRITE, "H", 0x0A, length), since Linux 5.11."""
_REPORT_BYTES: Final = 4096
"""Of a report so much is read; the rest of a longer one the kernel drops."""


class _Asked(NamedTuple):
    """What the device said when it was opened; `value` None: it does not tell its state."""

    control: hid.Control
    value: int | None


class HidrawHook:
    """The hook switch of a HID telephony device (usage page 0x0B, usage 0x20).

    The state at opening is asked with HIDIOCGINPUT (Get_Report, HID 1.11, section 7.2.1). Kernels
    before 5.11 have no such call (EINVAL), and devices may not answer it, though they must: they
    stall (EPIPE) or say nothing for five seconds (ETIMEDOUT). Then the handset counts as up until
    a report says otherwise: who is in a visit, or comes with the handset in hand, is not held up
    by a handset that cannot say that it is lifted. One that hangs is found out at its first move.

    A hook that is a button by its descriptor (relative) has no state to ask for: it starts hung up,
    and is as it was (`was_up`) when it comes back, so that a loose cable holds no visit.
    """

    def __init__(
        self,
        locate: Callable[[], Device],
        hold_s: float,
        *,
        inverted: bool = False,
        was_up: bool = False,
    ) -> None:
        self._locate = locate
        self._inverted = inverted
        self._was_up = was_up
        self._switch = Switch(hold_s, inverted=inverted)
        self._path = ""
        self._descriptor: int | None = None
        self._control: hid.Control | None = None
        self._on = False
        self._value = 0

    @property
    def moves(self) -> int:
        """Raw moves, bounces too."""
        return self._switch.moves

    async def open(self) -> bool:
        """Open and return whether the handset is up.

        Raises DeviceNotFound, DeviceAmbiguous, DeviceRefused.
        """
        if self._descriptor is None:
            self._path = self._locate().node
            self._descriptor, asked = await open_node(self._path, self._ask)
            self._control, self._value = asked.control, asked.value or 0
            if asked.control.relative:
                self._on = self._was_up != self._inverted
            elif asked.value is None:
                self._on = not self._inverted
            else:
                self._on = asked.control.after(False, 0, asked.value)
            self._switch.start(self._on)
            asyncio.get_running_loop().add_reader(self._descriptor, self._readable)
        return self._switch.up

    async def change(self) -> bool:
        """Wait until the handset was lifted or hung up; DeviceLost."""
        return await self._switch.change()

    async def close(self) -> None:
        """Close."""
        self._lose("the hook was closed")

    def _ask(self, descriptor: int) -> _Asked:
        try:
            fields = hid.parse(_report_descriptor(descriptor))
        except hid.BadDescriptor as error:
            raise DeviceRefused(f"{self._path}: no HID report descriptor: {error}") from error
        control = next(hid.controls(fields, hid.TELEPHONY, hid.HOOK_SWITCH), None)
        if control is None:
            raise DeviceRefused(f"{self._path} has no hook switch (HID usage 0x0B/0x20)")
        length = hid.report_bytes(fields, control.report_id)
        if length > _REPORT_BYTES:
            raise DeviceRefused(f"{self._path} has a hook switch in a report of {length} bytes")
        return _Asked(control, None if control.relative else _state(descriptor, control, length))

    def _readable(self) -> None:
        assert self._descriptor is not None
        try:
            report = os.read(self._descriptor, _REPORT_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(f"{self._path}: {error.strerror}")
            return
        if not report:
            self._lose(f"{self._path} ended")
            return
        assert self._control is not None
        value = self._control.read(report)
        if value is None:
            return
        self._on = self._control.after(self._on, self._value, value)
        self._value = value
        self._switch.show(self._on)

    def _lose(self, reason: str) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            asyncio.get_running_loop().remove_reader(descriptor)
            os.close(descriptor)
            self._was_up = self._switch.up
        self._switch.stop(DeviceLost(reason))


def _report_descriptor(descriptor: int) -> bytes:
    (size,) = struct.unpack("@i", ioctl(descriptor, _HIDIOCGRDESCSIZE, bytes(4)))
    if not 0 <= size <= hid.MAX_DESCRIPTOR_BYTES:
        raise hid.BadDescriptor(f"{size} bytes long")
    # A mutable buffer: fcntl copies at most 1024 bytes of an immutable one.
    buffer = bytearray(_DESCRIPTOR.pack(size, b""))
    ioctl(descriptor, _HIDIOCGRDESC, buffer)
    size, value = _DESCRIPTOR.unpack(buffer)
    return bytes(value[:size])


def _state(descriptor: int, control: hid.Control, length: int) -> int | None:
    """Return the control's value now; None when the device does not tell."""
    # The first byte is the report's number: 0 where reports have none, and left there then.
    buffer = bytearray(length if control.report_id else length + 1)
    buffer[0] = control.report_id
    try:
        told = ioctl(descriptor, _HIDIOCGINPUT | len(buffer) << 16, buffer)
    except OSError as error:
        _log.info('hook state=unknown error="%s"', error.strerror)
        return None
    report = bytes(buffer[:told])
    return control.read(report if control.report_id else report[1:])
