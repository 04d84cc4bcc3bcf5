"""Pure: from a wall clock in a facility to instants, and what may be booked.

Every refusal is one sentence for a person. Instants are seconds since the epoch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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


def wall_text(at: float, time_zone: str) -> str:
    """Return an instant as clocks in the zone show it, with the zone's abbreviation."""
    return f"{datetime.fromtimestamp(at, zone(time_zone)):%Y-%m-%d %H:%M:%S %Z}"


def minute_text(at: float, time_zone: str) -> str:
    """Return an instant as clocks in the zone show it: hours and minutes."""
    return f"{datetime.fromtimestamp(at, zone(time_zone)):%H:%M}"
