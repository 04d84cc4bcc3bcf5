"""Pure: counting wrong PINs, and when they lock an inmate number or a terminal."""

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


def after_failure(
    inmate: Failures, terminal: Failures, now: float, rules: PinRules
) -> tuple[Failures, Failures]:
    """Return both counts after one more wrong PIN; neither may be locked now."""
    return (
        _count(inmate, now, FORGOTTEN_AFTER_S, rules.inmate_tries, rules.lockout_s),
        _count(terminal, now, rules.lockout_s, rules.terminal_tries, rules.lockout_s),
    )


def _count(before: Failures, now: float, window_s: float, tries: int, lockout_s: float) -> Failures:
    # A lockout that ran out has been paid for: counting starts again.
    over = before.locked_until is not None or now - before.first_at >= window_s
    failures = 1 if over or not before.failures else before.failures + 1
    first_at = now if failures == 1 else before.first_at
    return Failures(failures, first_at, now, now + lockout_s if failures >= tries else None)
