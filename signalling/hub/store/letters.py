"""What the store asks whoever writes letters about visits, and what that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from signalling.hub.store.records import Mail, Visitor
from signalling.visit import Visit


@dataclass(frozen=True, slots=True)
class News:
    """A visit that was booked, has other visitors, or ended before it began."""

    visit: Visit
    before: Visit | None
    """None: it was booked."""
    inmate: str
    """The inmate's name."""
    people: Mapping[str, Visitor]
    """Those who are or were on it and have an account."""
    now: float
    instead_of: Visit | None = None
    """The visit that was moved here."""
    moved_with: frozenset[str] = frozenset()
    """Who is on the visit that was booked instead of this one."""


@dataclass(frozen=True, slots=True)
class Letters:
    """What becomes of some news: mails to keep, and the keys of mails that say nothing true now."""

    mails: tuple[Mail, ...] = ()
    dropped: tuple[str, ...] = ()


Write = Callable[[News], Letters]
