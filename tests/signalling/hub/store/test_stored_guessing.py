"""Lockouts, familiar addresses and how many log-ins hold, on both databases."""

from __future__ import annotations

from signalling.hub.store.guessing_interface import Lockout
from signalling.hub.store.records import PinRules, Session
from signalling.hub.store.stored import StoredStore
from tests.signalling.hub.store.conftest import START, FakeClock

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
