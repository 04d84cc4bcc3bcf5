"""The roster: PINs and lockout. PINs are kept as HMAC-SHA-256 under a key outside the database.

A slow hash would not save six digits (a million tries at 23 ms are six hours); a key that is not
in the stolen database does.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from signalling.errors import UserError
from signalling.hub.errors import StaffError, StartError
from signalling.hub.store.interface import Duplicate, Store
from signalling.hub.store.records import Inmate, PinRules, RosterPlan
from signalling.private_file import write_private

log = logging.getLogger(__name__)

Pinned = tuple[Inmate, str | None]
"""An inmate, and the PIN that they shall have; None: a random one."""

KEY_BYTES: Final = 32
PIN_DIGITS: Final = 6
_PIN = re.compile(r"[0-9]{4,16}\Z")
_NUMBER = re.compile(r"[0-9]{1,16}\Z")


def read_pin_key(path: Path) -> bytes:
    """Return the key that PINs are hashed under; make it (mode 0600) when there is none.

    Raises:
        StartError: others may read it, or it is not a key. Without it every PIN is lost, so it
            is never overwritten.
    """
    if not path.exists():
        write_private(path, secrets.token_bytes(KEY_BYTES))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise StartError(f"{path} may be read by others: chmod 600 it")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise StartError(f"{path} is not a PIN key ({len(key)} bytes instead of {KEY_BYTES})")
    return key


def pin_mac(key: bytes, facility: str, number: str, pin: str) -> bytes:
    """Return what is kept of a PIN. Bound to the inmate number: equal PINs look different."""
    return hmac.digest(key, f"{facility}/{number}/{pin}".encode(), "sha256")


def random_pin() -> str:
    """Return a random PIN; chosen ones are guessed (a quarter of them are the same twenty)."""
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"


def fits_number(number: str) -> bool:
    """Whether an inmate may have this number."""
    return _NUMBER.match(number) is not None


def fits_name(name: str) -> bool:
    """Whether a person may have this name."""
    return 1 <= len(name) <= 80 and name.isprintable()


def fits_pin(pin: str) -> bool:
    """Whether this may be a PIN."""
    return _PIN.match(pin) is not None


def require_inmate(number: str, name: str, pin: str | None) -> None:
    """Raise StaffError for values that no inmate can have."""
    if not fits_number(number):
        raise StaffError(f'"{number}" is no inmate number: 1 to 16 digits')
    if not fits_name(name):
        raise StaffError("a name has 1 to 80 characters, all of them to be seen")
    if pin is not None and not fits_pin(pin):
        raise StaffError("a PIN has 4 to 16 digits")


class Inmates:
    """Who may sign in."""

    def __init__(self, store: Store, key: bytes, rules: PinRules) -> None:
        self._store = store
        self._key = key
        self._rules = rules

    async def check(self, facility: str, number: str, pin: str, terminal: str) -> Inmate:
        """Return the inmate whose number and PIN these are.

        Raises:
            UserError: `locked`, or `wrong-sign-in` which never says what was wrong.
        """
        mac = pin_mac(self._key, facility, number, pin)
        attempt = await self._store.people.try_pin(facility, number, mac, terminal, self._rules)
        if attempt.inmate is not None:
            return attempt.inmate
        if attempt.locked_until is not None:
            self._tell(attempt.locked, facility, number, terminal)
            raise UserError("locked", unlock_at=attempt.locked_until)
        raise UserError("wrong-sign-in", tries_left=attempt.tries_left)

    def _tell(self, locked: str, facility: str, number: str, terminal: str) -> None:
        match locked:
            case "inmate":
                log.warning(
                    "terminal %s: inmate number %s is locked after wrong PINs", terminal, number
                )
            case "terminal":
                log.warning("terminal %s: locked after wrong PINs of several numbers", terminal)
            case "facility":
                log.error(
                    "facility %s: sign-ins are locked after %d wrong PINs; the last one at terminal"
                    " %s. visit-hub lockout list", facility, self._rules.facility_tries, terminal,
                )  # fmt: skip

    async def add(
        self, facility: str, number: str, name: str, pin: str | None, unit: str = ""
    ) -> str:
        """Add an inmate; return the PIN.

        Raises:
            StaffError: the number is taken or a value cannot be.
        """
        require_inmate(number, name, pin)
        chosen = pin or random_pin()
        inmate = Inmate(f"i-{secrets.token_hex(6)}", facility, number, name, unit)
        try:
            mac = pin_mac(self._key, facility, number, chosen)
            await self._store.people.add_inmate(inmate, mac)
        except Duplicate:
            raise StaffError(f"facility {facility} has an inmate {number} already") from None
        return chosen

    async def apply(
        self, plan: RosterPlan, new: Sequence[Pinned], back: Sequence[Pinned]
    ) -> tuple[list[str], list[str]]:
        """Do a roster's plan, all or nothing, with PINs for those who are `new` and `back` in it.

        Returns the PINs in that order, and the visitors whose approvals ended.

        Raises:
            StaffError: somebody else added one of the numbers in this moment.
        """
        pins = [pin or random_pin() for _, pin in (*new, *back)]
        inmates = (each for each, _ in (*new, *back))
        rows = tuple((each, self._mac(each, pin)) for each, pin in zip(inmates, pins, strict=True))
        plan = replace(plan, added=rows[: len(new)], back=rows[len(new) :])
        try:
            ended = await self._store.people.apply_roster(plan)
        except Duplicate:
            raise StaffError("somebody else changed the roster just now; try again") from None
        return pins, ended

    async def new_pin(self, inmate: Inmate) -> str:
        """Give an inmate another PIN and return it: the one before ends, a lockout too."""
        pin = random_pin()
        await self._store.people.set_pin(inmate, self._mac(inmate, pin))
        return pin

    def _mac(self, inmate: Inmate, pin: str) -> bytes:
        return pin_mac(self._key, inmate.facility, inmate.number, pin)
