"""Visits in SQLite: logs, booking facts, occupancy."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlite_utils import Database

from signalling.hub.store.interface import CELL_S, Occupied, Stale
from signalling.hub.store.records import Draft
from signalling.hub.store.writer import Writer
from signalling.visit import Visit, book, fold
from signalling.visit_events import KIND_OF, AnyWhat, Booked, Event

MAX_ROOM_S: Final = 86_400.0

_encode = msgspec.json.Encoder().encode
_decode: Callable[[str], AnyWhat] = msgspec.json.Decoder(AnyWhat).decode


def cells(starts_at: float, ends_at: float) -> range:
    """Return the five-minute cells that the span touches."""
    return range(math.floor(starts_at / CELL_S), math.ceil(ends_at / CELL_S))


class SqliteVisits:
    """`interface.VisitStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._clock = clock

    async def book(self, visit: str, booked: Booked, author: str) -> Visit:
        """Start a log. Raises Occupied, IllegalEvent."""

        def work(db: Database) -> Visit:
            now = self._clock()
            event = Event(visit, 1, Draft(booked, author).id, author, now, now, booked)
            made = book(event)
            db.execute(
                "insert into visits (id, facility, inmate, starts_at, booked_end, ends_at)"
                " values (?, ?, ?, ?, ?, ?)",
                (visit, booked.facility, booked.inmate, *_span(booked), booked.ends_at),
            )
            db.conn.executemany(
                "insert into visit_visitors (visitor, visit) values (?, ?)",
                [(who, visit) for who in booked.visitors],
            )
            _insert(db, event)
            _occupy(db, made, cells(*_span(booked)))
            return made

        return await self._writer.run(work)

    async def append(self, visit: Visit, drafts: Sequence[Draft]) -> Visit:
        """Append all or none. Raises Stale, IllegalEvent, Occupied."""

        def work(db: Database) -> Visit:
            last = db.execute("select max(seq) from events where visit = ?", (visit.id,)).fetchone()
            if last[0] != visit.length:
                raise Stale(f"visit {visit.id}: seq {visit.length} expected, {last[0]} found")
            folded = visit
            for draft in drafts:
                event = self._event(folded, draft)
                after = folded.append(event)
                if after is not folded:
                    _insert(db, event)
                folded = after
            _keep(db, visit, folded)
            return folded

        return await self._writer.run(work)

    def _event(self, visit: Visit, draft: Draft) -> Event:
        # The store's clock may be set back; a visit's log may not.
        now = max(self._clock(), visit.last_recorded_at)
        happened = now if draft.happened_at is None else min(draft.happened_at, now)
        return Event(visit.id, visit.length + 1, draft.id, draft.author, happened, now, draft.what)

    async def load(self, visit: str) -> Visit | None:
        """Fold one log."""
        events = await self.log(visit)
        return fold(events) if events else None

    async def log(self, visit: str) -> list[Event]:
        """One visit's events, oldest first."""

        return await self._writer.run(lambda db: read_log(db, visit))

    async def load_since(self, closed_after: float) -> list[Visit]:
        """Fold all visits that are open or were closed after a time."""

        def work(db: Database) -> list[Visit]:
            rows = db.query(
                "select e.visit, e.seq, e.id, e.author, e.happened_at, e.recorded_at, e.what"
                " from visits v join events e on e.visit = v.id"
                " where v.closed_at is null or v.closed_at > ? order by e.visit, e.seq",
                (closed_after,),
            )
            logs: dict[str, list[Event]] = {}
            for row in rows:
                logs.setdefault(row["visit"], []).append(_event_of(row))
            return [fold(events) for events in logs.values()]

        return await self._writer.run(work)

    async def room_after(self, visit: Visit) -> float:
        """Seconds free after this visit's end until one of its people has another; or a day."""

        def work(db: Database) -> float:
            first: list[int] = []
            for kind, who in _people(visit.booked):
                row = db.execute(
                    "select min(cell) from occupancy"
                    " where kind = ? and id = ? and visit <> ? and cell >= ?",
                    (kind, who, visit.id, math.floor(visit.ends_at / CELL_S)),
                ).fetchone()
                first += [row[0]] if row[0] is not None else []
            free_until = min(first) * CELL_S if first else visit.ends_at + MAX_ROOM_S
            return max(0.0, min(MAX_ROOM_S, free_until - visit.ends_at))

        return await self._writer.run(work)


def read_log(db: Database, visit: str) -> list[Event]:
    """Return one visit's events, oldest first."""
    rows = db.query(
        "select visit, seq, id, author, happened_at, recorded_at, what"
        " from events where visit = ? order by seq",
        (visit,),
    )
    return [_event_of(row) for row in rows]


def _span(booked: Booked) -> tuple[float, float]:
    return booked.starts_at, booked.ends_at


def _people(booked: Booked) -> Iterable[tuple[str, str]]:
    yield "inmate", booked.inmate
    for who in booked.visitors:
        yield "visitor", who


def _insert(db: Database, event: Event) -> None:
    db.execute(
        "insert into events (visit, seq, id, author, happened_at, recorded_at, kind, what)"
        " values (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.visit,
            event.seq,
            event.id,
            event.author,
            event.happened_at,
            event.recorded_at,
            KIND_OF[type(event.what)],
            _encode(event.what).decode(),
        ),
    )


def _event_of(row: dict[str, Any]) -> Event:
    return Event(
        row["visit"],
        row["seq"],
        row["id"],
        row["author"],
        row["happened_at"],
        row["recorded_at"],
        _decode(row["what"]),
    )


def _occupy(db: Database, visit: Visit, span: range) -> None:
    for kind, who in _people(visit.booked):
        for cell in span:
            try:
                db.execute(
                    "insert into occupancy (kind, id, cell, visit) values (?, ?, ?, ?)",
                    (kind, who, cell, visit.id),
                )
            except sqlite3.IntegrityError:
                row = db.execute(
                    "select visit from occupancy where kind = ? and id = ? and cell = ?",
                    (kind, who, cell),
                ).fetchone()
                if row is None:  # not the primary key: a visit or person that does not exist
                    raise
                raise Occupied(kind, who, row[0]) from None


def _keep(db: Database, before: Visit, after: Visit) -> None:
    """Move the columns and the occupancy that follow from the log."""
    if after.ends_at > before.ends_at:
        db.execute("update visits set ends_at = ? where id = ?", (after.ends_at, after.id))
        held = cells(before.booked.starts_at, before.ends_at)
        wanted = cells(after.booked.starts_at, after.ends_at)
        _occupy(db, after, range(held.stop, wanted.stop))
    if after.ended is not None and before.ended is None:
        db.execute("update visits set closed_at = ? where id = ?", (after.ended_at, after.id))
        db.execute("delete from occupancy where visit = ?", (after.id,))
