"""The part of `interface.py` that is about what is kept: audited, checked, and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from signalling.hub.audit_chain import AuditFilter, Entry, Head, Note
from signalling.hub.store.records import Inmate
from signalling.visit_events import Event

Cell = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class KeptVisit:
    """A visit's rows: its log, and the columns and rows that follow from it."""

    id: str
    ends_at: float
    closed_at: float | None
    seat: str | None
    columns: Mapping[str, str | float | None]
    """The others that its log says too."""
    events: tuple[Event, ...]
    unreadable: str
    """Why the log could not even be decoded; empty: it could."""
    visitors: frozenset[str]
    cells: frozenset[Cell]
    entries: tuple[Entry, ...]
    """What the audit has of it."""


ERASED_NAME: Final = "—"
"""Stands in the place of an erased inmate's name, in every language."""


class StillNeeded(Exception):
    """A person cannot be forgotten while visits, or a terminal, need them; nothing was done."""

    def __init__(self, visits: list[str], terminal: str | None = None) -> None:
        super().__init__(f"open visits {visits}, signed in at {terminal}")
        self.visits = visits
        self.terminal = terminal


@dataclass(frozen=True, slots=True)
class Old:
    """How much is too old, and since when the oldest of it is kept."""

    count: int
    oldest: float | None


class AuditStore(Protocol):
    """The audit's chain. Other stores add to it by their own transactions (`chain.py`)."""

    async def add(self, notes: Sequence[Note]) -> None:
        """Keep what no other transaction keeps."""

    async def page(self, after: int, limit: int) -> list[Entry]:
        """Return the entries after a place, oldest first."""

    async def newest(self, asked: AuditFilter) -> list[Entry]:
        """Return the newest entries that fit, the newest first."""

    async def head(self) -> Head: ...

    async def anchor(self) -> str | None:
        """Return the signed document that names what the oldest kept entry follows."""

    async def old(self, before_ms: int, limit: int) -> tuple[int, Head | None]:
        """How many entries are older, from the oldest on; and the last of the first `limit`."""

    async def cut(self, anchor: Head, document: str) -> int:
        """Delete the entries up to an anchor, and keep its signed document; how many went."""


class CheckStore(Protocol):
    """What a check of the whole state reads."""

    async def visits(self, after: str, limit: int, *, only_open: bool) -> list[KeptVisit]:
        """Return the visits after an id, in the order of their ids."""

    async def count(self, *, only_open: bool) -> int:
        """How many visits those are."""

    async def strays(self, limit: int) -> list[tuple[str, str, str]]:
        """Return who or what is occupied by a visit that is over: kind, id, visit."""

    async def audited_since(self) -> float:
        """Since when every visit event is in the audit, as far as it is kept."""


class RetentionStore(Protocol):
    """What is too old to be kept, and persons who are to be forgotten."""

    async def old(self, what: str, before: float) -> Old:
        """How many of a kind are older than a time, and how old the oldest of them is."""

    async def forget(self, what: str, before: float, limit: int) -> list[str]:
        """Delete at most so many of a kind that are older; return their ids."""

    async def tidy(self) -> int:
        """Delete what nothing refers to any more; how many rows those were."""

    async def erase_visitor(self, visitor: str) -> list[str]:
        """Forget all of a person but their id; return the token hashes of sessions that ended.

        Raises StillNeeded.
        """

    async def erase_inmate(self, inmate: Inmate) -> list[str]:
        """Forget all of a person but their id; return the visitors who could visit them.

        Raises StillNeeded.
        """


class AuditedStore(Protocol):
    """The rooms of a store that are about what is kept."""

    @property
    def audit(self) -> AuditStore: ...

    @property
    def checks(self) -> CheckStore: ...

    @property
    def retention(self) -> RetentionStore: ...
