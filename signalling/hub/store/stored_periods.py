"""Visits by when they were booked for, some hundred at a time: nobody waits for a long report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from signalling.hub.staff_records import VisitLog
from signalling.hub.store.tables import Tables
from signalling.hub.store.visit_rows import event_of
from signalling.hub.store.writer import Writer
from signalling.visit_events import Event

_WHICH: Final = """
select v.id, v.inmate, i.number, i.unit, i.name from visits v join inmates i on i.id = v.inmate
where v.facility = ? and v.starts_at >= ? and v.starts_at < ?
and (v.starts_at > ? or (v.starts_at = ? and v.id > ?))
order by v.starts_at, v.id limit ?
"""


class StoredPeriods:
    """`staff_interface.PeriodStore`."""

    def __init__(self, writer: Writer, _clock: Callable[[], float]) -> None:
        self._writer = writer

    async def count(self, facility: str, from_at: float, until_at: float) -> int:
        """How many visits of a facility start in a time."""
        sql = "select count(*) from visits where facility = ? and starts_at >= ? and starts_at < ?"
        return await self._writer.run(
            lambda db: int(db.execute(sql, (facility, from_at, until_at)).fetchone()[0])
        )

    async def logs(
        self, facility: str, from_at: float, until_at: float, after: tuple[float, str], limit: int
    ) -> list[VisitLog]:
        """The next of them by start and id, after one that was read; at most `limit`."""
        at, visit = after

        def work(db: Tables) -> list[VisitLog]:
            values = (facility, from_at, until_at, at, at, visit, limit)
            return _logs(db, db.execute(_WHICH, values).fetchall())

        return await self._writer.run(work)


def _logs(db: Tables, rows: Sequence[Any]) -> list[VisitLog]:
    if not rows:
        return []
    ids = tuple(row[0] for row in rows)
    marks = ", ".join("?" * len(ids))
    events: dict[str, list[Event]] = {each: [] for each in ids}
    found = db.query(
        "select visit, seq, id, author, happened_at, recorded_at, what from events"
        f" where visit in ({marks}) order by visit, seq",
        ids,
    )
    for row in found:
        events[row["visit"]].append(event_of(row))
    people: dict[str, dict[str, tuple[str, str]]] = {each: {} for each in ids}
    for visit, who, name, email in db.execute(
        "select w.visit, w.visitor, u.name, u.email from visit_visitors w"
        f" join visitors u on u.id = w.visitor where w.visit in ({marks})",
        ids,
    ):
        people[visit][who] = (name, email)
    return [
        VisitLog(
            tuple(events[visit]),
            number,
            unit,
            {inmate: name, **{who: each[0] for who, each in people[visit].items()}},
            frozenset(email for _, email in people[visit].values()),
        )
        for visit, inmate, number, unit, name in rows
    ]
