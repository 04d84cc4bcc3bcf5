"""The jail's list of inmates: taken over as a whole, and who has a PIN."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Final

from signalling.hub.store import chain
from signalling.hub.store.interface import Conflict, Duplicate
from signalling.hub.store.records import Approval, Inmate, RosterPlan
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer

INMATE: Final = "id, facility, number, name, unit"
APPROVAL: Final = "visitor, inmate, relation, private, asked_at, decided_at, expires_at, reason"
NO_PIN: Final = bytes(32)
"""In the place of a PIN's HMAC: no PIN has it."""


class StoredRoster:
    """`staff_interface.RosterStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._clock = clock

    async def apply_roster(self, plan: RosterPlan) -> list[str]:
        """Do all of a plan, or raise Duplicate; return visitors whose approvals ended.

        The audit is told of each inmate, and that `who` did it with which file.
        """

        def work(db: Tables) -> list[str]:
            rows = [(*dataclasses.astuple(each), mac) for each, mac in plan.added]
            try:
                sql = f"insert into inmates ({INMATE}, pin_mac) values (?, ?, ?, ?, ?, ?)"
                db.executemany(sql, rows)
            except Conflict as error:
                raise Duplicate("one of the numbers exists already") from error
            db.executemany(
                "update inmates set name = ?, unit = ? where id = ?",
                [(each.name, each.unit, each.id) for each in plan.changed],
            )
            for inmate, mac in plan.back:
                _set_pin(db, inmate, mac)
            ended = [who for each in plan.released for who in _release(db, each, self._clock())]
            for kind, inmates in (
                ("inmate-added", (each for each, _ in plan.added)),
                ("inmate-changed", plan.changed),
                ("inmate-back", (each for each, _ in plan.back)),
                ("inmate-gone", plan.released),
            ):
                _note(plan, self._clock(), kind, inmates)
            return sorted(set(ended))

        return await self._writer.run(work)

    async def set_pin(self, inmate: Inmate, mac: bytes) -> None:
        """Keep a PIN instead of the one before; wrong ones that were counted are forgotten."""
        await self._writer.run(lambda db: _set_pin(db, inmate, mac))

    async def without_pin(self) -> frozenset[str]:
        """Ids of inmates whose PIN ended when they left."""

        def work(db: Tables) -> frozenset[str]:
            sql = "select id from inmates where pin_mac = ? and erased_at is null"
            return frozenset(row[0] for row in db.execute(sql, (NO_PIN,)))

        return await self._writer.read(work)

    async def approved(self, inmate: str) -> list[Approval]:
        """Who may visit an inmate, or might: those that lapsed are among them."""

        def work(db: Tables) -> list[Approval]:
            sql = f"select {APPROVAL} from approvals where inmate = ? order by decided_at, visitor"
            rows = db.query(sql, (inmate,))
            return [Approval(**{**row, "private": bool(row["private"])}) for row in rows]

        return await self._writer.read(work)


def _set_pin(db: Tables, inmate: Inmate, mac: bytes) -> None:
    db.execute("update inmates set pin_mac = ? where id = ?", (mac, inmate.id))
    db.execute(
        "delete from pin_failures where kind = 'inmate' and id = ?",
        (f"{inmate.facility}/{inmate.number}",),
    )


def _release(db: Tables, inmate: Inmate, now: float) -> list[str]:
    """End a PIN, and approvals that hold; return whose those were."""
    db.execute("update inmates set pin_mac = ? where id = ?", (NO_PIN, inmate.id))
    holds = "inmate = ? and (expires_at is null or expires_at > ?)"
    rows = db.execute(f"select visitor from approvals where {holds}", (inmate.id, now)).fetchall()
    db.execute(
        f"update approvals set expires_at = ?, decided_at = ? where {holds}",
        (now, now, inmate.id, now),
    )
    return [row[0] for row in rows]


def _note(plan: RosterPlan, now: float, kind: str, inmates: Iterable[Inmate]) -> None:
    for each in inmates:
        facts = {"unit": each.unit, "roster": plan.file}
        chain.note(chain.new_note(now, kind, plan.who, f"inmate:{each.id}", **facts))
