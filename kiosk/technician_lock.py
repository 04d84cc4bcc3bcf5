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
    """Counts wrong PINs. `now` is monotonic seconds, `clock` seconds since the epoch.

    A lockout runs by the monotonic clock: one that is set, by a hub or after a start without one,
    opens nothing. The other clock tells only how much of it has passed since an earlier run.
    """

    def __init__(self, settings: Technician, wrong: WrongPins | None = None) -> None:
        self._settings = settings
        self._wrong = wrong or WrongPins()
        self._forgotten_at: float | None = None
        """When wrong PINs count no more; None while nobody has asked since the start."""

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

    def tries_left(self, now: float, clock: float) -> int:
        """Return how many more wrong PINs there may be; 0 while it is locked."""
        return max(0, self._settings.tries - self._counted(now, clock))

    def locked_for_s(self, now: float, clock: float) -> float | None:
        """Return the seconds until it opens again, None when it is not locked."""
        if self._counted(now, clock) < self._settings.tries or self._forgotten_at is None:
            return None
        return self._forgotten_at - now

    def opens(self, pin: str, now: float, clock: float) -> bool:
        """Try a PIN; a wrong one is counted. Takes as long for a nearly right one as for others."""
        counted = self._counted(now, clock)
        if not self.has_pin or counted >= self._settings.tries:
            return False
        self._forgotten_at = now + self._settings.lockout_s
        if Secret(pin) == self._settings.pin:
            self._wrong = WrongPins()
            return True
        self._wrong = WrongPins(count=counted + 1, last_at=clock)
        return False

    def _counted(self, now: float, clock: float) -> int:
        if self._forgotten_at is None:
            passed = clock - self._wrong.last_at
            # A clock that was set back has not counted: not a second less, nor more, than all.
            left = self._settings.lockout_s - passed if passed >= 0 else self._settings.lockout_s
            self._forgotten_at = now + left
        return self._wrong.count if now < self._forgotten_at else 0


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

    def view(self, lock: TechnicianLock, now: float, clock: float) -> SignInView:
        """Return what the screen may see: never the PIN."""
        left_s = lock.locked_for_s(now, clock)
        until = None if left_s is None else round(clock + left_s)
        error = "wrong-sign-in" if self.was_wrong else None
        return SignInView(
            pin_length=len(self._typed),
            field="pin",
            error=error if until is None else "locked",
            tries_left=lock.tries_left(now, clock),
            max_tries=lock.tries,
            unlock_at=until,
        )
