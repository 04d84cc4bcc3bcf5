"""How much of a visit is left, in words and as a countdown. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.words import Words, minutes_up
from signalling.wire import VisitView

LAST_S: Final = 120
"""From here on the time is shown to the second."""

WARNINGS_MIN: Final = (10, 5, 2, 1)
WARNING_SHOWN_S: Final = 10


def left_s(visit: VisitView, now: int) -> int:
    """Return whole seconds until the visit ends by the clock."""
    return max(0, round(visit.ends_at - now))


def countdown(seconds: int) -> str:
    """Return minutes and seconds, 16:32; hours only where there are some."""
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def time_left(visit: VisitView, now: int, words: Words) -> str:
    """Return "18 min left", and in the last two minutes "1:45 left"."""
    seconds = left_s(visit, now)
    if seconds <= LAST_S:
        return words("{time} left", time=countdown(seconds))
    return words("{n} min left", n=minutes_up(seconds))


def duration(seconds: float, words: Words) -> str:
    """Return a length of time that is still to come: 8 min, 2 h 5 min."""
    hours, minutes = divmod(minutes_up(seconds), 60)
    if not hours:
        return words("{n} min", n=minutes)
    return words("{h} h {n} min", h=hours, n=minutes) if minutes else words("{h} h", h=hours)


def warning(visit: VisitView, now: int, words: Words) -> str:
    """Return what to say now about the end, "" most of the time."""
    seconds = left_s(visit, now)
    for minutes in WARNINGS_MIN:
        if 60 * minutes - WARNING_SHOWN_S < seconds <= 60 * minutes:
            return words.count("{n} minute left", "{n} minutes left", minutes)
    return ""
