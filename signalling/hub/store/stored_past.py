"""Past visits and how they were. Only the visits of one page of a list are folded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from signalling.hub.store.records import PastVisit, Rating
from signalling.hub.store.tables import Tables
from signalling.hub.store.visit_people import people_of
from signalling.hub.store.visit_rows import read_log
from signalling.hub.store.writer import Writer
from signalling.visit import fold

# No index serves what is computed: from one visitor's visits, never through a facility's.
PAST: Final = """
select v.id, r.stars from visit_visitors w
join visits v on v.id = w.visit
left join ratings r on r.visit = v.id and r.visitor = w.visitor
where w.visitor = ? and v.facility || '' = ? and v.closed_at + 0 < ?
order by v.closed_at desc, v.id limit ?
"""


class StoredPast:
    """`interface.PastStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._clock = clock

    async def visits(
        self, visitor: str, facility: str, before: float, limit: int
    ) -> list[PastVisit]:
        """A visitor's at one facility that ended before a time, the newest first."""

        def work(db: Tables) -> list[PastVisit]:
            rows = db.execute(PAST, (visitor, facility, before, limit)).fetchall()
            visits = [fold(read_log(db, visit)) for visit, _ in rows]
            people = people_of(db, visits)
            return [
                PastVisit(each, people[each.id].inmate, people[each.id].visitors, stars)
                for each, (_, stars) in zip(visits, rows, strict=True)
            ]

        return await self._writer.read(work)

    async def rate(self, rating: Rating) -> None:
        """Keep a rating, in the place of an earlier one."""

        def work(db: Tables) -> None:
            db.execute(
                "insert into ratings (visit, visitor, stars, troubles, rated_at)"
                " values (?, ?, ?, ?, ?) on conflict (visit, visitor) do update set"
                " stars = excluded.stars, troubles = excluded.troubles,"
                " rated_at = excluded.rated_at",
                (
                    rating.visit,
                    rating.visitor,
                    rating.stars,
                    msgspec.json.encode(rating.troubles).decode(),
                    self._clock(),
                ),
            )

        await self._writer.run(work)

    async def ratings(self, visit: str) -> list[Rating]:
        """All of one visit."""

        def work(db: Tables) -> list[Rating]:
            rows = db.query(
                "select visit, visitor, stars, troubles, rated_at from ratings"
                " where visit = ? order by rated_at",
                (visit,),
            )
            return [
                Rating(**{**row, "troubles": tuple(msgspec.json.decode(row["troubles"]))})
                for row in rows
            ]

        return await self._writer.read(work)
