"""What is too old to be kept, and persons who are to be forgotten.

Everything goes in small batches, each a transaction of its own, so that nobody's write waits long
for it. Nothing goes that an open visit needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from signalling.hub.store import chain
from signalling.hub.store.audit_interface import ERASED_NAME, Old, StillNeeded
from signalling.hub.store.guessing_interface import FAMILIAR_S
from signalling.hub.store.records import Inmate
from signalling.hub.store.stored_accounts import erase_visitor
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer

PIN_COUNTS_S: Final = 7 * 86_400.0
"""Wrong PINs of numbers, known or not, are forgotten after this; a lockout is far shorter."""

_OPEN_OF: Final = (
    "exists (select 1 from visit_visitors w join visits v on v.id = w.visit"
    " where w.visitor = {visitor} and (v.closed_at is null or v.closed_at >= ?))"
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """`where` has as many `?` for the time as `times`; `at` is how old a row is."""

    table: str
    key: str
    at: str
    where: str
    times: int = 1


_KINDS: Final = {
    "visits": _Kind(
        "visits",
        "id",
        "closed_at",
        "closed_at is not null and closed_at < ?"
        " and not exists (select 1 from seats s where s.visit = visits.id)",
    ),
    "photos": _Kind(
        "photos",
        "id",
        "kept_at",
        "id in (select photo from requests where decided_at < ?)",
    ),
    "requests": _Kind("requests", "id", "decided_at", "status <> 'pending' and decided_at < ?"),
    "mails": _Kind(
        "outbox", "key", "coalesce(sent_at, failed_at)", "coalesce(sent_at, failed_at) < ?"
    ),
    "sessions": _Kind("sessions", "token_hash", "seen_at", "seen_at < ?"),
    "accounts": _Kind(
        "visitors",
        "id",
        "seen_at",
        "deleted_at is null and seen_at < ? and created_at < ?"
        f" and not {_OPEN_OF.format(visitor='visitors.id')}",
        3,
    ),
}


class StoredRetention:
    """`audit_interface.RetentionStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._clock = clock

    async def old(self, what: str, before: float) -> Old:
        """How many of a kind are older than a time, and how old the oldest of them is."""
        kind = _KINDS[what]
        sql = f"select count(*), min({kind.at}) from {kind.table} where {kind.where}"
        times = (before,) * kind.times
        return await self._writer.read(lambda db: Old(*db.execute(sql, times).fetchone()))

    async def forget(self, what: str, before: float, limit: int) -> list[str]:
        """Delete at most so many of a kind that are older; return their ids.

        Of an account all is forgotten but its id.
        """
        kind = _KINDS[what]
        sql = (
            f"select {kind.key} from {kind.table} where {kind.where}"
            f" order by {kind.at}, {kind.key} limit ?"
        )

        def work(db: Tables) -> list[str]:
            rows = db.execute(sql, (*(before,) * kind.times, limit)).fetchall()
            gone = [row[0] for row in rows]
            if what == "accounts":
                for who in gone:
                    erase_visitor(db, who, self._clock())
            elif gone:
                _delete(db, kind, gone)
            return gone

        return await self._writer.run(work)

    async def tidy(self) -> int:
        """Delete what nothing refers to any more; how many rows those were."""

        def work(db: Tables) -> int:
            now = self._clock()
            gone = db.execute(
                "delete from visitors where deleted_at is not null and not exists"
                " (select 1 from visit_visitors w where w.visitor = visitors.id)"
            ).rowcount
            gone += db.execute(
                "delete from inmates where erased_at is not null and not exists"
                " (select 1 from visits v where v.inmate = inmates.id)"
            ).rowcount
            gone += db.execute("delete from sessions where expires_at <= ?", (now,)).rowcount
            gone += db.execute(
                "delete from pin_failures where last_at < ? and coalesce(locked_until, 0) < ?",
                (now - PIN_COUNTS_S, now),
            ).rowcount
            sql = "delete from familiar where seen_at < ?"
            gone += db.execute(sql, (now - FAMILIAR_S,)).rowcount
            gone += db.execute("delete from tries where until_at <= ?", (now,)).rowcount
            return gone

        return await self._writer.run(work)

    async def erase_visitor(self, visitor: str) -> list[str]:
        """Forget all of a person but their id; return the token hashes of sessions that ended.

        Raises:
            StillNeeded: they have open visits; nothing was changed.
        """

        def work(db: Tables) -> list[str]:
            rows = db.execute(
                "select v.id from visit_visitors w join visits v on v.id = w.visit"
                " where w.visitor = ? and v.closed_at is null order by v.starts_at",
                (visitor,),
            ).fetchall()
            if rows:
                raise StillNeeded([row[0] for row in rows])
            return erase_visitor(db, visitor, self._clock())

        return await self._writer.run(work)

    async def erase_inmate(self, inmate: Inmate) -> list[str]:
        """Forget all of a person but their id; return the visitors who could visit them.

        Raises:
            StillNeeded: they have open visits, or are signed in; nothing was changed.
        """
        return await self._writer.run(lambda db: _erase_inmate(db, inmate, self._clock()))


def _delete(db: Tables, kind: _Kind, ids: list[str]) -> None:
    marks = ", ".join("?" * len(ids))
    if kind.table == "visits":
        for table in ("events", "visit_visitors", "occupancy", "ratings"):
            db.execute(f"delete from {table} where visit in ({marks})", ids)
    db.execute(f"delete from {kind.table} where {kind.key} in ({marks})", ids)


def _erase_inmate(db: Tables, inmate: Inmate, now: float) -> list[str]:
    rows = db.execute(
        "select id from visits where inmate = ? and closed_at is null order by starts_at",
        (inmate.id,),
    ).fetchall()
    seat = db.execute("select terminal from seats where inmate = ?", (inmate.id,)).fetchone()
    if rows or seat is not None:
        raise StillNeeded([row[0] for row in rows], seat[0] if seat is not None else None)
    visitors = db.execute("select visitor from approvals where inmate = ?", (inmate.id,)).fetchall()
    for kind in ("visit", "remind"):  # what the keys of mails about their visits begin with
        key = f"'{kind}.' || v.id || '.'"
        db.execute(
            "delete from outbox where exists (select 1 from visits v"
            f" where v.inmate = ? and substr(outbox.key, 1, length({key})) = {key})",
            (inmate.id,),
        )
    db.execute("delete from approvals where inmate = ?", (inmate.id,))
    place = (inmate.facility, inmate.number)
    db.execute("delete from requests where facility = ? and number = ?", place)
    db.execute(
        "delete from pin_failures where kind = 'inmate' and id = ?",
        (f"{inmate.facility}/{inmate.number}",),
    )
    db.execute(
        "update inmates set name = ?, number = 'erased ' || id, unit = '', pin_mac = ?,"
        " erased_at = ? where id = ?",
        (ERASED_NAME, bytes(32), now, inmate.id),
    )
    chain.note(chain.new_note(now, "inmate-erased", "hub", f"inmate:{inmate.id}"))
    return [row[0] for row in visitors]
