"""Visiting hours and closed days as hub.toml writes them. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Final

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""As `date.weekday` counts them."""
HOURS_EXPECTED: Final = 'days and times such as "mon-fri 09:00-11:30" or "sat,sun 13:00-18:00"'
CLOSED_EXPECTED: Final = (
    'a day such as "2026-12-25", or two as "2026-12-31..2027-01-01", and a reason'
)

_HOURS: Final = re.compile(r"([a-z,-]+) (\d\d:\d\d)-(\d\d:\d\d|24:00)")
_CLOSED: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?(?: (.{1,80}))?")


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """One time of one weekday (0 is Monday), in minutes since midnight."""

    weekday: int
    from_min: int
    until_min: int


@dataclass(frozen=True, slots=True)
class Closed:
    """Days, the last one included, without visits."""

    first: date
    last: date
    reason: str

    def holds(self, day: date) -> bool:
        """Whether `day` is one of them."""
        return self.first <= day <= self.last


def read_hours(texts: Iterable[str]) -> tuple[Opening, ...]:
    """Return all openings in order.

    Raises:
        ValueError: says what was expected instead.
    """
    openings = sorted(each for text in texts for each in _read_line(text))
    for before, after in itertools.pairwise(openings):
        if after.weekday == before.weekday and after.from_min < before.until_min:
            raise ValueError(f"times that do not overlap on {DAYS[after.weekday]}")
    return tuple(openings)


def _read_line(text: str) -> list[Opening]:
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError(HOURS_EXPECTED)
    from_min, until_min = _minutes(found[2]), _minutes(found[3])
    if from_min >= until_min:
        raise ValueError("an end after the start; what goes past midnight is two days")
    if from_min % 5 or until_min % 5:
        raise ValueError("times in steps of five minutes, such as 09:05")
    return [Opening(day, from_min, until_min) for day in _weekdays(found[1])]


def _minutes(text: str) -> int:
    if text == "24:00":
        return 24 * 60
    try:
        at = time.fromisoformat(text)
    except ValueError:
        raise ValueError(HOURS_EXPECTED) from None
    return at.hour * 60 + at.minute


def _weekdays(text: str) -> list[int]:
    days: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(f"days out of {', '.join(DAYS)}")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        if end < begin:
            raise ValueError(f"days in the order {', '.join(DAYS)}")
        days += range(begin, end + 1)
    if len(set(days)) < len(days):
        raise ValueError("each day once")
    return days


def read_closed(text: str) -> Closed:
    """Return the days that a line of `blackout` closes.

    Raises:
        ValueError: says what was expected instead.
    """
    found = _CLOSED.fullmatch(text)
    if found is None:
        raise ValueError(CLOSED_EXPECTED)
    try:
        first = date.fromisoformat(found[1])
        last = date.fromisoformat(found[2] or found[1])
    except ValueError:
        raise ValueError("days that the calendar has") from None
    if last < first:
        raise ValueError("a last day that is not before the first")
    return Closed(first, last, found[3] or "")
