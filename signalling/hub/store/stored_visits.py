"""Visits: logs, booking facts, occupancy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from signalling.hub.scheduling import CELL_S
from signalling.hub.store.records import Draft, VisitPeople
from signalling.hub.store.tables import Tables
from signalling.hub.store.visit_news import VisitNews
from signalling.hub.store.visit_people import people_of
from signalling.hub.store.visit_rows import (
    append_all,
    cells,
    event_of,
    free_seat,
    holds,
    read_log,
    start_log,
)
from signalling.hub.store.writer import Writer
from signalling.visit import Visit, fold
from signalling.visit_events import Booked, Event

MAX_ROOM_S: Final = 86_400.0


class StoredVisits:
    """`interface.VisitStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float], news: VisitNews) -> None:
        self._writer = writer
        self._clock = clock
        self._news = news

    async def book(
        self, visit: str, booked: Booked, author: str, unit: str = "", terminals: int = 0
    ) -> Visit:
        """Start a log; of the unit's terminals, one is held when one is free.

        Raises Occupied, IllegalEvent.
        """

        def work(db: Tables) -> Visit:
            span = cells(booked.starts_at, booked.ends_at)
            seat = free_seat(db, booked.facility, unit, terminals, span)
            now = self._clock()
            made = start_log(db, visit, booked, author, now, seat)
            self._news.booked(db, made, now)
            return made

        return await self._writer.run(work)

    async def append(self, visit: Visit, drafts: Sequence[Draft]) -> Visit:
        """Append all or none. Raises Stale, IllegalEvent, Occupied."""

        def work(db: Tables) -> Visit:
            now = self._clock()
            appended = append_all(db, visit, drafts, now)
            self._news.changed(db, visit, appended, now)
            return appended

        return await self._writer.run(work)

    async def load(self, visit: str) -> Visit | None:
        """Fold one log."""
        events = await self.log(visit)
        return fold(events) if events else None

    async def log(self, visit: str) -> list[Event]:
        """One visit's events, oldest first."""

        return await self._writer.read(lambda db: read_log(db, visit))

    async def load_since(self, closed_after: float) -> list[Visit]:
        """Fold all visits that are open or were closed after a time."""

        def work(db: Tables) -> list[Visit]:
            rows = db.query(
                "select e.visit, e.seq, e.id, e.author, e.happened_at, e.recorded_at, e.what"
                " from visits v join events e on e.visit = v.id"
                " where v.closed_at is null or v.closed_at > ? order by e.visit, e.seq",
                (closed_after,),
            )
            logs: dict[str, list[Event]] = {}
            for row in rows:
                logs.setdefault(row["visit"], []).append(event_of(row))
            return [fold(events) for events in logs.values()]

        return await self._writer.read(work)

    async def people(self, visits: Sequence[Visit]) -> dict[str, VisitPeople]:
        """Who each of some visits is of, by its id."""
        return await self._writer.read(lambda db: people_of(db, visits))

    async def room_after(self, visit: Visit) -> float:
        """Seconds until its people or its terminal have another visit after this one; or a day."""

        def work(db: Tables) -> float:
            first: list[int] = []
            for kind, who in holds(db, visit):
                row = db.execute(
                    "select min(cell) from occupancy"
                    " where kind = ? and id = ? and visit <> ? and cell >= ?",
                    (kind, who, visit.id, math.floor(visit.ends_at / CELL_S)),
                ).fetchone()
                first += [row[0]] if row[0] is not None else []
            free_until = min(first) * CELL_S if first else visit.ends_at + MAX_ROOM_S
            return max(0.0, min(MAX_ROOM_S, free_until - visit.ends_at))

        return await self._writer.read(work)
