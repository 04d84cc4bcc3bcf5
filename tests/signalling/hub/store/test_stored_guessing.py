"""Lockouts, familiar addresses and how many log-ins hold, on both databases."""

from __future__ import annotations

import asyncio

from signalling.hub.store.guessing_interface import Counted, Lockout, ShutTry
from signalling.hub.store.records import PinRules, Session
from signalling.hub.store.stored import StoredStore
from signalling.hub.store.stored_guessing import SWEPT_AT_ONCE
from tests.signalling.hub.store.conftest import START, FakeClock, OpenStore

WRONG = b"x" * 32


async def test_one_pin_tried_on_every_number_locks_terminal_after_terminal_then_the_facility(
    peopled: StoredStore,
) -> None:
    rules = PinRules(inmate_tries=3, terminal_tries=4, lockout_s=900.0, facility_tries=10)
    locked: list[str] = []
    for number in range(10):
        terminal = f"t{number // 4}"
        attempt = await peopled.people.try_pin("north", str(100 + number), WRONG, terminal, rules)
        locked.append(attempt.locked)
    assert locked == ["", "", "", "terminal"] * 2 + ["", "facility"]
    assert [(each.kind, each.id) for each in await peopled.guessing.lockouts()] == [
        ("facility", "north"), ("terminal", "t0"), ("terminal", "t1"),
    ]  # fmt: skip
    fresh = await peopled.people.try_pin("north", "1", WRONG, "t9", rules)
    assert (fresh.locked_until, fresh.locked) == (START + 900.0, "")
    elsewhere = await peopled.people.try_pin("south", "1", WRONG, "s1", rules)
    assert elsewhere.tries_left == 2
    assert await peopled.guessing.release("facility", "north")
    assert not await peopled.guessing.release("facility", "north")
    again = await peopled.people.try_pin("north", "1", WRONG, "t9", rules)
    assert again.tries_left == 2


async def test_what_ran_out_is_no_lockout(peopled: StoredStore, clock: FakeClock) -> None:
    rules = PinRules(inmate_tries=1, terminal_tries=9, lockout_s=900.0, facility_tries=9)
    await peopled.people.try_pin("north", "7", WRONG, "t", rules)
    assert await peopled.guessing.lockouts() == [Lockout("inmate", "north/7", 1, START + 900.0)]
    clock.now += 900.0
    assert await peopled.guessing.lockouts() == []


async def test_familiar_addresses_are_the_newest_few(
    peopled: StoredStore, clock: FakeClock
) -> None:
    for number in range(4):
        await peopled.guessing.keep_familiar("v1", bytes([number]), most=3)
        clock.now += 1
    known = [await peopled.guessing.is_familiar("v1", bytes([n]), START) for n in range(4)]
    assert known == [False, True, True, True]
    assert not await peopled.guessing.is_familiar("v2", bytes([3]), START)
    assert not await peopled.guessing.is_familiar("v1", bytes([3]), clock.now)
    await peopled.guessing.keep_familiar("v1", bytes([3]), most=3)
    assert await peopled.guessing.is_familiar("v1", bytes([3]), clock.now)


async def test_of_many_sessions_those_used_last_stay(peopled: StoredStore) -> None:
    for number in (3, 1, 2):
        session = Session(f"h{number}", "v1", START + 999, id=f"s{number}", seen_at=START + number)
        await peopled.people.add_session(session, None)
    assert await peopled.guessing.trim_sessions("v1", 2) == ["h1"]
    assert await peopled.guessing.trim_sessions("v1", 2) == []
    assert [each.id for each in await peopled.accounts.sessions("v1")] == ["s3", "s2"]


def counted(*keys: bytes, most: int = 2, window_s: float = 100.0) -> list[Counted]:
    return [Counted(key, most, window_s) for key in keys]


async def test_tries_are_counted_by_all_hubs_together(
    store: StoredStore, open_store: OpenStore, clock: FakeClock
) -> None:
    one, two = store.guessing, (await open_store(clock)).guessing
    assert await one.count_tries(counted(b"a", b"b")) is None
    clock.now += 60
    assert await two.count_tries(counted(b"b", b"c")) is None
    for each in (one, two):
        assert await each.count_tries(counted(b"c", b"b")) == ShutTry(1, START + 100.0)
    # Where one is shut none is counted.
    assert await one.count_tries(counted(b"c")) is None
    assert await two.count_tries(counted(b"c")) == ShutTry(0, START + 160.0)
    clock.now += 40
    assert await two.count_tries(counted(b"b")) is None


async def test_of_many_tries_side_by_side_no_more_count_than_may(
    store: StoredStore, open_store: OpenStore, clock: FakeClock
) -> None:
    hubs = [store, await open_store(clock), await open_store(clock), await open_store(clock)]
    told = await asyncio.gather(
        *(hub.guessing.count_tries(counted(b"a", most=5)) for _ in range(5) for hub in hubs)
    )
    assert told.count(None) == 5


async def test_tries_are_taken_back_and_forgotten(store: StoredStore, clock: FakeClock) -> None:
    guessing = store.guessing
    for _ in range(2):
        assert await guessing.count_tries(counted(b"a", b"b")) is None
    await guessing.take_back_tries([b"a"], [b"b"])
    assert await guessing.count_tries(counted(b"a", b"b")) is None
    assert await guessing.count_tries(counted(b"b")) is None
    assert await guessing.count_tries(counted(b"a")) == ShutTry(0, START + 100.0)
    await guessing.take_back_tries([b"a", b"nobody"], [])
    await guessing.take_back_tries([b"a"], [])
    await guessing.take_back_tries([], [b"b"])
    assert await count(store) == 0


async def test_tries_that_are_over_are_swept_by_those_that_come(
    store: StoredStore, clock: FakeClock
) -> None:
    keys = [bytes([0, number]) for number in range(SWEPT_AT_ONCE + 10)]
    for key in keys:
        await store.guessing.count_tries(counted(key))
    clock.now += 100
    await store.guessing.count_tries(counted(b"a"))
    assert await count(store) == 11
    await store.guessing.count_tries(counted(b"b"))
    assert await count(store) == 2


async def test_a_clock_that_was_ahead_and_was_set_right_shuts_nobody_out_until_then(
    store: StoredStore, clock: FakeClock
) -> None:
    clock.now += 365 * 86_400.0
    assert await store.guessing.count_tries(counted(b"a")) is None
    clock.now = START
    for _ in range(2):
        assert await store.guessing.count_tries(counted(b"a")) is None
    assert await store.guessing.count_tries(counted(b"a")) == ShutTry(0, START + 100.0)
    clock.now -= 1  # put right a little, or asked at a hub whose clock is a little behind
    assert await store.guessing.count_tries(counted(b"a")) == ShutTry(0, START + 100.0)


async def count(store: StoredStore) -> int:
    return await store._writer.read(
        lambda db: db.execute("select count(*) from tries").fetchone()[0]
    )
