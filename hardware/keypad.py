"""A keypad of digits, read below the window system so that no key reaches anything else."""

from __future__ import annotations

from typing import Final

from hardware.evdev import EV_KEY, InputDevice
from hardware.interfaces import DeviceLost

_ROW: Final = {code: str((code - 1) % 10) for code in range(2, 12)}
_PAD: Final = dict(zip((79, 80, 81, 75, 76, 77, 71, 72, 73, 82), "1234567890", strict=True))
_NUMERIC: Final = {0x200 + digit: str(digit) for digit in range(10)}
"""KEY_NUMERIC_0 and on: what a telephone keypad sends."""
_OTHERS: Final = {
    14: "delete",
    111: "delete",
    0x20A: "delete",
    28: "enter",
    96: "enter",
    0x20B: "enter",
}
"""Backspace, Delete, star; Enter, keypad Enter, pound."""
KEYS: Final = _ROW | _PAD | _NUMERIC | _OTHERS


class EvdevKeypad:
    """The keypad at `path`, taken for ourselves alone."""

    def __init__(self, path: str) -> None:
        self._device = InputDevice(path, grab=True)
        self._open = False

    async def open(self) -> None:
        """Open; raises DeviceNotFound, DeviceBusy, DeviceRefused."""
        await self._device.open()
        self._open = True

    async def key(self) -> str:
        """Wait for the next key pressed; DeviceLost."""
        while True:
            if not self._open:
                raise DeviceLost("the keypad is not open")
            event = await self._device.event()
            if event.type == EV_KEY and event.value == 1 and event.code in KEYS:
                return KEYS[event.code]

    async def close(self) -> None:
        """Close."""
        self._open = False
        await self._device.close()
