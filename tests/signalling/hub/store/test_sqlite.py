"""The SQLite store: what was told is on disk, races have one winner, nothing half happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.errors import IllegalEvent
from signalling.hub.scheduling import CELL_S
from signalling.hub.store.interface import Conflict, Duplicate, Occupied, Stale, StoreError
from signalling.hub.store.migrations import migrate, migrations
from signalling.hub.store.pin_failures import Failures, after_failure, still_locked
from signalling.hub.store.records import Draft, Inmate, PinRules, SeatRow, Terminal, Visitor
from signalling.hub.store.sqlite import SqliteStore
from signalling.hub.store.sqlite_tables import SqliteBackend, connect
from signalling.hub.store.tables import Tables
from signalling.hub.store.visit_rows import cells
from signalling.hub.store.writer import Writer
from signalling.visit import Visit
from signalling.visit_events import (
    Begun,
    Booked,
    By,
    Ended,
    EndReason,
    Extended,
    InmateSignedIn,
    VisitorJoined,
)

START = 1_800_000_000.0  # a multiple of CELL_S


class FakeClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.open(tmp_path / "visits.db", clock)
    await opened.people.add_inmate(Inmate("i1", "north", "1", "One"), b"m" * 32)
    await opened.people.add_inmate(Inmate("i2", "north", "2", "Two"), b"n" * 32)
    for who in ("v1", "v2"):
        await opened.people.add_visitor(Visitor(who, f"{who}@x.y", who, "hash", START))
    yield opened
    await opened.close()


def booked(start: float = 0, length: float = 1800, inmate: str = "i1", *who: str) -> Booked:
    at = START + start
    return Booked("north", inmate, who or ("v1",), at, at + length, at - 600)


async def test_two_appends_with_one_expected_seq_have_one_winner(store: SqliteStore) -> None:
    visit = await store.visits.book("a", booked(), "staff:x")
    drafts = [[Draft(InmateSignedIn(terminal), "t")] for terminal in ("c4", "c5")]
    results = await asyncio.gather(
        *(store.visits.append(visit, each) for each in drafts), return_exceptions=True
    )
    assert [type(each).__name__ for each in results] == ["Visit", "Stale"]
    again = await store.visits.load("a")
    assert again is not None
    assert again.terminal == "c4"
    moved = await store.visits.append(again, [Draft(VisitorJoined("v1"), "hub")])
    assert moved.length == 3


async def test_many_racing_authors_lose_nothing(store: SqliteStore) -> None:
    await store.visits.book("a", booked(), "staff:x")
    await store.visits.append(
        await folded(store), [Draft(InmateSignedIn("c4"), "t"), Draft(Begun("v1"), "v")]
    )

    async def extend(seconds: float) -> None:
        while True:
            try:
                await store.visits.append(await folded(store), [Draft(Extended(seconds), "hub")])
            except Stale:
                continue
            return

    await asyncio.gather(*(extend(float(n)) for n in range(1, 9)))
    assert (await folded(store)).added_s == 36


async def folded(store: SqliteStore) -> Visit:
    visit = await store.visits.load("a")
    assert visit is not None
    return visit


async def test_a_repeated_id_is_ignored_and_all_or_none_is_appended(store: SqliteStore) -> None:
    visit = await store.visits.book("a", booked(), "staff:x")
    draft = Draft(InmateSignedIn("c4"), "t")
    after = await store.visits.append(visit, [draft])
    assert await store.visits.append(after, [draft]) == after
    with pytest.raises(IllegalEvent):
        await store.visits.append(after, [Draft(VisitorJoined("v1"), "h"), Draft(Begun("v9"), "v")])
    assert (await store.visits.load("a")) == after


async def test_the_stores_clock_never_goes_back_in_a_log(
    store: SqliteStore, clock: FakeClock
) -> None:
    visit = await store.visits.book("a", booked(), "staff:x")
    clock.now -= 100
    visit = await store.visits.append(visit, [Draft(VisitorJoined("v1"), "h", START + 999)])
    events = await store.visits.log("a")
    assert [each.recorded_at for each in events] == [START, START]
    assert events[1].happened_at == START


async def test_nobody_is_booked_twice_extensions_included(
    store: SqliteStore, clock: FakeClock
) -> None:
    visit = await store.visits.book("a", booked(0, 1800), "s")
    for inmate, who in (("i1", "v2"), ("i2", "v1")):
        with pytest.raises(Occupied) as error:
            await store.visits.book("b", booked(1500, 1800, inmate, who), "s")
        assert error.value.visit == "a"
    assert await store.visits.load("b") is None
    await store.visits.book("c", booked(1800, 1800, "i2", "v1"), "s")
    await store.visits.book("d", booked(3600, 600), "s")
    assert await store.visits.room_after(visit) == 0
    visit = await store.visits.append(
        visit, [Draft(InmateSignedIn("c4"), "t"), Draft(Begun("v1"), "v")]
    )
    with pytest.raises(Occupied):
        await store.visits.append(visit, [Draft(Extended(1.0), "hub")])
    assert (await store.visits.load("a")) == visit


async def test_room_is_taken_by_an_extension_and_freed_by_the_end(store: SqliteStore) -> None:
    visit = await store.visits.book("a", booked(0, 60), "s")
    visit = await store.visits.append(
        visit, [Draft(InmateSignedIn("c4"), "t"), Draft(Begun("v1"), "v")]
    )
    visit = await store.visits.append(visit, [Draft(Extended(600.0), "hub")])
    with pytest.raises(Occupied):
        await store.visits.book("b", booked(650, 60), "s")
    await store.visits.append(visit, [Draft(Ended(By.STAFF, EndReason.STAFF), "s")])
    await store.visits.book("b", booked(650, 60), "s")
    assert {each.id for each in await store.visits.load_since(START + 1)} == {"b"}
    assert {each.id for each in await store.visits.load_since(START - 1)} == {"a", "b"}


@given(st.floats(0, 1e9), st.floats(1, 14_400))
def test_cells_cover_the_span_and_touch_no_more(start: float, length: float) -> None:
    span = cells(start, start + length)
    assert span.start * CELL_S <= start < (span.start + 1) * CELL_S
    assert (span.stop - 1) * CELL_S < start + length <= span.stop * CELL_S


async def test_unknown_people_break_no_constraint_silently(store: SqliteStore) -> None:
    with pytest.raises(Conflict):
        await store.visits.book("a", booked(0, 60, "nobody"), "s")
    with pytest.raises(Duplicate):
        await store.people.add_inmate(Inmate("i9", "north", "1", "Twin"), b"x" * 32)


async def test_one_that_fails_leaves_its_group_alone(store: SqliteStore, tmp_path: Path) -> None:
    writer = store._writer

    def fails(db: Tables) -> None:
        db.execute("insert into audit (at, who, command, facts) values (1, 'x', 'half', '')")
        raise ValueError("no")

    def works(db: Tables) -> None:
        db.execute("insert into audit (at, who, command, facts) values (1, 'x', 'whole', '')")

    results = await asyncio.gather(
        writer.run(works), writer.run(fails), writer.run(works), return_exceptions=True
    )
    assert [type(each) for each in results] == [type(None), ValueError, type(None)]
    # Another connection sees it: it was committed before we were told.
    rows = connect(tmp_path / "visits.db").query("select command from audit")
    assert [row["command"] for row in rows] == ["whole", "whole"]


async def test_the_writer_is_one_named_thread_and_is_joined(tmp_path: Path) -> None:
    import threading

    writer = await Writer.open(lambda: SqliteBackend(tmp_path / "x.db"))
    name = await writer.run(lambda _db: threading.current_thread().name)
    assert name == "store-writer"
    await writer.close()
    await writer.close()
    assert "store-writer" not in {each.name for each in threading.enumerate()}
    with pytest.raises(StoreError, match="closed"):
        await writer.run(lambda _db: None)


async def test_pragmas_and_mode(store: SqliteStore, tmp_path: Path) -> None:
    def look(db: Tables) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return {name: db.execute(f"pragma {name}").fetchone()[0] for name in names}

    assert await store._writer.run(look) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
    }
    assert (tmp_path / "visits.db").stat().st_mode & 0o077 == 0


async def test_seats_hold_one_inmate_once(store: SqliteStore) -> None:
    for name in ("c4", "c5"):
        await store.terminals.add_terminal(Terminal(name, "north", name, "C"))
    await store.terminals.sit(SeatRow("c4", "i1", None))
    await store.terminals.sit(SeatRow("c5", "i1", None))
    assert await store.terminals.seats() == [SeatRow("c5", "i1", None)]
    await store.terminals.stand("c5")
    assert await store.terminals.seats() == []


# -- migrations -------------------------------------------------------------------------------


def test_migrations_are_numbered_and_applied_once(tmp_path: Path) -> None:
    db = connect(tmp_path / "x.db")
    migrate(db)
    migrate(db)
    names = [each.name for each in migrations.applied(db)]
    numbers = [int(name[:4]) for name in names]
    assert numbers == sorted(set(numbers))
    tables = [row["sql"] for row in db.query("select sql from sqlite_master where type = 'table'")]
    ours = [sql for sql in tables if sql and "migrations" not in sql]
    assert len(ours) >= 10
    assert all("strict" in sql.lower() for sql in ours if "sqlite_sequence" not in sql)


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    db = connect(tmp_path / "x.db")
    migrate(db)
    db.execute(
        "insert into _sqlite_migrations (migration_set, name, applied_at)"
        " values ('visitbooth-hub', '9999-from-the-future', '')"
    )
    with pytest.raises(StoreError, match="9999-from-the-future"):
        migrate(db)


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_text("this is no database, and long enough to be looked at as one" * 20)
    with pytest.raises(StoreError, match=r"x\.db"):
        await SqliteStore.open(path)


# -- wrong PINs -------------------------------------------------------------------------------

RULES = PinRules(inmate_tries=3, terminal_tries=5, lockout_s=900.0)


def test_a_lockout_that_ran_out_counts_from_one_again() -> None:
    inmate, terminal = Failures(), Failures()
    for _ in range(3):
        inmate, terminal = after_failure(inmate, terminal, 10.0, RULES)
    assert still_locked(inmate, 10.0) == 910.0
    assert still_locked(terminal, 10.0) is None
    assert still_locked(inmate, 910.0) is None
    inmate, terminal = after_failure(inmate, terminal, 911.0, RULES)
    assert (inmate.failures, inmate.locked_until) == (1, None)
    assert terminal.failures == 1  # its window is over too


@given(st.lists(st.floats(0, 2000), min_size=1, max_size=40).map(sorted))
def test_never_more_tries_than_the_rule_in_one_lockout(times: list[float]) -> None:
    inmate = terminal = Failures()
    let_through: list[float] = []
    for now in times:
        if still_locked(inmate, now) or still_locked(terminal, now):
            continue
        inmate, terminal = after_failure(inmate, terminal, now, RULES)
        let_through.append(now)
    for start in let_through:
        inside = [at for at in let_through if start <= at < start + RULES.lockout_s]
        assert len(inside) <= 2 * RULES.inmate_tries
