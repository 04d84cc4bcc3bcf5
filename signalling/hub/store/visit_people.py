"""Who visits are of, by name: read for many visits at once, since a hub starts over thousands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from signalling.hub.store.records import VisitPeople
from signalling.hub.store.tables import Tables
from signalling.visit import Visit

AT_ONCE: Final = 500
"""Values of one statement: SQLite 3.40 takes 32,766, and plans each length of list anew."""


def people_of(db: Tables, visits: Sequence[Visit]) -> dict[str, VisitPeople]:
    """Return the people of each visit, by its id."""
    inmates = {
        inmate: (name, unit)
        for inmate, name, unit in _rows(
            db, "select id, name, unit from inmates where id in", (v.booked.inmate for v in visits)
        )
    }
    visitors = [who for visit in visits for who in visit.visitors]
    names = dict(
        _rows(db, "select id, name from visitors where deleted_at is null and id in", visitors)
    )
    relations = {
        (visitor, inmate): relation
        for visitor, inmate, relation in _rows(
            db, "select visitor, inmate, relation from approvals where visitor in", visitors
        )
    }
    stars: dict[str, dict[str, int]] = {}
    ended = (visit.id for visit in visits if visit.ended is not None)
    for visit, visitor, given in _rows(
        db, "select visit, visitor, stars from ratings where visit in", ended
    ):
        stars.setdefault(visit, {})[visitor] = given
    return {
        visit.id: VisitPeople(
            *inmates.get(visit.booked.inmate, (visit.booked.inmate, "")),
            tuple(
                (names.get(who, who), relations.get((who, visit.booked.inmate), ""))
                for who in visit.visitors
            ),
            stars.get(visit.id, {}),
        )
        for visit in visits
    }


def _rows(db: Tables, sql: str, values: Iterable[str]) -> Iterator[Any]:
    """Yield the rows of a statement that ends in `in`, asked for some values at a time."""
    distinct = sorted(set(values))
    for start in range(0, len(distinct), AT_ONCE):
        some = distinct[start : start + AT_ONCE]
        yield from db.execute(f"{sql} ({', '.join('?' * len(some))})", some)
