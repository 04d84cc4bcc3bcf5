"""From the words in terminal.toml to hook switch and keypad; all other devices: `factory.py`.

Apart from them because the screen process opens these and nothing else: without FFmpeg and numpy
it is 12 MB smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from config.input_codes import EV_SW, input_code
from config.schema import AUTO, NONE, SIMULATED, Devices
from hardware import discovery
from hardware.evdev_hook import EvdevHook
from hardware.handoff import in_thread
from hardware.hidraw_hook import HidrawHook
from hardware.hook import CountedHook, NoHook
from hardware.identity import Device, matches
from hardware.interfaces import DeviceLost, Keypad
from hardware.keypad import EvdevKeypad
from hardware.locating import locating
from hardware.simulated_hook import SimulatedHook

Attached = Callable[[], tuple[Device, ...]]

_GPIO: Final = "gpio:"
_SERIAL: Final = "serial:"


def hook(devices: Devices, attached: Attached | None = None) -> CountedHook:
    """Return the hook switch that the configuration names.

    `attached` says what there is to choose from; None: discovery, or with a hook_code all input
    devices that have this code.
    """
    hold_s = devices.hook_debounce_ms / 1000
    inverted = devices.hook_inverted
    if devices.hook == NONE:
        return NoHook()
    if devices.hook == SIMULATED:
        return SimulatedHook(devices.hook_fifo)
    # These two drag libraries in that a terminal without such a hook has no use for.
    if devices.hook.startswith(_GPIO):
        from hardware.gpio_hook import GpioHook  # noqa: PLC0415 - only where it is configured

        chip, line = devices.hook.removeprefix(_GPIO).split("/", 1)
        return GpioHook(chip, line, hold_s, inverted=inverted)
    if devices.hook.startswith(_SERIAL):
        from hardware import serial_hook  # noqa: PLC0415 - only where it is configured

        selector = devices.hook.removeprefix(_SERIAL)
        return serial_hook.SerialHook(
            lambda: serial_hook.located(selector), devices.hook_code, hold_s, inverted=inverted
        )
    code = input_code(devices.hook_code)
    if attached is None:
        attached = discovery.attached if code is None else partial(input_devices_with, *code)
    return AttachedHook(
        locating("hook", devices.hook, attached), hold_s, code=code, inverted=inverted
    )


def keypad(devices: Devices, attached: Attached | None = None) -> Keypad | None:
    """Return the keypad that the configuration names; None for "none"."""
    if devices.keypad == NONE:
        return None
    if attached is None:
        attached = partial(keypads, devices.keypad)
    return EvdevKeypad(locating("keypad", devices.keypad, attached))


class AttachedHook:
    """A hook switch that is found at each opening, as /dev/hidraw or as an input device.

    `locate` is called in a thread: sysfs keeps it waiting while the kernel resets a USB device.
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
        self._hold_s = hold_s
        self._code = code
        self._inverted = inverted
        self._hook: EvdevHook | HidrawHook | None = None
        self._moves_before = 0
        self._up = False
        """As it was told last."""

    @property
    def moves(self) -> int:
        """Raw moves, bounces too."""
        return self._moves_before + (self._hook.moves if self._hook is not None else 0)

    async def open(self) -> bool:
        """Open and return whether the handset is up.

        Raises DeviceNotFound, DeviceAmbiguous, DeviceRefused.
        """
        if self._hook is None:
            self._hook = self._made(await in_thread("find hook", self._locate))
        self._up = await self._hook.open()
        return self._up

    async def change(self) -> bool:
        """Wait until the handset was lifted or hung up; DeviceLost."""
        if self._hook is None:
            raise DeviceLost("the hook is not open")
        self._up = await self._hook.change()
        return self._up

    async def close(self) -> None:
        """Close."""
        hook, self._hook = self._hook, None
        if hook is not None:
            self._moves_before += hook.moves
            await hook.close()

    def _made(self, device: Device) -> EvdevHook | HidrawHook:
        if device.node.startswith("/dev/hidraw"):
            return HidrawHook(
                lambda: device, self._hold_s, inverted=self._inverted, was_up=self._up
            )
        return EvdevHook(lambda: device, self._hold_s, code=self._code, inverted=self._inverted)


def input_devices_with(event_type: int, code: int) -> tuple[Device, ...]:
    """Return the input devices that have a key or switch, whatever it usually means.

    `discovery` lists those with codes that usually are a hook; a configured one may be any.
    """
    return discovery.inputs("hook", "sw" if event_type == EV_SW else "key", code)


def keypads(asked: str) -> tuple[Device, ...]:
    """Return the keypads; where `asked` names none of them, all input devices.

    Many keypads claim to have all keys of a keyboard, and are one only because they are named.
    """
    found = discovery.attached()
    if asked == AUTO or any(each.kind == "keypad" and matches(asked, each) for each in found):
        return found
    return discovery.inputs("keypad")
