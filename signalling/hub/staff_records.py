"""What staff keep in the store beside people and visits. Times are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from signalling.visit_events import Event


@dataclass(frozen=True, slots=True)
class Lockdown:
    """No visits at a facility, or in one housing unit of it, until staff end it."""

    id: str
    facility: str
    unit: str
    """Empty: the whole facility."""
    reason: str
    """In the words of staff, as both sides read it."""
    started_by: str
    started_at: float
    ended_by: str = ""
    ended_at: float | None = None


@dataclass(frozen=True, slots=True)
class Blackout:
    """Nothing can be booked that lies in this time at a facility, or in one unit of it."""

    id: str
    facility: str
    unit: str
    """Empty: the whole facility."""
    from_at: float
    until_at: float
    reason: str
    """In the words of staff, as visitors read it."""
    added_by: str
    added_at: float

    def holds(self, starts_at: float, ends_at: float) -> bool:
        """Whether a visit of this span lies in it, be it in part."""
        return self.from_at < ends_at and starts_at < self.until_at


@dataclass(frozen=True, slots=True)
class VisitLog:
    """A visit's whole log, and who its people are."""

    events: tuple[Event, ...]
    number: str
    """The inmate's."""
    unit: str
    """Where the inmate lives now."""
    names: Mapping[str, str]
    """Of the inmate and the visitors, by their ids."""
    emails: frozenset[str]
    """Of the visitors."""
