"""What the store is asked to book, and what it asks before it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from signalling.hub.visiting_rules import Slot, Taken
from signalling.visit_events import Booked


class NotApproved(Exception):
    """Somebody may not visit, or not any more; nothing was done."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants a visit, and where."""

    visitor: str
    inmate: str
    facility: str
    time_zone: str
    unit: str
    terminals: int
    """How many the unit has; 0: they are not counted."""
    gap_s: float
    since: float
    """Visits that started earlier count for no week that can still be booked."""
    guests: tuple[str, ...] = ()
    moving: str | None = None
    """The visit that the new one is instead of: nothing of it stands in the way."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A visit to book under a new id. A `request` that came before makes nothing."""

    visit: str
    request: str
    wish: Wish
    booked: Booked
    judge: Callable[[Taken, float], Slot]
    """Asked in the transaction, with what is taken then."""
    staff: str = ""
    """Who books it for its visitors; empty: the wish's visitor does."""
