"""A hook switch that the kernel shows as a key or switch of an input device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from config.input_codes import EV_KEY, EV_SW, KEYS, SWITCHES, input_code_name
from hardware.evdev import EV_SYN, InputDevice, InputEvent
from hardware.hook import Switch
from hardware.identity import Device
from hardware.interfaces import DeviceLost, DeviceNotFound, DeviceRefused

AUTO_CODES: Final = (
    (EV_KEY, KEYS["KEY_PHONE"]),
    (EV_SW, SWITCHES["SW_HEADPHONE_INSERT"]),
    (EV_SW, SWITCHES["SW_JACK_PHYSICAL_INSERT"]),
    (EV_SW, SWITCHES["SW_MICROPHONE_INSERT"]),
)
"""What a hook switch is looked for by, in this order; on (1) is a lifted handset."""


class EvdevHook:
    """A hook switch that an input device shows as a key or switch.

    `locate` says which device, at each opening, without waiting; `code` is event type and code,
    None: the first of AUTO_CODES that it has.
    """

    def __init__(
        self,
        locate: Callable[[], Device],
        hold_s: float,
        *,
        code: tuple[int, int] | None = None,
        inverted: bool = False,
    ) -> None:
        self._locate = locate
        self._asked = code
        self._code = AUTO_CODES[0]
        self._switch = Switch(hold_s, inverted=inverted)
        self._device: InputDevice | None = None

    @property
    def moves(self) -> int:
        """Raw moves, bounces too."""
        return self._switch.moves

    async def open(self) -> bool:
        """Open and return whether the handset is up.

        Raises DeviceNotFound, DeviceAmbiguous, DeviceRefused.
        """
        if self._device is None:
            device = InputDevice(self._locate().node, self._event, self._lost)
            await device.open()
            try:
                self._code = self._code_of(device)
                self._switch.start(device.is_set(*self._code))
            except DeviceLost as lost:
                device.close()
                raise DeviceNotFound(str(lost)) from lost
            except DeviceRefused:
                device.close()
                raise
            self._device = device
        return self._switch.up

    async def change(self) -> bool:
        """Wait until the handset was lifted or hung up; DeviceLost."""
        return await self._switch.change()

    async def close(self) -> None:
        """Close."""
        self._lost(DeviceLost("the hook was closed"))

    def _code_of(self, device: InputDevice) -> tuple[int, int]:
        codes = AUTO_CODES if self._asked is None else (self._asked,)
        for code in codes:
            if device.has(*code):
                return code
        names = " or ".join(input_code_name(*code) for code in codes)
        raise DeviceRefused(f"{device.path} has no {names}: set hook_code to what it has")

    def _event(self, event: InputEvent) -> None:
        if event.type == EV_SYN:
            assert self._device is not None
            self._switch.show(self._device.is_set(*self._code))
        elif (event.type, event.code) == self._code:
            self._switch.show(bool(event.value))  # 2, a repeat: still down

    def _lost(self, reason: DeviceLost) -> None:
        device, self._device = self._device, None
        if device is not None:
            device.close()
        self._switch.stop(reason)
