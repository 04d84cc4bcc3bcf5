"""Terminals and seats."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

from signalling.hub.store.interface import Duplicate
from signalling.hub.store.records import SeatRow, Terminal
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer

"""Wrong enrolment codes before a terminal's code is void."""


class StoredTerminals:
    """`interface.TerminalStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._clock = clock

    async def add_terminal(self, terminal: Terminal) -> None:
        """Add one, or give one without a key a new code. Raises Duplicate when it has a key."""

        def work(db: Tables) -> None:
            known = _terminal(db, terminal.id)
            if known is not None and known.public_key is not None:
                raise Duplicate(f"terminal {terminal.id} is enrolled already")
            db.execute(
                "insert into terminals (id, facility, label, unit, code_hash, code_expires_at)"
                " values (?, ?, ?, ?, ?, ?) on conflict (id) do update set"
                " facility = excluded.facility, label = excluded.label, unit = excluded.unit,"
                " code_hash = excluded.code_hash, code_expires_at = excluded.code_expires_at,"
                " code_tries = 0",
                (
                    terminal.id,
                    terminal.facility,
                    terminal.label,
                    terminal.unit,
                    terminal.code_hash,
                    terminal.code_expires_at,
                ),
            )

        await self._writer.run(work)

    async def terminal(self, terminal: str) -> Terminal | None:
        """By id."""
        return await self._writer.read(lambda db: _terminal(db, terminal))

    async def terminals(self) -> list[Terminal]:
        """All, by facility and label."""
        return await self._writer.read(
            lambda db: [
                Terminal(**row)
                for row in db.query("select * from terminals order by facility, label")
            ]
        )

    async def try_code(self, terminal: str, code_hash: str) -> bool:
        """Check an enrolment code (not spent yet) and count the failure, in one transaction."""

        def work(db: Tables) -> bool:
            known = _terminal(db, terminal)
            if known is None or not known.code_holds(self._clock()):
                return False
            if hmac.compare_digest(known.code_hash or "", code_hash):
                return True
            db.execute("update terminals set code_tries = code_tries + 1 where id = ?", (terminal,))
            return False

        return await self._writer.run(work)

    async def enrol(self, terminal: str, code_hash: str, public_key: bytes) -> bool:
        """Spend the code and keep the key; False when the code is not valid any more."""

        def work(db: Tables) -> bool:
            known = _terminal(db, terminal)
            if known is None or not known.code_holds(self._clock()) or known.code_hash != code_hash:
                return False
            db.execute(
                "update terminals set public_key = ?, code_hash = null, second_links = 0,"
                " second_link_at = null where id = ?",
                (public_key, terminal),
            )
            return True

        return await self._writer.run(work)

    async def renew_code(
        self, terminal: str, code_hash: str, expires_at: float, *, at_once: bool
    ) -> bool:
        """Give one a new code; its key holds until the code is spent, or `at_once` no more."""

        def work(db: Tables) -> bool:
            renewed = db.execute(
                "update terminals set code_hash = ?, code_expires_at = ?, code_tries = 0"
                " where id = ?",
                (code_hash, expires_at, terminal),
            )
            if at_once:
                _forget_key(db, terminal)
            return bool(renewed.rowcount)

        return await self._writer.run(work)

    async def second_link(self, terminal: str) -> None:
        """Count that two machines used a terminal's key at once."""

        def work(db: Tables) -> None:
            db.execute(
                "update terminals set second_links = second_links + 1, second_link_at = ?"
                " where id = ? and public_key is not null",
                (self._clock(), terminal),
            )

        await self._writer.run(work)

    async def doubled(self) -> int:
        """How many terminals have a key that two machines used at once."""

        def work(db: Tables) -> int:
            (row,) = db.query("select count(*) as doubled from terminals where second_links > 0")
            return int(row["doubled"])

        return await self._writer.read(work)

    async def revoke(self, terminal: str) -> bool:
        """Forget the key and the code; whether there was such a terminal."""

        def work(db: Tables) -> bool:
            db.execute("update terminals set code_hash = null where id = ?", (terminal,))
            return _forget_key(db, terminal)

        return await self._writer.run(work)

    async def keep_report(self, terminal: str, report: str) -> None:
        """Keep a terminal's newest device report, JSON, in the place of the one before."""

        def work(db: Tables) -> None:
            db.execute(
                "insert into device_reports (terminal, at, report) values (?, ?, ?)"
                " on conflict (terminal) do update set at = excluded.at, report = excluded.report",
                (terminal, self._clock(), report),
            )

        await self._writer.run(work)

    async def report(self, terminal: str) -> tuple[float, str] | None:
        """When a terminal's newest device report came, and the report."""

        def work(db: Tables) -> tuple[float, str] | None:
            found = list(
                db.query("select at, report from device_reports where terminal = ?", (terminal,))
            )
            return (found[0]["at"], found[0]["report"]) if found else None

        return await self._writer.read(work)

    async def seats(self) -> list[SeatRow]:
        """Who is signed in where."""
        return await self._writer.read(
            lambda db: [SeatRow(**row) for row in db.query("select * from seats")]
        )

    async def sit(self, seat: SeatRow, keeper: str | None) -> bool:
        """Seat an inmate here and nowhere else; False: another hub than `keeper` keeps that now."""

        def work(db: Tables) -> bool:
            if not _kept(db, seat.terminal, keeper):
                return False
            db.execute(
                "delete from seats where terminal = ? or inmate = ?", (seat.terminal, seat.inmate)
            )
            db.execute(
                "insert into seats (terminal, inmate, visit) values (?, ?, ?)",
                (seat.terminal, seat.inmate, seat.visit),
            )
            return True

        return await self._writer.run(work)

    async def stand(self, terminal: str, keeper: str | None) -> bool:
        """Empty a terminal's seat; False: another hub than `keeper` keeps that now."""

        def work(db: Tables) -> bool:
            if not _kept(db, terminal, keeper):
                return False
            db.execute("delete from seats where terminal = ?", (terminal,))
            return True

        return await self._writer.run(work)


def _kept(db: Tables, terminal: str, keeper: str | None) -> bool:
    """Whether a hub keeps a terminal's facility; None: it has no others beside it.

    No number of its term is needed: what a hub asked for before it lost a facility runs before it
    gets that again, since its store has one queue.
    """
    if keeper is None:
        return True
    sql = (
        "select 1 from keepers k join terminals t on t.facility = k.facility"
        " where t.id = ? and k.hub = ?"
    )
    return db.execute(sql, (terminal, keeper)).fetchone() is not None


def _forget_key(db: Tables, terminal: str) -> bool:
    """Let a terminal's key hold no more; nobody sits at the machine that comes after it."""
    db.execute("delete from seats where terminal = ?", (terminal,))
    forgotten = db.execute(
        "update terminals set public_key = null, second_links = 0, second_link_at = null"
        " where id = ?",
        (terminal,),
    )
    return bool(forgotten.rowcount)


def _terminal(db: Tables, terminal: str) -> Terminal | None:
    found: list[dict[str, Any]] = list(
        db.query("select * from terminals where id = ?", (terminal,))
    )
    return Terminal(**found[0]) if found else None
