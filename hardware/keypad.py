"""A keypad of digits, read below the window system so that no key reaches anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from config.input_codes import EV_KEY
from hardware.evdev import InputDevice, InputEvent
from hardware.handoff import DropOldest, in_thread
from hardware.identity import Device
from hardware.interfaces import DeviceLost

_WAITING: Final = 64
"""Keys that may wait; the oldest are dropped."""
_ROW: Final = {code: str((code - 1) % 10) for code in range(2, 12)}
_PAD: Final = dict(zip((79, 80, 81, 75, 76, 77, 71, 72, 73, 82), "1234567890", strict=True))
_NUMERIC: Final = {0x200 + digit: str(digit) for digit in range(10)}
"""KEY_NUMERIC_0 and on: what a telephone keypad sends, that of a USB handset too (HID usages 0xB0
to 0xBB of the telephony page)."""
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
    """The keypad that `locate` finds, in a thread, at each opening; taken for ourselves alone."""

    def __init__(self, locate: Callable[[], Device]) -> None:
        self._locate = locate
        self._device: InputDevice | None = None
        self._keys: DropOldest[str] | None = None

    async def open(self) -> None:
        """Open; raises DeviceNotFound, DeviceAmbiguous, DeviceBusy, DeviceRefused."""
        if self._device is None:
            found = await in_thread("find keypad", self._locate)
            device = InputDevice(found.node, self._event, self._lost, grab=True)
            await device.open()
            self._device, self._keys = device, DropOldest(_WAITING)

    async def key(self) -> str:
        """Wait for the next key pressed; DeviceLost."""
        if self._keys is None:
            raise DeviceLost("the keypad is not open")
        return await self._keys.get()

    async def close(self) -> None:
        """Close."""
        self._lost(DeviceLost("the keypad was closed"))

    def _event(self, event: InputEvent) -> None:
        # A press that was dropped (SYN_DROPPED) is pressed again by whoever misses its digit.
        if event.type == EV_KEY and event.value == 1 and event.code in KEYS:
            assert self._keys is not None
            self._keys.put(KEYS[event.code])

    def _lost(self, reason: DeviceLost) -> None:
        device, self._device = self._device, None
        if device is not None:
            device.close()
        keys, self._keys = self._keys, None
        if keys is not None:
            keys.fail(reason)
