"""Pure: a visit as an .ics file, which phones and mail programs put into their calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from icalendar import Calendar, Event

from signalling.version import VERSION

CONTENT_TYPE: Final = "text/calendar; charset=utf-8"
PRODID: Final = f"-//Visitbooth//Visit hub {VERSION}//EN"


def calendar_file(
    visit: str,
    hub: str,
    *,
    summary: str,
    starts_at: float,
    ends_at: float,
    stamp_at: float,
    location: str = "",
    sequence: int = 0,
    cancelled: bool = False,
) -> bytes:
    """Return the file of one visit.

    `hub` is the hub's name: with the visit's id it makes the UID, by which a calendar finds the
    entry again when the visit was moved (a higher `sequence`) or `cancelled`. `stamp_at` is when
    this file is made.
    """
    entry = Event()
    entry.add("uid", f"{visit}@{hub}")
    entry.add("dtstamp", _utc(stamp_at))
    entry.add("dtstart", _utc(starts_at))
    entry.add("dtend", _utc(ends_at))
    entry.add("summary", summary)
    if location:
        entry.add("location", location)
    entry.add("sequence", sequence)
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _utc(at: float) -> datetime:
    # Calendars know whole seconds only.
    return datetime.fromtimestamp(round(at), UTC)
