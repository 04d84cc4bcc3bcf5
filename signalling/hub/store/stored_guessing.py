"""Lockouts after wrong PINs, and familiar addresses. `guessing_interface.GuessingStore`."""

from __future__ import annotations

from collections.abc import Callable

from signalling.hub.store.guessing_interface import Lockout
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer


class StoredGuessing:
    """Everything runs in the writer's transactions."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._clock = clock

    async def lockouts(self) -> list[Lockout]:
        """What is locked now, by kind and id."""
        sql = (
            "select kind, id, failures, locked_until from pin_failures where locked_until > ?"
            " order by kind, id"
        )
        found = await self._writer.run(lambda db: list(db.query(sql, (self._clock(),))))
        return [Lockout(**row) for row in found]

    async def release(self, kind: str, id: str) -> bool:
        """End a lockout; whether there were failures to forget."""
        sql = "delete from pin_failures where kind = ? and id = ?"
        return bool(await self._writer.run(lambda db: db.execute(sql, (kind, id)).rowcount))

    async def keep_familiar(self, visitor: str, address_mac: bytes, most: int) -> None:
        """Keep that a visitor logged in from an address; of many the newest `most` stay."""

        def work(db: Tables) -> None:
            db.execute(
                "insert into familiar (visitor, address_mac, seen_at) values (?, ?, ?)"
                " on conflict (visitor, address_mac) do update set seen_at = excluded.seen_at",
                (visitor, address_mac, self._clock()),
            )
            rows = db.query(
                "select address_mac from familiar where visitor = ? order by seen_at desc",
                (visitor,),
            )
            for row in list(rows)[most:]:
                db.execute(
                    "delete from familiar where visitor = ? and address_mac = ?",
                    (visitor, row["address_mac"]),
                )

        await self._writer.run(work)

    async def is_familiar(self, visitor: str, address_mac: bytes, since: float) -> bool:
        """Whether a visitor logged in from an address at `since` or later."""
        sql = "select 1 from familiar where visitor = ? and address_mac = ? and seen_at >= ?"
        values = (visitor, address_mac, since)
        return await self._writer.run(lambda db: db.execute(sql, values).fetchone() is not None)

    async def trim_sessions(self, visitor: str, most: int) -> list[str]:
        """End all but a visitor's `most` sessions that were used last; return what ended."""

        def work(db: Tables) -> list[str]:
            rows = db.query(
                "select token_hash from sessions where visitor = ?"
                " order by seen_at desc, created_at desc, token_hash",
                (visitor,),
            )
            ended = [row["token_hash"] for row in list(rows)[most:]]
            for each in ended:
                db.execute("delete from sessions where token_hash = ?", (each,))
            return ended

        return await self._writer.run(work)
