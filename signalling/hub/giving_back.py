"""Pure: when lost time is added to a visit's end, and how much of it."""

from __future__ import annotations

from typing import Final

from signalling.hub.breaks import spacing_s
from signalling.hub.store.records import Draft
from signalling.receipt import LEAST_EXTENSION_S, GiveBack
from signalling.visit import Visit
from signalling.visit_events import Extended

BEFORE_END_S: Final = 2.0
"""The end of a visit that staff paused is moved on this long before the clock would end it."""


def due_s(visit: Visit, now: float, limits: GiveBack) -> float:
    """Return the seconds to add to the end at `now`, were nobody's visit in the way; 0: none.

    They are added when nothing holds the visit any more. Only a pause, which may last longer than
    the visit, moves the end on while it lasts, in steps that fill no log.
    """
    at = visit.at(max(now, visit.last_recorded_at))
    if at.begun_at is None or at.ended_at is not None:
        return 0.0
    least_s = LEAST_EXTENSION_S
    if at.paused:
        if at.left_s > BEFORE_END_S:
            return 0.0
        least_s = max(least_s, spacing_s(visit.length))
    elif at.breaks:
        return 0.0
    seconds = min(at.owed_s, limits.most_s(at.paused_s) - visit.added_s)
    return seconds if seconds >= least_s else 0.0


def owed(visit: Visit, now: float, *, limits: GiveBack, most_s: float) -> list[Draft]:
    """Return what adds the seconds that are due, up to what nobody's visit is in the way of.

    Asked again where another hub was first, which may have added them.
    """
    seconds = min(due_s(visit, now, limits), most_s)
    return [Draft(Extended(seconds), "hub")] if seconds >= LEAST_EXTENSION_S else []


def look_at(visit: Visit, now: float) -> float | None:
    """Return when to look at a paused visit again; None: not before its end."""
    at = visit.ends_at - BEFORE_END_S
    return at if visit.paused and at > now else None
