"""The audit's chain in the database, as far as it is read and cut; `chain.py` appends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from signalling.hub.audit_chain import AuditFilter, Entry, Head, Note
from signalling.hub.store import chain
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer

_ENTRY: Final = "seq, at_ms, kind, who, origin, about, facts, previous, hash"


class StoredAudit:
    """`audit_interface.AuditStore`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def add(self, notes: Sequence[Note]) -> None:
        """Keep what no other transaction keeps."""

        def work(_db: Tables) -> None:
            for each in notes:
                chain.note(each)

        await self._writer.run(work)

    async def page(self, after: int, limit: int) -> list[Entry]:
        """Return the entries after a place, oldest first."""
        sql = f"select {_ENTRY} from audit_entries where seq > ? order by seq limit ?"
        return await self._read(sql, (after, limit))

    async def newest(self, asked: AuditFilter) -> list[Entry]:
        """Return the newest entries that fit, the newest first."""
        prefix = asked.kind.removesuffix("*") if asked.kind.endswith("*") else ""
        wanted: dict[str, Any] = {"who = ?": asked.who, "about = ?": asked.about}
        if prefix:
            wanted[f"substr(kind, 1, {len(prefix)}) = ?"] = prefix
        elif asked.kind != "*":
            wanted["kind = ?"] = asked.kind
        given = {part: value for part, value in wanted.items() if value}

        def work(db: Tables) -> list[Entry]:
            first = _first_since(db, asked.since_ms)
            where = " and ".join(["seq >= ?", *given])
            sql = f"select {_ENTRY} from audit_entries where {where} order by seq desc limit ?"
            return [Entry(*row) for row in db.execute(sql, (first, *given.values(), asked.limit))]

        return await self._writer.run(work)

    async def head(self) -> Head:
        """Return the newest entry's place and hash."""
        return await self._writer.read(chain.last)

    async def anchor(self) -> str | None:
        """Return the signed document that names what the oldest kept entry follows."""

        def work(db: Tables) -> str | None:
            row = db.execute("select document from audit_anchor where id = 1").fetchone()
            return row[0] if row is not None else None

        return await self._writer.run(work)

    async def old(self, before_ms: int, limit: int) -> tuple[int, Head | None]:
        """How many entries are older, from the oldest on; and the last of the first `limit`."""

        def work(db: Tables) -> tuple[int, Head | None]:
            oldest = db.execute("select min(seq) from audit_entries").fetchone()[0]
            if oldest is None:
                return 0, None
            # The newest entry stays: it is what the next one follows, and shows where the head is.
            count = min(_first_since(db, before_ms), chain.last(db).seq) - oldest
            if count <= 0:
                return 0, None
            last = oldest + min(count, limit) - 1
            sql = "select seq, hash, at_ms from audit_entries where seq = ?"
            return count, Head(*db.execute(sql, (last,)).fetchone())

        return await self._writer.run(work)

    async def cut(self, anchor: Head, document: str) -> int:
        """Delete the entries up to an anchor, and keep its signed document; how many went."""

        def work(db: Tables) -> int:
            here = db.execute("select 1 from audit_entries where seq = ?", (anchor.seq,)).fetchone()
            if here is None:
                return 0  # another hub cut more meanwhile
            db.execute(
                "insert into audit_anchor (id, document) values (1, ?)"
                " on conflict (id) do update set document = excluded.document",
                (document,),
            )
            sql = "delete from audit_entries where seq <= ?"
            return db.execute(sql, (anchor.seq,)).rowcount

        return await self._writer.run(work)

    async def _read(self, sql: str, values: tuple[Any, ...]) -> list[Entry]:
        return await self._writer.run(lambda db: [Entry(*row) for row in db.execute(sql, values)])


def _first_since(db: Tables, at_ms: int) -> int:
    """Return the place of the first entry that is not older, by halving: times never go back."""
    low, high = 1, chain.last(db).seq + 1
    while low < high:
        middle = (low + high) // 2
        # The first one from the middle on: retention may have cut what was in the middle.
        sql = "select at_ms from audit_entries where seq >= ? order by seq limit 1"
        row = db.execute(sql, (middle,)).fetchone()
        if row is not None and row[0] < at_ms:
            low = middle + 1
        else:
            high = middle
    return low
