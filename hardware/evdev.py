"""Reading a Linux input device (linux/input.h) on the loop."""

from __future__ import annotations

import asyncio
import errno
import os
import struct
from collections.abc import Callable
from fcntl import ioctl
from typing import Final, NamedTuple

from config.input_codes import EV_KEY, EV_SW
from hardware.interfaces import DeviceBusy, DeviceLost, DeviceRefused
from hardware.node import open_node

EV_SYN: Final = 0
SYN_REPORT: Final = 0
SYN_DROPPED: Final = 3

_EVENT: Final = struct.Struct("@llHHi")
"""struct input_event: seconds, microseconds, type, code, value."""
_EVIOCGRAB: Final = 0x40044590
_STATE_BYTES: Final = 96
"""KEY_CNT bits; switches need fewer."""
_EVIOCGKEY: Final = 0x18
_EVIOCGSW: Final = 0x1B
_EVIOCGBIT: Final = 0x20


class InputEvent(NamedTuple):
    """One event: EV_KEY or EV_SW, its code, and 1, 0, or 2 for a repeat.

    EV_SYN with SYN_DROPPED: the kernel's queue overflowed, and what was missed has to be asked for
    with `is_set`.
    """

    type: int
    code: int
    value: int


class InputDevice:
    """One /dev/input/event node; open it once. The listeners are called on the loop.

    `on_event` gets every key and switch event, `on_lost` the reason when the device is gone; after
    that, and after `close`, neither is called.
    """

    def __init__(
        self,
        path: str,
        on_event: Callable[[InputEvent], None],
        on_lost: Callable[[DeviceLost], None],
        grab: bool = False,
    ) -> None:
        self.path = path
        self._on_event = on_event
        self._on_lost = on_lost
        self._grab = grab
        self._descriptor: int | None = None
        self._skipping = False

    async def open(self) -> None:
        """Open, and grab so that nobody else hears.

        Raises DeviceNotFound, DeviceBusy, DeviceRefused.
        """
        self._descriptor, _ = await open_node(self.path, self._take)
        self._skipping = False
        asyncio.get_running_loop().add_reader(self._descriptor, self._readable)

    def has(self, event_type: int, code: int) -> bool:
        """Return whether it has that key or switch at all; DeviceLost, DeviceRefused."""
        return self._bit(_EVIOCGBIT + event_type, code)

    def is_set(self, event_type: int, code: int) -> bool:
        """Return whether a key is down or a switch on now; DeviceLost, DeviceRefused."""
        return self._bit({EV_KEY: _EVIOCGKEY, EV_SW: _EVIOCGSW}[event_type], code)

    def close(self) -> None:
        """Close; idempotent."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            asyncio.get_running_loop().remove_reader(descriptor)
            os.close(descriptor)

    def _take(self, descriptor: int) -> None:
        if not self._grab:
            return
        try:
            ioctl(descriptor, _EVIOCGRAB, 1)
        except OSError as error:
            raise DeviceBusy(f"{self.path}: {error.strerror}") from error

    def _bit(self, number: int, code: int) -> bool:
        if self._descriptor is None:
            raise DeviceLost(f"{self.path} is not open")
        request = 2 << 30 | _STATE_BYTES << 16 | ord("E") << 8 | number
        try:
            bits = ioctl(self._descriptor, request, bytes(_STATE_BYTES))
        except OSError as error:
            if error.errno == errno.ENOTTY:
                raise DeviceRefused(f"{self.path} is no input device") from error
            raise DeviceLost(f"{self.path}: {error.strerror}") from error
        return bool(bits[code // 8] >> code % 8 & 1)

    def _readable(self) -> None:
        assert self._descriptor is not None
        try:
            data = os.read(self._descriptor, _EVENT.size * 32)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(f"{self.path}: {error.strerror}")
            return
        if not data:
            self._lose(f"{self.path} ended")
            return
        whole = len(data) // _EVENT.size * _EVENT.size
        for _, _, kind, code, value in _EVENT.iter_unpack(data[:whole]):
            self._take_event(InputEvent(kind, code, value))

    def _take_event(self, event: InputEvent) -> None:
        if event.type == EV_SYN:
            if event.code == SYN_DROPPED:
                self._skipping = True
            elif self._skipping and event.code == SYN_REPORT:
                # What came between the two belongs to a report that is not whole
                # (Documentation/input/event-codes.rst).
                self._skipping = False
                self._tell(InputEvent(EV_SYN, SYN_DROPPED, 0))
        elif event.type in (EV_KEY, EV_SW) and not self._skipping:
            self._tell(event)

    def _tell(self, event: InputEvent) -> None:
        if self._descriptor is None:
            return  # a listener closed it meanwhile
        try:
            self._on_event(event)
        except DeviceLost as lost:
            self._lose(str(lost))

    def _lose(self, reason: str) -> None:
        self.close()
        self._on_lost(DeviceLost(reason))
