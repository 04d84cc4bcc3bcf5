"""Pure: from a wall clock in a facility to instants, and what may be booked.

Every refusal is one sentence for a person. Instants are seconds since the epoch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

CELL_S: Final = 300
"""Seconds of one occupancy cell: nobody can be booked twice within one."""
MAX_LENGTH_S: Final = 4 * 3600.0
LATE_BY_S: Final = 60.0
"""A visit may start this long ago: typing the command takes time."""

_WALL = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2})?\Z")


class NotBookable(Exception):
    """The visit cannot be booked like this; the message is for a person."""


@dataclass(frozen=True, slots=True)
class Span:
    """When a visit starts and ends, as booked."""

    starts_at: float
    ends_at: float


def zone(name: str) -> ZoneInfo:
    """Return the IANA time zone.

    Raises:
        NotBookable: there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NotBookable(f"there is no time zone {name}") from None


def instant(wall: datetime, time_zone: str) -> float:
    """Return the instant at which clocks in the zone show `wall` (naive).

    A time that clocks show twice, when daylight saving ends, means its first occurrence.

    Raises:
        NotBookable: clocks never show it, because daylight saving begins and skips it.
    """
    local = wall.replace(tzinfo=zone(time_zone), fold=0)
    at = local.astimezone(UTC)
    back = at.astimezone(local.tzinfo)
    if back.replace(tzinfo=None) != wall:
        raise NotBookable(
            f"{wall:%Y-%m-%d %H:%M} does not exist in {time_zone}: the clocks go forward and skip"
            f" it; the next time that exists is {back:%H:%M}"
        )
    return at.timestamp()


def start(text: str, time_zone: str, now: float) -> float:
    """Return the instant that staff typed: `now`, `+SECONDS`, or a wall time of the facility.

    Raises:
        NotBookable: it is none of these, or names no instant.
    """
    if text == "now":
        return now
    if re.fullmatch(r"\+\d{1,7}(\.\d{1,3})?", text):
        return now + float(text[1:])
    if not _WALL.match(text):
        raise NotBookable(f'"{text}" is no start: use now, +SECONDS or "2026-11-22 14:30"')
    try:
        wall = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotBookable(f'"{text}" is no date and time: {error}') from None
    return instant(wall, time_zone)


def span(starts_at: float, length_s: float, now: float) -> Span:
    """Return the booked span.

    Raises:
        NotBookable: the length or the start cannot be.
    """
    if not 1.0 <= length_s <= MAX_LENGTH_S:
        raise NotBookable(f"a visit lasts 1 second to {MAX_LENGTH_S / 3600:g} hours")
    if starts_at < now - LATE_BY_S:
        raise NotBookable("the start lies in the past")
    if starts_at > now + timedelta(days=366).total_seconds():
        raise NotBookable("the start lies more than a year ahead")
    return Span(starts_at, starts_at + length_s)


def period(first: str, last: str | None, time_zone: str) -> Span:
    """Return the time from a day, or a day and time, to another one of the facility's clocks.

    A day alone as the end means until it is over; without an end a day is meant as a whole.

    Raises:
        NotBookable: says what was typed, and what is expected.
    """
    starts = _day_or_time(first)
    if last is None and isinstance(starts, datetime):
        raise NotBookable(f'"{first}" has a time of day and no end: say until when')
    ends = _day_or_time(last) if last is not None else starts
    starts_at = _begin(starts, time_zone)
    if not isinstance(ends, datetime):
        ends += timedelta(days=1)
    ends_at = _begin(ends, time_zone)
    if ends_at <= starts_at:
        raise NotBookable(f'"{last}" is not after "{first}"')
    return Span(starts_at, ends_at)


def day_span(first: str, last: str, time_zone: str) -> Span:
    """Return the time of whole days of the facility, the last one included. Raises NotBookable."""
    days = (_day_or_time(first), _day_or_time(last))
    for text, day in zip((first, last), days, strict=True):
        if isinstance(day, datetime):
            raise NotBookable(f'"{text}" is no day: use "2026-12-25"')
    return period(first, last, time_zone)


def _day_or_time(text: str) -> date:
    """Return a datetime where there is a time of day, else a date."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
        if _WALL.match(text):
            return datetime.fromisoformat(text)
    except ValueError as error:
        raise NotBookable(f'"{text}" is no date and time: {error}') from None
    raise NotBookable(f'"{text}" is no day: use "2026-12-25" or "2026-12-25 14:30"')


def _begin(at: date, time_zone: str) -> float:
    return instant(at, time_zone) if isinstance(at, datetime) else day_start(at, time_zone)


def day_start(day: date, time_zone: str) -> float:
    """Return when a day begins at the facility. Raises NotBookable: there is no such zone."""
    # Where clocks skip midnight a day begins when they go on: so Python reads such a time.
    return datetime.combine(day, time(), zone(time_zone)).timestamp()


def wall_text(at: float, time_zone: str) -> str:
    """Return an instant as clocks in the zone show it, with the zone's abbreviation."""
    return f"{datetime.fromtimestamp(at, zone(time_zone)):%Y-%m-%d %H:%M:%S %Z}"


def between_text(starts_at: float, ends_at: float, time_zone: str) -> str:
    """Return a time of day as clocks in the zone show it: "14:30 to 15:00 CST"."""
    until = f"{datetime.fromtimestamp(ends_at, zone(time_zone)):%H:%M %Z}"
    return f"{minute_text(starts_at, time_zone)} to {until}"


def minute_text(at: float, time_zone: str) -> str:
    """Return an instant as clocks in the zone show it: hours and minutes."""
    return f"{datetime.fromtimestamp(at, zone(time_zone)):%H:%M}"
