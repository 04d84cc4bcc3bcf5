"""What staff keep: lockdowns and blackouts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from signalling.hub.staff_records import Blackout, Lockdown
from signalling.hub.store.interface import Duplicate
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer


class StoredLockdowns:
    """`staff_interface.LockdownStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._clock = clock

    async def start(self, lockdown: Lockdown) -> None:
        """Keep that one goes on. Raises Duplicate when that unit, or facility, has one already."""

        def work(db: Tables) -> None:
            added = db.execute(
                "insert into lockdowns (id, facility, unit, reason, started_by, started_at)"
                " values (?, ?, ?, ?, ?, ?) on conflict do nothing",
                (
                    lockdown.id,
                    lockdown.facility,
                    lockdown.unit,
                    lockdown.reason,
                    lockdown.started_by,
                    lockdown.started_at,
                ),
            )
            if not added.rowcount:
                raise Duplicate(f"{lockdown.facility} {lockdown.unit} is locked down already")

        await self._writer.run(work)

    async def end(self, lockdown: str, by: str) -> bool:
        """Keep that it is over; False when none with this id goes on."""

        def work(db: Tables) -> bool:
            ended = db.execute(
                "update lockdowns set ended_by = ?, ended_at = ? where id = ? and ended_at is null",
                (by, self._clock(), lockdown),
            )
            return bool(ended.rowcount)

        return await self._writer.run(work)

    async def all(self, *, ended_too: bool) -> list[Lockdown]:
        """Those that go on, or all, the newest first."""
        which = "" if ended_too else " where ended_at is null"
        sql = (
            "select id, facility, unit, reason, started_by, started_at, ended_by, ended_at"
            f" from lockdowns{which} order by started_at desc, id"
        )
        return await self._writer.run(lambda db: [Lockdown(**row) for row in db.query(sql)])


class StoredBlackouts:
    """`staff_interface.BlackoutStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._clock = clock

    async def add(self, blackout: Blackout) -> None:
        """Keep one."""

        def work(db: Tables) -> None:
            db.execute(
                "insert into blackouts"
                " (id, facility, unit, from_at, until_at, reason, added_by, added_at)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    blackout.id,
                    blackout.facility,
                    blackout.unit,
                    blackout.from_at,
                    blackout.until_at,
                    blackout.reason,
                    blackout.added_by,
                    blackout.added_at,
                ),
            )

        await self._writer.run(work)

    async def remove(self, blackout: str) -> Blackout | None:
        """Forget one; None when there is none with this id."""

        def work(db: Tables) -> Blackout | None:
            found = blackouts(db, "id = ?", (blackout,))
            db.execute("delete from blackouts where id = ?", (blackout,))
            return found[0] if found else None

        return await self._writer.run(work)

    async def all(self, until_after: float) -> list[Blackout]:
        """Those that are not over at a time, by their begin."""
        return await self._writer.run(lambda db: blackouts(db, "until_at > ?", (until_after,)))


class StoredFaults:
    """`staff_interface.FaultStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._clock = clock

    async def keep(self, terminal: str, faults: Sequence[str]) -> None:
        """Keep a terminal's faults in the place of those before."""

        def work(db: Tables) -> None:
            db.execute(
                "insert into terminal_faults (terminal, at, faults) values (?, ?, ?)"
                " on conflict (terminal) do update set at = excluded.at, faults = excluded.faults",
                (terminal, self._clock(), " ".join(faults)),
            )

        await self._writer.run(work)

    async def all(self) -> dict[str, list[str]]:
        """By terminal."""
        sql = "select terminal, faults from terminal_faults"
        return await self._writer.read(
            lambda db: {row[0]: row[1].split() for row in db.execute(sql)}
        )


def blackouts(db: Tables, where: str, values: tuple[str | float, ...]) -> list[Blackout]:
    """Return the blackouts that a condition picks, by their begin."""
    rows = db.query(
        "select id, facility, unit, from_at, until_at, reason, added_by, added_at"
        f" from blackouts where {where} order by from_at, id",
        values,
    )
    return [Blackout(**row) for row in rows]
