"""Visitors, sessions, inmates and approvals."""

from __future__ import annotations

import dataclasses
import hmac
from typing import Any, Final

from signalling.hub.store import chain
from signalling.hub.store.interface import Conflict, Duplicate, Stale
from signalling.hub.store.pin_failures import Failures, after_failure, still_locked
from signalling.hub.store.records import Approval, Inmate, PinAttempt, PinRules, Session, Visitor
from signalling.hub.store.stored_roster import APPROVAL, INMATE, StoredRoster
from signalling.hub.store.tables import Tables

_VISITOR: Final = "id, email, name, password_hash, created_at, verified_at, language, new_email"
_SESSION: Final = (
    "token_hash, visitor, expires_at, facility, facility_until, id, created_at, seen_at, browser"
)


class StoredPeople(StoredRoster):
    """`interface.PeopleStore`."""

    # -- visitors ---------------------------------------------------------------------------

    async def add_visitor(self, visitor: Visitor) -> None:
        """Raises Duplicate when the e-mail is known."""
        await self._writer.run(lambda db: insert_visitor(db, visitor))

    async def visitor(self, visitor: str) -> Visitor | None:
        """By id."""
        return await self._writer.read(lambda db: visitor_row(db, visitor))

    async def visitor_by_email(self, email: str) -> Visitor | None:
        """By e-mail, as it is kept (lower case)."""
        sql = f"select {_VISITOR} from visitors where email = ? and deleted_at is null"
        found = await self._query(sql, (email,))
        return Visitor(**found[0]) if found else None

    async def visitors(self) -> list[Visitor]:
        """All, by e-mail."""
        sql = f"select {_VISITOR} from visitors where deleted_at is null order by email"
        rows = await self._query(sql)
        return [Visitor(**row) for row in rows]

    async def approve(self, approval: Approval) -> None:
        """Add or replace an approval."""
        await self._writer.run(lambda db: keep_approval(db, approval))

    async def approvals(self, visitor: str) -> list[tuple[Approval, Inmate]]:
        """Whom this visitor may visit, or might: those that lapsed are among them."""

        def work(db: Tables) -> list[tuple[Approval, Inmate]]:
            sql = f"select {APPROVAL} from approvals where visitor = ? order by decided_at"
            found = [
                Approval(**{**row, "private": bool(row["private"])})
                for row in db.query(sql, (visitor,))
            ]
            inmate = f"select {INMATE} from inmates where id = ?"
            return [
                (each, Inmate(**row)) for each in found for row in db.query(inmate, (each.inmate,))
            ]

        return await self._writer.read(work)

    # -- sessions ---------------------------------------------------------------------------

    async def add_session(
        self, session: Session, instead_of: str | None, password_hash: str | None = None
    ) -> None:
        """Add a session; drop the one it replaces, and all expired ones.

        Raises:
            Stale: the visitor's password is not the one with this hash any more.
        """

        def work(db: Tables) -> None:
            if password_hash is not None:
                visitor = visitor_row(db, session.visitor)
                if visitor is None or visitor.password_hash != password_hash:
                    raise Stale(f"visitor {session.visitor} has another password")
            db.execute(
                "delete from sessions where token_hash = ? or expires_at <= ?",
                (instead_of, self._clock()),
            )
            row = dataclasses.astuple(session)
            marks = ", ".join("?" * len(row))
            db.execute(f"insert into sessions ({_SESSION}) values ({marks})", row)
            sql = "update visitors set seen_at = ? where id = ?"
            db.execute(sql, (session.created_at, session.visitor))

        await self._writer.run(work)

    async def session(self, token_hash: str) -> Session | None:
        """A session that has not expired."""
        where = "token_hash = ? and expires_at > ?"
        values = (token_hash, self._clock())
        found = await self._writer.read(lambda db: session_rows(db, where, values))
        return found[0] if found else None

    async def open_facility(
        self, token_hash: str, facility: str, until: float, expires_at: float
    ) -> None:
        """Keep that the facility log-in succeeded; the session now holds until `expires_at`."""
        await self._execute(
            "update sessions set facility = ?, facility_until = ?, expires_at = ?"
            " where token_hash = ?",
            (facility, until, expires_at, token_hash),
        )

    async def drop_session(self, token_hash: str) -> None:
        """End a session."""
        await self._execute("delete from sessions where token_hash = ?", (token_hash,))

    # -- inmates ----------------------------------------------------------------------------

    async def add_inmate(self, inmate: Inmate, pin_mac: bytes) -> None:
        """Raises Duplicate when the facility has that number."""
        row = (inmate.id, inmate.facility, inmate.number, inmate.name, inmate.unit, pin_mac)
        sql = f"insert into inmates ({INMATE}, pin_mac) values (?, ?, ?, ?, ?, ?)"
        await self._insert(sql, row, inmate.number)

    async def inmate(self, inmate: str) -> Inmate | None:
        """By id."""
        found = await self._query(f"select {INMATE} from inmates where id = ?", (inmate,))
        return Inmate(**found[0]) if found else None

    async def inmates(self, number: str | None = None) -> list[Inmate]:
        """All, or those with a number (one per facility), by facility and number."""
        rows = await self._query(
            f"select {INMATE} from inmates where (cast(? as text) is null or number = ?)"
            " and erased_at is null order by facility, number",
            (number, number),
        )
        return [Inmate(**row) for row in rows]

    async def move_inmate(self, inmate: str, unit: str) -> None:
        """Keep that an inmate lives in another housing unit."""
        await self._execute("update inmates set unit = ? where id = ?", (unit, inmate))

    async def try_pin(
        self, facility: str, number: str, pin_mac: bytes, terminal: str, rules: PinRules
    ) -> PinAttempt:
        """Check a PIN and count the failure, in one transaction.

        An unknown number counts, locks and answers like a known one.
        """
        who = f"{facility}/{number}"
        keys = (("inmate", who), ("terminal", terminal), ("facility", facility))

        def work(db: Tables) -> PinAttempt:
            now = self._clock()
            counts = [_failures(db, *key) for key in keys]
            locked = max(still_locked(each, now) or 0.0 for each in counts)
            if locked:
                return PinAttempt(locked_until=locked)
            sql = f"select {INMATE}, pin_mac from inmates where facility = ? and number = ?"
            row = next(db.query(sql, (facility, number)), None)
            expected = row.pop("pin_mac") if row is not None else bytes(len(pin_mac))
            if hmac.compare_digest(expected, pin_mac) and row is not None:
                db.execute("delete from pin_failures where kind = 'inmate' and id = ?", (who,))
                return PinAttempt(inmate=Inmate(**row))
            after = after_failure((counts[0], counts[1], counts[2]), now, rules)
            kind = ""
            for key, each in zip(keys, after, strict=True):
                _keep_failures(db, *key, each)
                kind = key[0] if each.locked_until else kind  # the widest of those that lock
            until = max(each.locked_until or 0.0 for each in after) if kind else 0.0
            chain.note(chain.pin_note(now, terminal, row["id"] if row else "", until, kind))
            if kind:
                return PinAttempt(locked_until=until, locked=kind)
            return PinAttempt(tries_left=rules.inmate_tries - after[0].failures)

        return await self._writer.run(work)

    async def release(self, facility: str, number: str) -> bool:
        """End a lockout; whether there were failures to forget."""
        who = f"{facility}/{number}"
        return bool(
            await self._execute("delete from pin_failures where kind = 'inmate' and id = ?", (who,))
        )

    # -- plumbing ---------------------------------------------------------------------------

    async def _query(self, sql: str, values: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        return await self._writer.read(lambda db: list(db.query(sql, values)))

    async def _execute(self, sql: str, values: tuple[Any, ...]) -> int:
        return await self._writer.run(lambda db: db.execute(sql, values).rowcount)

    async def _insert(self, sql: str, row: tuple[Any, ...], what: str) -> None:
        def work(db: Tables) -> None:
            try:
                db.execute(sql, row)
            except Conflict as error:
                raise Duplicate(f"{what} exists already") from error

        await self._writer.run(work)


def insert_visitor(db: Tables, visitor: Visitor) -> None:
    """Add a visitor within a transaction. Raises Duplicate when the e-mail is known."""
    row = dataclasses.astuple(visitor)
    marks = ", ".join("?" * len(row))
    try:
        db.execute(f"insert into visitors ({_VISITOR}) values ({marks})", row)
    except Conflict as error:
        raise Duplicate(f"{visitor.email} exists already") from error


def session_rows(db: Tables, where: str, values: tuple[Any, ...]) -> list[Session]:
    """Return sessions within a transaction; `where` is SQL of ours."""
    sql = f"select {_SESSION} from sessions where {where}"
    return [Session(**row) for row in db.query(sql, values)]


def visitor_row(db: Tables, visitor: str) -> Visitor | None:
    """Return a visitor within a transaction."""
    sql = f"select {_VISITOR} from visitors where id = ? and deleted_at is null"
    row = next(db.query(sql, (visitor,)), None)
    return Visitor(**row) if row is not None else None


def keep_approval(db: Tables, approval: Approval) -> None:
    """Add or replace an approval, within a transaction."""
    db.execute(
        f"insert into approvals ({APPROVAL}) values (?, ?, ?, ?, ?, ?, ?, ?)"
        " on conflict (visitor, inmate) do update set relation = excluded.relation,"
        " private = excluded.private, asked_at = excluded.asked_at,"
        " decided_at = excluded.decided_at, expires_at = excluded.expires_at,"
        " reason = excluded.reason",
        dataclasses.astuple(approval),
    )


def _failures(db: Tables, kind: str, who: str) -> Failures:
    row = db.execute(
        "select failures, first_at, last_at, locked_until from pin_failures"
        " where kind = ? and id = ?",
        (kind, who),
    ).fetchone()
    return Failures(*row) if row else Failures()


def _keep_failures(db: Tables, kind: str, who: str, what: Failures) -> None:
    db.execute(
        "insert into pin_failures (kind, id, failures, first_at, last_at, locked_until)"
        " values (?, ?, ?, ?, ?, ?) on conflict (kind, id) do update set"
        " failures = excluded.failures, first_at = excluded.first_at,"
        " last_at = excluded.last_at, locked_until = excluded.locked_until",
        (kind, who, what.failures, what.first_at, what.last_at, what.locked_until),
    )
