"""Keeps letters about visits in the transaction that makes true what they tell."""

from __future__ import annotations

from typing import Any

from signalling.hub.store.letters import News, Write
from signalling.hub.store.stored_outbox import insert_mail
from signalling.hub.store.stored_people import visitor_row
from signalling.hub.store.tables import Tables
from signalling.visit import Visit


class VisitNews:
    """Has letters written, in the writer's thread; until `write` is set nobody is told."""

    def __init__(self) -> None:
        self.write: Write | None = None

    def booked(self, db: Tables, visit: Visit, now: float, instead_of: Visit | None = None) -> None:
        """Tell of a visit that was booked just now, within its transaction."""
        self._tell(db, visit, None, now, instead_of=instead_of)

    def changed(
        self,
        db: Tables,
        before: Visit,
        visit: Visit,
        now: float,
        moved_with: frozenset[str] = frozenset(),
    ) -> None:
        """Tell of what was appended to a visit's log just now, within its transaction."""
        ended = visit.ended is not None and before.ended is None
        if visit.visitors != before.visitors or (ended and visit.begun_at is None):
            self._tell(db, visit, before, now, moved_with=moved_with)

    def _tell(
        self, db: Tables, visit: Visit, before: Visit | None, now: float, **moved: Any
    ) -> None:
        if self.write is None:
            return
        who = {*visit.visitors, *(before.visitors if before is not None else ())}
        rows = ((each, visitor_row(db, each)) for each in sorted(who))
        people = {each: row for each, row in rows if row is not None}
        inmate = visit.booked.inmate
        found = db.execute("select name from inmates where id = ?", (inmate,)).fetchone()
        name = found[0] if found is not None else inmate
        letters = self.write(News(visit, before, name, people, now, **moved))
        for key in letters.dropped:
            db.execute("delete from outbox where key = ? and sent_at is null", (key,))
        for mail in letters.mails:
            insert_mail(db, mail)
