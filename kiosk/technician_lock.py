"""The technician's PIN: typed, compared, and locked after wrong ones. Pure.

The count outlives the kiosk: whoever pulls the plug after two wrong PINs has one left.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from config.schema import Secret, Technician
from kiosk.view import SignInView

MAX_DIGITS: Final = 16
FILE: Final = "technician-lock.json"
MAX_BYTES: Final = 256


class WrongPins(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many wrong PINs came, and when the last did: seconds since the epoch."""

    count: Annotated[int, Meta(ge=0, le=1000)] = 0
    last_at: float = 0.0


_kept = msgspec.json.Decoder(WrongPins)


class TechnicianLock:
    """Counts wrong PINs. `clock` is seconds since the epoch."""

    def __init__(self, settings: Technician, wrong: WrongPins | None = None) -> None:
        self._settings = settings
        self._wrong = wrong or WrongPins()

    @staticmethod
    def decode(data: bytes) -> WrongPins:
        """Read what `encode` wrote. Raises msgspec.DecodeError: it is something else."""
        return _kept.decode(data)

    def encode(self) -> bytes:
        """Return the count as JSON, at most MAX_BYTES."""
        return msgspec.json.encode(self._wrong)

    @property
    def has_pin(self) -> bool:
        """Whether anybody gets in at all."""
        return bool(self._settings.pin)

    @property
    def tries(self) -> int:
        """Wrong PINs that lock."""
        return self._settings.tries

    def tries_left(self, clock: float) -> int:
        """Return how many more wrong PINs there may be; 0 while it is locked."""
        return max(0, self._settings.tries - self._counted(clock))

    def locked_until(self, clock: float) -> float | None:
        """Return when it opens again, None when it is not locked."""
        if self._counted(clock) < self._settings.tries:
            return None
        return min(self._wrong.last_at, clock) + self._settings.lockout_s

    def opens(self, pin: str, clock: float) -> bool:
        """Try a PIN; a wrong one is counted. Takes as long for a nearly right one as for others."""
        if not self.has_pin or self.locked_until(clock) is not None:
            return False
        if Secret(pin) == self._settings.pin:
            self._wrong = WrongPins()
            return True
        self._wrong = WrongPins(count=self._counted(clock) + 1, last_at=clock)
        return False

    def _counted(self, clock: float) -> int:
        if clock < self._wrong.last_at:
            # The clock was set back: not a second longer than lockout_s from now on.
            self._wrong = msgspec.structs.replace(self._wrong, last_at=clock)
        over = clock - self._wrong.last_at >= self._settings.lockout_s
        return 0 if over else self._wrong.count


@dataclass(slots=True)
class PinPad:
    """What was typed, and whether the last one was wrong."""

    was_wrong: bool = False
    _typed: str = dataclasses.field(default="", repr=False)

    def key(self, key: str) -> str | None:
        """Take one key; return the PIN, which is then forgotten here, when it was entered."""
        if key == "enter":
            typed, self._typed = self._typed, ""
            return typed or None
        self.was_wrong = False
        if key == "delete":
            self._typed = self._typed[:-1]
        elif key == "clear":
            self._typed = ""
        elif len(key) == 1 and key in "0123456789" and len(self._typed) < MAX_DIGITS:
            self._typed += key
        return None

    def view(self, lock: TechnicianLock, clock: float) -> SignInView:
        """Return what the screen may see: never the PIN."""
        until = lock.locked_until(clock)
        error = "wrong-sign-in" if self.was_wrong else None
        return SignInView(
            pin_length=len(self._typed),
            field="pin",
            error=error if until is None else "locked",
            tries_left=lock.tries_left(clock),
            max_tries=lock.tries,
            unlock_at=until,
        )
