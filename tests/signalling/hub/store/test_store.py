"""The store, on both databases: what was told is kept, races have one winner, nothing half."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.errors import IllegalEvent
from signalling.hub.scheduling import CELL_S
from signalling.hub.store.interface import Conflict, Duplicate, Occupied, Stale
from signalling.hub.store.pin_failures import Failures, after_failure, still_locked
from signalling.hub.store.records import Draft, Inmate, PinRules, SeatRow, Terminal
from signalling.hub.store.stored import StoredStore
from signalling.hub.store.tables import Tables
from signalling.hub.store.visit_rows import cells
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
    VisitorLeft,
)
from tests.signalling.hub.store.conftest import START, FakeClock, OpenStore


def booked(start: float = 0, length: float = 1800, inmate: str = "i1", *who: str) -> Booked:
    at = START + start
    return Booked("north", inmate, who or ("v1",), at, at + length, at - 600)


async def test_two_appends_with_one_expected_seq_have_one_winner(peopled: StoredStore) -> None:
    visit = await peopled.visits.book("a", booked(), "staff:x")
    drafts = [[Draft(InmateSignedIn(terminal), "t")] for terminal in ("c4", "c5")]
    results = await asyncio.gather(
        *(peopled.visits.append(visit, each) for each in drafts), return_exceptions=True
    )
    assert [type(each).__name__ for each in results] == ["Visit", "Stale"]
    again = await peopled.visits.load("a")
    assert again is not None
    assert again.terminal == "c4"
    moved = await peopled.visits.append(again, [Draft(VisitorJoined("v1"), "hub")])
    assert moved.length == 3


async def test_many_racing_authors_lose_nothing(peopled: StoredStore) -> None:
    await peopled.visits.book("a", booked(), "staff:x")
    await peopled.visits.append(
        await folded(peopled), [Draft(InmateSignedIn("c4"), "t"), Draft(Begun("v1"), "v")]
    )

    async def extend(seconds: float) -> None:
        while True:
            try:
                await peopled.visits.append(
                    await folded(peopled), [Draft(Extended(seconds), "hub")]
                )
            except Stale:
                continue
            return

    await asyncio.gather(*(extend(float(n)) for n in range(1, 9)))
    assert (await folded(peopled)).added_s == 36


async def folded(peopled: StoredStore) -> Visit:
    visit = await peopled.visits.load("a")
    assert visit is not None
    return visit


async def test_a_repeated_id_is_ignored_and_all_or_none_is_appended(peopled: StoredStore) -> None:
    visit = await peopled.visits.book("a", booked(), "staff:x")
    draft = Draft(InmateSignedIn("c4"), "t")
    after = await peopled.visits.append(visit, [draft])
    assert await peopled.visits.append(after, [draft]) == after
    with pytest.raises(IllegalEvent):
        await peopled.visits.append(
            after, [Draft(VisitorJoined("v1"), "h"), Draft(Begun("v9"), "v")]
        )
    assert (await peopled.visits.load("a")) == after


async def test_the_stores_clock_never_goes_back_in_a_log(
    peopled: StoredStore, clock: FakeClock
) -> None:
    visit = await peopled.visits.book("a", booked(), "staff:x")
    clock.now -= 100
    visit = await peopled.visits.append(visit, [Draft(VisitorJoined("v1"), "h", START + 999)])
    events = await peopled.visits.log("a")
    assert [each.recorded_at for each in events] == [START, START]
    assert events[1].happened_at == START


async def test_nobody_is_booked_twice_extensions_included(
    peopled: StoredStore, clock: FakeClock
) -> None:
    visit = await peopled.visits.book("a", booked(0, 1800), "s")
    for inmate, who in (("i1", "v2"), ("i2", "v1")):
        with pytest.raises(Occupied) as error:
            await peopled.visits.book("b", booked(1500, 1800, inmate, who), "s")
        assert error.value.visit == "a"
    assert await peopled.visits.load("b") is None
    await peopled.visits.book("c", booked(1800, 1800, "i2", "v1"), "s")
    await peopled.visits.book("d", booked(3600, 600), "s")
    assert await peopled.visits.room_after(visit) == 0
    visit = await peopled.visits.append(
        visit, [Draft(InmateSignedIn("c4"), "t"), Draft(Begun("v1"), "v")]
    )
    with pytest.raises(Occupied):
        await peopled.visits.append(visit, [Draft(Extended(1.0), "hub")])
    assert (await peopled.visits.load("a")) == visit


async def test_room_is_taken_by_an_extension_and_freed_by_the_end(peopled: StoredStore) -> None:
    visit = await peopled.visits.book("a", booked(0, 60), "s")
    visit = await peopled.visits.append(
        visit, [Draft(InmateSignedIn("c4"), "t"), Draft(Begun("v1"), "v")]
    )
    visit = await peopled.visits.append(visit, [Draft(Extended(600.0), "hub")])
    with pytest.raises(Occupied):
        await peopled.visits.book("b", booked(650, 60), "s")
    await peopled.visits.append(visit, [Draft(Ended(By.STAFF, EndReason.STAFF), "s")])
    await peopled.visits.book("b", booked(650, 60), "s")
    assert {each.id for each in await peopled.visits.load_since(START + 1)} == {"b"}
    assert {each.id for each in await peopled.visits.load_since(START - 1)} == {"a", "b"}


@given(st.floats(0, 1e9), st.floats(1, 14_400))
def test_cells_cover_the_span_and_touch_no_more(start: float, length: float) -> None:
    span = cells(start, start + length)
    assert span.start * CELL_S <= start < (span.start + 1) * CELL_S
    assert (span.stop - 1) * CELL_S < start + length <= span.stop * CELL_S


async def test_unknown_people_break_no_constraint_silently(peopled: StoredStore) -> None:
    with pytest.raises(Conflict):
        await peopled.visits.book("a", booked(0, 60, "nobody"), "s")
    with pytest.raises(Duplicate):
        await peopled.people.add_inmate(Inmate("i9", "north", "1", "Twin"), b"x" * 32)


def note(command: str) -> Callable[[Tables], None]:
    def work(db: Tables) -> None:
        sql = "insert into outbox (key, recipient, subject, body, due_at) values (?, '', ?, '', 1)"
        db.execute(sql, (command, command))

    return work


async def commands(store: StoredStore) -> list[str]:
    sql = "select subject from outbox order by key"
    return [row[0] for row in await store._writer.run(lambda db: db.execute(sql).fetchall())]


async def test_one_that_fails_leaves_its_group_alone(
    store: StoredStore, open_store: OpenStore, clock: FakeClock
) -> None:
    def fails(db: Tables) -> None:
        note("half")(db)
        raise ValueError("no")

    def breaks(db: Tables) -> None:
        note("half")(db)
        db.execute("insert into seats (terminal, inmate) values ('no', 'body')")

    def misspelt(db: Tables) -> None:
        note("half")(db)
        db.execute("selekt 1")

    def nothing(db: Tables) -> None:
        raise KeyError("before the first statement")

    tasks = [note("a"), fails, note("b"), breaks, nothing, fails, note("c"), misspelt, note("d")]
    results = await asyncio.gather(*map(store._writer.run, tasks), return_exceptions=True)
    kinds = [type(each).__name__ for each in results[:7]]
    none = "NoneType"
    assert kinds == [none, "ValueError", none, "Conflict", "KeyError", "ValueError", none]
    assert isinstance(results[7], Exception)
    # Another connection sees it: it was committed before we were told.
    assert await commands(await open_store(clock)) == ["a", "b", "c", "d"]


async def test_rows_that_wait_for_those_behind_them_keep_their_place(store: StoredStore) -> None:
    def row(command: str, number: int) -> Callable[[Tables], str]:
        def work(db: Tables) -> str:
            db.append(
                "insert into outbox (key, recipient, subject, body, due_at) select ?, '', ?, '', 1"
                " where ? >= (select count(*) from outbox) on conflict do nothing",
                (str(number), command, number),
                Stale(command),
            )
            return command

        return work

    def goes_on(db: Tables) -> int:
        row("second", 2)(db)
        changed = db.execute("update outbox set body = 'seen' where key <= '2'").rowcount
        row("third", 3)(db)
        return changed

    def falls(db: Tables) -> None:
        row("fourth", 4)(db)
        raise ValueError("it does not stand")

    def twice(db: Tables) -> None:
        row("fourth", 4)(db)
        row("third again", 3)(db)

    tasks = [
        row("first", 1),
        row("first again", 1),
        falls,
        goes_on,
        twice,
        row("fourth", 4),
        row("too early", 0),
        row("fifth", 5),
    ]
    results = await asyncio.gather(*map(store._writer.run, tasks), return_exceptions=True)
    assert results[0] == "first"
    assert [str(each) for each in results[1:3]] == ["first again", "it does not stand"]
    assert results[3] == 2
    assert str(results[4]) == "third again"
    assert results[5] == "fourth"
    assert isinstance(results[6], Stale)
    assert results[7] == "fifth"
    assert await commands(store) == ["first", "second", "third", "fourth", "fifth"]


async def test_values_come_back_as_they_went_in(store: StoredStore) -> None:
    values = ("100 % of 'it'? \\ \"", 1_800_000_000.123456, bytes(range(256)), True, None, 2**53)

    def work(db: Tables) -> list[object]:
        db.execute(
            "insert into terminals (id, facility, label, unit, public_key, code_tries, code_hash,"
            " code_expires_at) values ('t', '', ?, '?', ?, ?, ?, ?)",
            (values[0], values[2], values[3], values[4], values[1]),
        )
        db.execute("update terminals set code_tries = code_tries + ?", (values[5],))
        assert db.execute("delete from seats where terminal = ?", ("t",)).rowcount == 0
        (row,) = db.query("select * from terminals where label like '100 %' and unit <> '?x'")
        numbers = db.execute(
            "select sum(code_tries), sum(code_tries) * 0.5 from terminals"
        ).fetchone()
        assert [type(number) for number in numbers] == [int, float]
        names = ("label", "code_expires_at", "public_key", "code_hash", "code_tries")
        return [row[name] for name in names]

    assert await store._writer.run(work) == [*values[:3], None, 2**53 + 1]


async def test_stores_of_one_database_take_turns(
    peopled: StoredStore, open_store: OpenStore, clock: FakeClock
) -> None:
    stores = [peopled, *[await open_store(clock) for _ in range(3)]]
    await peopled.visits.book("a", booked(), "staff:x")

    async def join(store: StoredStore) -> int:
        stale = 0
        for _ in range(5):
            while True:
                visit = await folded(store)
                what = VisitorLeft("v1") if visit.visitors_here else VisitorJoined("v1")
                try:
                    await store.visits.append(visit, [Draft(what, "hub")])
                except Stale:
                    stale += 1
                else:
                    break
        return stale

    await asyncio.gather(*map(join, stores))
    assert (await folded(peopled)).length == 21
    wrong = [each.people.try_pin("north", "1", b"x" * 32, "c4", RULES) for each in stores * 2]
    attempts = await asyncio.gather(*wrong)
    assert sum(each.locked_until is None for each in attempts) == RULES.inmate_tries - 1


async def test_seats_hold_one_inmate_once(peopled: StoredStore) -> None:
    for name in ("c4", "c5"):
        await peopled.terminals.add_terminal(Terminal(name, "north", name, "C"))
    await peopled.terminals.sit(SeatRow("c4", "i1", None), None)
    await peopled.terminals.sit(SeatRow("c5", "i1", None), None)
    assert await peopled.terminals.seats() == [SeatRow("c5", "i1", None)]
    await peopled.terminals.stand("c5", None)
    assert await peopled.terminals.seats() == []


async def test_only_the_hub_that_keeps_a_facility_changes_its_seats(
    peopled: StoredStore, clock: FakeClock
) -> None:
    terminals, seat = peopled.terminals, SeatRow("c4", "i1", None)
    await terminals.add_terminal(Terminal("c4", "north", "c4", "C"))
    assert not await terminals.sit(seat, "h1")
    await peopled.keeping.beat("h1", ("north", "south"), frozenset(), 5.0)
    assert await terminals.sit(seat, "h1")
    assert not await terminals.stand("c4", "h2")
    clock.now += 6  # its lease is over, but nobody has taken the facility: it is still the only one
    assert await terminals.stand("c4", "h1")
    assert await terminals.sit(seat, "h1")
    await peopled.keeping.beat("h2", ("north",), frozenset(), 5.0)
    assert not await terminals.stand("c4", "h1")
    assert not await terminals.sit(SeatRow("c4", "i2", None), "h1")
    assert await terminals.seats() == [seat]


# -- wrong PINs -------------------------------------------------------------------------------

RULES = PinRules(inmate_tries=3, terminal_tries=5, lockout_s=900.0, facility_tries=8)


def test_a_lockout_that_ran_out_counts_from_one_again() -> None:
    counts = (Failures(), Failures(), Failures())
    for _ in range(3):
        counts = after_failure(counts, 10.0, RULES)
    inmate, terminal, facility = counts
    assert still_locked(inmate, 10.0) == 910.0
    assert still_locked(terminal, 10.0) is None
    assert still_locked(inmate, 910.0) is None
    assert still_locked(facility, 10.0) is None
    inmate, terminal, facility = after_failure(counts, 911.0, RULES)
    assert (inmate.failures, inmate.locked_until) == (1, None)
    assert terminal.failures == facility.failures == 1  # their window is over too


@given(st.lists(st.floats(0, 2000), min_size=1, max_size=40).map(sorted))
def test_never_more_tries_than_the_rule_in_one_lockout(times: list[float]) -> None:
    counts = (Failures(), Failures(), Failures())
    let_through: list[float] = []
    for now in times:
        if any(still_locked(each, now) for each in counts):
            continue
        counts = after_failure(counts, now, RULES)
        let_through.append(now)
    for start in let_through:
        inside = [at for at in let_through if start <= at < start + RULES.lockout_s]
        assert len(inside) <= 2 * RULES.inmate_tries
