"""Reading a Linux input device (linux/input.h) on the loop."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import struct
from typing import Final, NamedTuple

from hardware.handoff import DropOldest
from hardware.interfaces import DeviceBusy, DeviceLost, DeviceNotFound, DeviceRefused

EV_KEY: Final = 1
EV_SW: Final = 5
_EVENT: Final = struct.Struct("@llHHi")
"""struct input_event: seconds, microseconds, type, code, value."""
_WAITING: Final = 64
_EVIOCGRAB: Final = 0x40044590
_STATE_BYTES: Final = 96


class InputEvent(NamedTuple):
    """One event: EV_KEY or EV_SW, its code, and 1, 0, or 2 for a repeat."""

    type: int
    code: int
    value: int


class InputDevice:
    """One /dev/input/event node. At most 64 events wait; the oldest are dropped."""

    def __init__(self, path: str, grab: bool = False) -> None:
        self.path = path
        self._grab = grab
        self._descriptor: int | None = None
        self._events: DropOldest[InputEvent] = DropOldest(_WAITING)

    async def open(self) -> None:
        """Open, and grab so that nobody else hears; raises DeviceNotFound, ..."""
        if self._descriptor is not None:
            return
        self._events = DropOldest(_WAITING)
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
                raise DeviceNotFound(f"{self.path}: {error.strerror}") from error
            raise DeviceRefused(f"{self.path}: {error.strerror}") from error
        if self._grab:
            try:
                fcntl.ioctl(descriptor, _EVIOCGRAB, 1)
            except OSError as error:
                os.close(descriptor)
                raise DeviceBusy(f"{self.path}: {error.strerror}") from error
        self._descriptor = descriptor
        asyncio.get_running_loop().add_reader(descriptor, self._readable)

    def is_set(self, event_type: int, code: int) -> bool:
        """Whether a key is down or a switch on now; False when the device cannot say."""
        if self._descriptor is None:
            raise DeviceLost(f"{self.path} is not open")
        number = {EV_KEY: 0x18, EV_SW: 0x1B}[event_type]
        request = 2 << 30 | _STATE_BYTES << 16 | ord("E") << 8 | number
        try:
            bits = fcntl.ioctl(self._descriptor, request, bytes(_STATE_BYTES))
        except OSError:
            return False
        return bool(bits[code // 8] >> code % 8 & 1)

    async def event(self) -> InputEvent:
        """Wait for the next key or switch event; DeviceLost."""
        if self._descriptor is None:
            raise DeviceLost(f"{self.path} is not open")
        return await self._events.get()

    async def close(self) -> None:
        """Close."""
        self._shut(DeviceLost(f"{self.path} was closed"))

    def _readable(self) -> None:
        assert self._descriptor is not None
        try:
            data = os.read(self._descriptor, _EVENT.size * 32)
        except BlockingIOError:
            return
        except OSError as error:
            self._shut(DeviceLost(f"{self.path}: {error.strerror}"))
            return
        if not data:
            self._shut(DeviceLost(f"{self.path} ended"))
            return
        whole = len(data) // _EVENT.size * _EVENT.size
        for _, _, kind, code, value in _EVENT.iter_unpack(data[:whole]):
            if kind in (EV_KEY, EV_SW):
                self._events.put(InputEvent(kind, code, value))

    def _shut(self, reason: DeviceLost) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            asyncio.get_running_loop().remove_reader(descriptor)
            os.close(descriptor)
            self._events.fail(reason)
