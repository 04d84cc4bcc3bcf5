"""Lockouts after wrong PINs, tries, familiar addresses. `guessing_interface.GuessingStore`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from signalling.hub.store.guessing_interface import Counted, Lockout, ShutTry
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer

SWEPT_AT_ONCE: Final = 100
"""More than a call adds, and few: whoever tries pays for what others left."""
CLOCKS_DIFFER: Final = 2
"""A window that ends more than so many windows from now was begun by a clock that was wrong: it
shuts nobody out until then. What hubs' clocks differ by, or are put right by, must not end one."""
_GOES_ON: Final = (
    f"tries.until_at > ? and tries.until_at <= ? + {CLOCKS_DIFFER} * (excluded.until_at - ?)"
)


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

    async def count_tries(self, tries: Sequence[Counted]) -> ShutTry | None:
        """Count each once, or none where one is shut: then the first that is."""

        def work(db: Tables) -> ShutTry | None:
            now = self._clock()
            marks = ", ".join("?" * len(tries))
            sql = f"select mac, count, until_at from tries where until_at > ? and mac in ({marks})"
            rows = db.execute(sql, (now, *(each.mac for each in tries)))
            known = {bytes(mac): (count, until) for mac, count, until in rows}
            for number, each in enumerate(tries):
                count, until = known.get(each.mac, (0, now))
                if count >= each.most and until <= now + CLOCKS_DIFFER * each.window_s:
                    return ShutTry(number, until)
            values = ", ".join(["(?, 1, ?)"] * len(tries))
            db.execute(
                f"insert into tries (mac, count, until_at) values {values}"
                " on conflict (mac) do update set"
                f" count = case when {_GOES_ON} then tries.count + 1 else 1 end,"
                f" until_at = case when {_GOES_ON} then tries.until_at else excluded.until_at end",
                [*(v for t in tries for v in (t.mac, now + t.window_s)), *(now,) * 6],
            )
            db.execute(
                "delete from tries where mac in"
                " (select mac from tries where until_at <= ? order by until_at limit ?)",
                (now, SWEPT_AT_ONCE),
            )
            return None

        return await self._writer.run(work)

    async def take_back_tries(self, macs: Sequence[bytes], forget: Sequence[bytes]) -> None:
        """One try of each was none; of those to `forget` nothing stays counted."""
        marks, gone = (", ".join("?" * len(each)) or "null" for each in (macs, forget))

        def work(db: Tables) -> None:
            sql = f"delete from tries where mac in ({gone}) or (mac in ({marks}) and count <= 1)"
            db.execute(sql, (*forget, *macs))
            db.execute(f"update tries set count = count - 1 where mac in ({marks})", macs)

        await self._writer.run(work)

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
        return await self._writer.read(lambda db: db.execute(sql, values).fetchone() is not None)

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
