"""Pure: counting wrong PINs, and when they lock an inmate number, a terminal or a facility."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from signalling.hub.store.records import PinRules

FORGOTTEN_AFTER_S: Final = 86_400.0
"""Wrong PINs of an inmate number count together within a day, so that three a week never lock."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong PINs in a row. Times in seconds since the epoch."""

    failures: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    locked_until: float | None = None


def still_locked(what: Failures, now: float) -> float | None:
    """Return until when it is locked, or None."""
    return what.locked_until if what.locked_until and what.locked_until > now else None


Three = tuple[Failures, Failures, Failures]
"""Of an inmate number, a terminal and a facility."""


def after_failure(counts: Three, now: float, rules: PinRules) -> Three:
    """Return the counts after one more wrong PIN; none may be locked now.

    One PIN tried on every inmate number locks no number: the terminal's count stops it, and the
    facility's whoever goes from terminal to terminal.
    """
    inmate, terminal, facility = counts
    lockout_s = rules.lockout_s
    return (
        _count(inmate, now, FORGOTTEN_AFTER_S, rules.inmate_tries, lockout_s),
        _count(terminal, now, lockout_s, rules.terminal_tries, lockout_s),
        _count(facility, now, lockout_s, rules.facility_tries, lockout_s),
    )


def _count(before: Failures, now: float, window_s: float, tries: int, lockout_s: float) -> Failures:
    # A lockout that ran out has been paid for: counting starts again.
    over = before.locked_until is not None or now - before.first_at >= window_s
    failures = 1 if over or not before.failures else before.failures + 1
    first_at = now if failures == 1 else before.first_at
    return Failures(failures, first_at, now, now + lockout_s if failures >= tries else None)
