"""A hook switch on a GPIO line, by libgpiod (the kernel's GPIO character device, v2)."""

from __future__ import annotations

import asyncio
import errno
import os
from datetime import timedelta
from typing import Final

import gpiod
from gpiod.line import Bias, Direction, Edge, Value

from hardware.hook import Switch
from hardware.interfaces import DeviceError, DeviceLost, DeviceNotFound
from hardware.node import device_error, undisturbed

CONSUMER: Final = "visitbooth hook"
"""Who has the line, as `gpioinfo` shows it."""
_MAX_EVENTS: Final = 16


class GpioHook:
    """The line `line` (its number or name) of the chip `chip` ("gpiochip0" or a path).

    The switch connects the line to ground while the handset hangs; lifted, the chip's pull-up
    makes it high. `inverted`: the other way round.
    """

    def __init__(self, chip: str, line: str, hold_s: float, *, inverted: bool = False) -> None:
        self._path = chip if chip.startswith("/") else f"/dev/{chip}"
        self._line: int | str = int(line) if line.isdecimal() else line
        self._hold_s = hold_s
        self._inverted = inverted
        self._switch = Switch(hold_s, inverted=inverted)
        self._request: gpiod.LineRequest | None = None
        self._moves_before = 0

    @property
    def moves(self) -> int:
        """Raw moves; where the kernel debounces, those that it let pass."""
        return self._moves_before + self._switch.moves

    async def open(self) -> bool:
        """Open and return whether the handset is up.

        Raises DeviceNotFound, DeviceBusy, DeviceRefused.
        """
        if self._request is None:
            request, on, hold_s = await undisturbed(self._open, lambda opened: opened[0].release())
            self._request = request
            self._moves_before = self.moves
            self._switch = Switch(hold_s, inverted=self._inverted)
            self._switch.start(on)
            asyncio.get_running_loop().add_reader(request.fileno(), self._readable)
        return self._switch.up

    async def change(self) -> bool:
        """Wait until the handset was lifted or hung up; DeviceLost."""
        return await self._switch.change()

    async def close(self) -> None:
        """Close."""
        self._lose("the hook was closed")

    def _open(self) -> tuple[gpiod.LineRequest, bool, float]:
        """Return the line, whether it is high, and what is left to debounce; in a thread."""
        try:
            request, hold_s = self._requested()
            try:
                return request, request.get_value(self._line) is Value.ACTIVE, hold_s
            except BaseException:  # whatever it is, the line must not stay taken
                request.release()
                raise
        except OSError as error:
            raise self._error(error) from error
        except ValueError as error:
            # gpiod's answer to a line that the chip does not have.
            raise DeviceNotFound(f"{self._path} has no line {self._line}") from error

    def _requested(self) -> tuple[gpiod.LineRequest, float]:
        try:
            return self._ask(timedelta(seconds=self._hold_s)), 0.0
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
            # A kernel without debouncing (before 5.10): it is done here.
            return self._ask(timedelta()), self._hold_s

    def _ask(self, debounce: timedelta) -> gpiod.LineRequest:
        settings = gpiod.LineSettings(
            direction=Direction.INPUT,
            edge_detection=Edge.BOTH,
            bias=Bias.PULL_UP,
            debounce_period=debounce,
        )
        return gpiod.request_lines(self._path, {self._line: settings}, consumer=CONSUMER)

    def _error(self, error: OSError) -> DeviceError:
        named = OSError(error.errno, os.strerror(error.errno or errno.EIO))
        return device_error(f"{self._path}, line {self._line}", named)

    def _readable(self) -> None:
        assert self._request is not None
        try:
            if not self._request.wait_edge_events(0):
                return
            events = self._request.read_edge_events(_MAX_EVENTS)
        except OSError as error:
            self._lose(f"{self._path}: {os.strerror(error.errno or errno.EIO)}")
            return
        # When its queue is full the kernel drops the oldest, so the last one tells the state.
        for event in events:
            self._switch.show(event.event_type is gpiod.EdgeEvent.Type.RISING_EDGE)

    def _lose(self, reason: str) -> None:
        request, self._request = self._request, None
        if request is not None:
            asyncio.get_running_loop().remove_reader(request.fileno())
            request.release()
        self._switch.stop(DeviceLost(reason))
