"""Tickets in the database: a page gets one from one hub and may fetch the file from another."""

from __future__ import annotations

from collections.abc import Callable

from signalling.hub.store.records import TicketRow
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer


class StoredTickets:
    """`interface.TicketStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._clock = clock

    async def issue(self, ticket: TicketRow, most: int, most_bytes: int) -> bool:
        """Keep a ticket; of its visitor's the newest `most` stay.

        False when more than `most_bytes` would wait in all: nothing was kept.
        """

        def work(db: Tables) -> bool:
            db.execute("delete from tickets where until <= ?", (self._clock(),))
            db.execute(
                "delete from tickets where visitor = ? and path_hash not in (select path_hash"
                " from tickets where visitor = ? order by until desc limit ?)",
                (ticket.visitor, ticket.visitor, most - 1),
            )
            sql = "select coalesce(sum(length(file)), 0) from tickets"
            waiting: int = db.execute(sql).fetchone()[0]
            if waiting + len(ticket.file) > most_bytes:
                return False
            db.execute(
                "insert into tickets (path_hash, visitor, until, file) values (?, ?, ?, ?)",
                (ticket.path_hash, ticket.visitor, ticket.until, ticket.file),
            )
            return True

        return await self._writer.run(work)

    async def take(self, path_hash: str, *, spend: bool) -> bytes | None:
        """Return the file of a ticket that holds, and spend it if so asked."""

        def work(db: Tables) -> bytes | None:
            sql = "select file from tickets where path_hash = ? and until > ?"
            if spend:
                sql = "delete from tickets where path_hash = ? and until > ? returning file"
            row = db.execute(sql, (path_hash, self._clock())).fetchone()
            return bytes(row[0]) if row is not None else None

        return await self._writer.run(work)
