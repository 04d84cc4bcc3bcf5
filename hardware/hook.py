"""The handset's hook switch: none, or an input device that shows it as a key or switch."""

from __future__ import annotations

import asyncio
from typing import Final

from hardware import discovery
from hardware.evdev import EV_KEY, EV_SW, InputDevice
from hardware.interfaces import DeviceLost

KEY_PHONE: Final = 169
SW_HEADPHONE_INSERT: Final = 2
CODES: Final = ((EV_KEY, KEY_PHONE), (EV_SW, SW_HEADPHONE_INSERT))
"""How hook switches show themselves here; on (1) is a lifted handset."""
DEBOUNCE_S: Final = 0.05


class NoHook:
    """A terminal without a hook switch: the handset counts as up."""

    def __init__(self) -> None:
        self._closed = asyncio.Event()

    async def open(self) -> bool:
        """Open: up."""
        self._closed = asyncio.Event()
        return True

    async def change(self) -> bool:
        """Wait for ever, or until it is closed."""
        await self._closed.wait()
        raise DeviceLost("the hook was closed")

    async def close(self) -> None:
        """Close."""
        self._closed.set()


class EvdevHook:
    """The hook switch at `path`, or the first input device that has one."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._device: InputDevice | None = None
        self._up = False

    async def open(self) -> bool:
        """Open and return whether the handset is up; raises DeviceNotFound, DeviceRefused."""
        if self._device is None:
            device = InputDevice(self._path or discovery.first_hook())
            await device.open()
            self._device = device
            self._up = any(device.is_set(kind, code) for kind, code in CODES)
        return self._up

    async def change(self) -> bool:
        """Wait until the handset was lifted or hung up; DeviceLost.

        A switch that bounces counts once it has been still for 50 ms.
        """
        if self._device is None:
            raise DeviceLost("the hook is not open")
        while True:
            up = await self._next()
            while True:
                try:
                    up = await asyncio.wait_for(self._next(), DEBOUNCE_S)
                except TimeoutError:
                    break
            if up != self._up:
                self._up = up
                return up

    async def close(self) -> None:
        """Close."""
        device, self._device = self._device, None
        if device is not None:
            await device.close()

    async def _next(self) -> bool:
        if self._device is None:
            raise DeviceLost("the hook was closed")
        while True:
            event = await self._device.event()
            if (event.type, event.code) in CODES and event.value in (0, 1):
                return bool(event.value)
