"""Which of the attached devices is used: the configured one, the only one, the one before. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from config.schema import AUTO
from hardware.identity import Device, Kind, matches, pinned
from hardware.interfaces import DeviceAmbiguous, DeviceNotFound

RETURN_S: Final = 2.0
"""For so long the device that was lost is waited for; then another that would do is taken."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A device and, in words, why it and no other."""

    device: Device
    why: str


class Chooser:
    """Chooses the device of one kind, each time that it is to be opened.

    `asked` is the word of terminal.toml. The device that was chosen last is preferred, and for
    RETURN_S after it was lost nothing else is taken.
    """

    def __init__(self, kind: Kind, asked: str, clock: Callable[[], float]) -> None:
        self._kind: Kind = kind
        self._asked = asked
        self._clock = clock
        self._last: Device | None = None
        self._missed_at: float | None = None

    def choose(self, attached: Iterable[Device]) -> Choice:
        """Return the choice among what is attached. Raises DeviceNotFound, DeviceAmbiguous."""
        devices = tuple(each for each in attached if each.kind == self._kind)
        fitting = [each for each in devices if self._fits(each)]
        if self._asked == AUTO:
            fitting = [each for each in fitting if not each.is_secondary] or fitting
        before = self._before(fitting)
        if before is not None:
            return self._take(before, "the one in use before")
        self._wait_for_last(devices)
        if not fitting:
            raise DeviceNotFound(self._missing(devices))
        if len(fitting) > 1:
            raise DeviceAmbiguous(self._several(fitting, devices))
        why = "the only one" if self._asked == AUTO else "named in terminal.toml"
        return self._take(fitting[0], why)

    def _fits(self, device: Device) -> bool:
        return self._asked == AUTO or matches(self._asked, device)

    def _is_last(self, device: Device) -> bool:
        return self._last is not None and device.identity.is_same(self._last.identity)

    def _before(self, fitting: list[Device]) -> Device | None:
        """Return the device that was chosen last, if it is there and no other looks like it."""
        same = [each for each in fitting if self._is_last(each)]
        if len(same) > 1:
            same = [
                each for each in same if self._last is not None and each.node == self._last.node
            ]
        return same[0] if same else None

    def _wait_for_last(self, devices: tuple[Device, ...]) -> None:
        """Raise DeviceNotFound for RETURN_S from the first time on that the last is missed."""
        if self._last is None or any(self._is_last(each) for each in devices):
            return
        now = self._clock()
        if self._missed_at is None:
            self._missed_at = now
        if now - self._missed_at < RETURN_S:
            raise DeviceNotFound(f"{self._last} is unplugged")

    def _take(self, device: Device, why: str) -> Choice:
        self._last, self._missed_at = device, None
        return Choice(device, why)

    def _missing(self, devices: tuple[Device, ...]) -> str:
        if self._asked == AUTO:
            return f"no {self._kind} is attached"
        here = "; ".join(pinned(each, devices) for each in devices) or "none"
        return f"the {self._kind} {self._asked} is not attached (attached: {here})"

    def _several(self, fitting: list[Device], devices: tuple[Device, ...]) -> str:
        named = "; ".join(f'"{pinned(each, devices)}" ({each.name})' for each in fitting)
        return f"{len(fitting)} would do as {self._kind}: write one into terminal.toml: {named}"
