"""What a check of the whole state reads: pages of visits with all that must agree with their logs.

Read in the writer's thread, a page at a time; what it means is worked out elsewhere
(`state_check.py`), so that nobody's write waits for it.
"""

from __future__ import annotations

from typing import Any, Final

from signalling.hub.audit_chain import Entry
from signalling.hub.store.audit_interface import KeptVisit
from signalling.hub.store.tables import Tables
from signalling.hub.store.visit_rows import event_of
from signalling.hub.store.writer import Writer
from signalling.visit_events import Event

_COLUMNS: Final = ("facility", "inmate", "starts_at", "booked_end", "end_reason")
_ENTRY: Final = "seq, at_ms, kind, who, origin, about, facts, previous, hash"


class StoredChecks:
    """`audit_interface.CheckStore`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def visits(self, after: str, limit: int, *, only_open: bool) -> list[KeptVisit]:
        """Return the visits after an id, in the order of their ids."""
        where = "closed_at is null and " if only_open else ""
        sql = (
            f"select id, ends_at, closed_at, seat, {', '.join(_COLUMNS)} from visits"
            f" where {where}id > ? order by id limit ?"
        )

        def work(db: Tables) -> list[KeptVisit]:
            rows = db.execute(sql, (after, limit)).fetchall()
            return [_kept(db, row[:4], dict(zip(_COLUMNS, row[4:], strict=True))) for row in rows]

        return await self._writer.read(work)

    async def count(self, *, only_open: bool) -> int:
        """How many visits those are."""
        where = " where closed_at is null" if only_open else ""
        sql = f"select count(*) from visits{where}"
        return await self._writer.read(lambda db: int(db.execute(sql).fetchone()[0]))

    async def strays(self, limit: int) -> list[tuple[str, str, str]]:
        """Return who or what is occupied by a visit that is over: kind, id, visit."""

        def work(db: Tables) -> list[tuple[str, str, str]]:
            rows = db.execute(
                "select distinct o.kind, o.id, o.visit from occupancy o"
                " join visits v on v.id = o.visit where v.closed_at is not null limit ?",
                (limit,),
            )
            return [(row[0], row[1], row[2]) for row in rows]

        return await self._writer.read(work)

    async def audited_since(self) -> float:
        """Since when every visit event is in the audit, as far as it is kept."""

        def work(db: Tables) -> float:
            began = db.execute("select at_ms from audit_began where id = 1").fetchone()
            kept = db.execute("select at_ms from audit_entries order by seq limit 1").fetchone()
            cut = db.execute("select 1 from audit_anchor where id = 1").fetchone() is not None
            since_ms = [began[0] if began is not None else 0, kept[0] if cut and kept else 0]
            return float(max(since_ms)) / 1000

        return await self._writer.read(work)


def _kept(db: Tables, row: tuple[Any, ...], columns: dict[str, str | float | None]) -> KeptVisit:
    visit, ends_at, closed_at, seat = row
    rows = db.query(
        "select visit, seq, id, author, happened_at, recorded_at, what"
        " from events where visit = ? order by seq",
        (visit,),
    )
    events: list[Event] = []
    unreadable = ""
    try:
        events = [event_of(row) for row in rows]
    except ValueError as error:  # msgspec's errors are such
        unreadable = str(error)
    people = db.execute("select visitor from visit_visitors where visit = ?", (visit,))
    cells = db.execute("select kind, id, cell from occupancy where visit = ?", (visit,))
    entries = db.execute(
        f"select {_ENTRY} from audit_entries where about = ? order by seq", (f"visit:{visit}",)
    )
    return KeptVisit(
        visit,
        ends_at,
        closed_at,
        seat,
        columns,
        tuple(events),
        unreadable,
        frozenset(row[0] for row in people),
        frozenset((row[0], row[1], row[2]) for row in cells),
        tuple(Entry(*row) for row in entries if row[2].startswith("visit-")),
    )
