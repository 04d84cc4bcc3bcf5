"""The store on SQLite (sqlite-utils): one file, one writer thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from sqlite_utils import Database

from signalling.hub.store.sqlite_accounts import SqliteAccounts
from signalling.hub.store.sqlite_booking import SqliteBooking
from signalling.hub.store.sqlite_outbox import SqliteOutbox
from signalling.hub.store.sqlite_past import SqlitePast
from signalling.hub.store.sqlite_people import SqlitePeople
from signalling.hub.store.sqlite_requests import SqliteRequests
from signalling.hub.store.sqlite_terminals import SqliteTerminals
from signalling.hub.store.sqlite_visits import SqliteVisits
from signalling.hub.store.writer import Writer

Clock = Callable[[], float]


class SqliteStore:
    """`interface.Store`. Make it with `await SqliteStore.open(path)`."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self.visits = SqliteVisits(writer, clock)
        self.booking = SqliteBooking(writer, clock)
        self.people = SqlitePeople(writer, clock)
        self.accounts = SqliteAccounts(writer, clock)
        self.requests = SqliteRequests(writer, clock)
        self.terminals = SqliteTerminals(writer, clock)
        self.outbox = SqliteOutbox(writer, clock)
        self.past = SqlitePast(writer, clock)

    @classmethod
    async def open(cls, path: Path, clock: Clock = time.time) -> SqliteStore:
        """Open or create the database and bring its schema up to date.

        Raises:
            StoreError: it cannot be opened or is of a newer version.
        """
        return cls(await Writer.open(path), clock)

    def clock(self) -> float:
        """Seconds since the epoch."""
        return self._clock()

    async def ping(self) -> None:
        """Return when the writer answers."""
        await self._writer.run(lambda db: db.execute("select 1").fetchone())

    async def audit(self, who: str, command: str, facts: str) -> None:
        """Keep what staff did."""

        def work(db: Database) -> None:
            db.execute(
                "insert into audit (at, who, command, facts) values (?, ?, ?, ?)",
                (self._clock(), who, command, facts),
            )

        await self._writer.run(work)

    async def close(self) -> None:
        """Finish what is queued and close the database. Idempotent."""
        await self._writer.close()
