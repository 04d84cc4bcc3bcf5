"""What happens in a transaction is kept in the audit's chain by that same transaction.

Work in a transaction calls `note`; a caller that cannot change the work wraps it in `audited`.
Whoever runs transactions runs each work with `perform`, in the context of whoever asked for it,
and calls `append` with the notes of all that did not fail, right before the commit. One transaction
writes at a time (SQLite's only writer, PostgreSQL's lock of all hubs), so the chain never forks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Any, Final, Protocol, TypeVar

from signalling.hub.audit_chain import Entry, Head, Note, extend, facts_text

T = TypeVar("T")

AT_ONCE: Final = 100
"""Entries of one statement."""

ORIGIN: ContextVar[str] = ContextVar("origin", default="hub")
"""From where what is done now was asked for: an address, terminal:ID, or staff's way."""
_NOTES: ContextVar[list[Note]] = ContextVar("notes")
_ALONG: ContextVar[Callable[[Any], Note | None] | None] = ContextVar("along", default=None)


def new_note(now: float, kind: str, who: str, about: str = "", /, **facts: Any) -> Note:
    """Return a note of what is done now, from where it was asked for."""
    return Note(round(now * 1000), kind, who, ORIGIN.get(), about, facts_text(facts))


def visitor_note(now: float, kind: str, visitor: str, /, **facts: Any) -> Note:
    """Return a note of what a visitor does to their own account."""
    return new_note(now, kind, f"visitor:{visitor}", f"visitor:{visitor}", **facts)


def pin_note(now: float, terminal: str, inmate: str, locked_until: float, locked: str) -> Note:
    """Return a note of a wrong PIN. An unknown number is not kept: people type PINs there."""
    facts = {"locked_until": locked_until} if locked_until else {}
    kind = f"{locked}-locked" if locked else "inmate-wrong-pin"
    return new_note(now, kind, f"terminal:{terminal}", f"inmate:{inmate or 'unknown'}", **facts)


def note(what: Note) -> None:
    """Keep a note with the transaction that runs."""
    _NOTES.get().append(what)


async def audited(call: Awaitable[T], make: Callable[[T], Note | None]) -> T:
    """Await one call of the store; what `make` says of its result is kept by its transaction."""
    token = _ALONG.set(make)
    try:
        return await call
    finally:
        _ALONG.reset(token)


def perform(work: Callable[[Any], T], db: Any) -> tuple[T, list[Note]]:
    """Do a transaction's work; return its result and its notes."""
    notes: list[Note] = []
    _NOTES.set(notes)
    result = work(db)
    make = _ALONG.get()
    along = make(result) if make is not None else None
    return result, notes if along is None else [*notes, along]


class Runs(Protocol):
    """The part of `tables.Tables` that migrations have too."""

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any: ...


def append(db: Runs, notes: Sequence[Note]) -> None:
    """Append notes to the chain, within the transaction that they belong to, and as its end."""
    for start in range(0, len(notes), AT_ONCE):
        _append(db, notes[start : start + AT_ONCE])


def _append(db: Runs, notes: Sequence[Note]) -> None:
    entries = extend(last(db), notes)
    marks = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(entries))
    db.execute(
        "insert into audit_entries (seq, at_ms, kind, who, origin, about, facts, previous, hash)"
        f" values {marks}",
        [value for each in entries for value in _row(each)],
    )


def last(db: Runs) -> Head:
    """Return the head that the chain has now."""
    sql = "select seq, hash, at_ms from audit_entries order by seq desc limit 1"
    row = db.execute(sql).fetchone()
    return Head(*row) if row is not None else Head()


def _row(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.seq,
        entry.at_ms,
        entry.kind,
        entry.who,
        entry.origin,
        entry.about,
        entry.facts,
        entry.previous,
        entry.hash,
    )
