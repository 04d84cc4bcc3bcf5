"""Who keeps what: rendezvous hashing, and a lease that ends by one's own clock first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.hub import shared_keeping
from signalling.hub.keeping import preferred
from signalling.hub.shared_keeping import LEASE_S, MARGIN_S, SharedKeeping
from signalling.hub.store.interface import StoreBusy
from signalling.hub.store.records import Kept
from tests.signalling.hub.hub_process import until

names = st.lists(st.text("abcdefgh0123456789-", min_size=1, max_size=12), unique=True, max_size=8)


@given(names, st.text(max_size=20), st.randoms())
def test_every_hub_comes_to_the_same_answer(hubs: list[str], facility: str, dice: Any) -> None:
    shuffled = dice.sample(hubs, len(hubs))
    assert preferred(facility, hubs) == preferred(facility, shuffled)
    assert (preferred(facility, hubs) is None) == (not hubs)


@given(names.filter(bool), st.data())
def test_a_hub_that_goes_moves_only_what_it_kept(hubs: list[str], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(hubs))
    left = [hub for hub in hubs if hub != gone]
    for number in range(20):
        before = preferred(f"f{number}", hubs)
        if before != gone:
            assert preferred(f"f{number}", left) == before


def test_facilities_are_spread() -> None:
    hubs = [f"h{number}" for number in range(4)]
    counts = [sum(preferred(f"f{n}", hubs) == hub for n in range(400)) for hub in hubs]
    assert min(counts) > 60, counts


class FakeStore:
    """`KeepingStore` that answers what a test says."""

    def __init__(self) -> None:
        self.kept = Kept(("me", "other"), {"north": "me", "south": "other"})
        self.fails = False
        self.beats = 0
        self.left: list[str] = []
        self.given: list[frozenset[str]] = []

    async def beat(self, *args: Any) -> Kept:
        self.beats += 1
        self.given.append(args[2])
        if self.fails:
            raise StoreBusy("away")
        return self.kept

    async def leave(self, hub: str) -> None:
        self.left.append(hub)


class FakeRooms:
    """`Rooms` that note what they are told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.refusals = 0
        self.refuses_with: Exception = StoreBusy("busy")
        self.fails: set[str] = set()

    async def take(self, facility: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise self.refuses_with
        self.said.append(f"take {facility}")

    def open(self, facility: str) -> None:
        self.said.append(f"open {facility}")

    def leave(self, facility: str) -> None:
        self.said.append(f"leave {facility}")

    def hub_gone(self, hub: str) -> None:
        self.said.append(f"gone {hub}")
        if hub in self.fails:
            raise RuntimeError("a fault of ours")

    def may_give(self, _facility: str) -> bool:
        return True


class Now:
    at = 100.0

    def __call__(self) -> float:
        return self.at


@asynccontextmanager
async def keeping(store: FakeStore, rooms: FakeRooms, now: Now) -> AsyncIterator[SharedKeeping]:
    kept = SharedKeeping(SimpleNamespace(keeping=store), "me", ("north", "south"), now)
    task = asyncio.create_task(kept.run(rooms))
    try:
        yield kept
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_keeping, "BEAT_EVERY_S", 0.005)
    monkeypatch.setattr(shared_keeping, "RETRY_S", 0.005)
    monkeypatch.setattr(shared_keeping, "KNOWN_WITHIN_S", 0.1)


async def test_a_facility_is_kept_once_it_was_read() -> None:
    store, rooms = FakeStore(), FakeRooms()
    rooms.refusals = 2
    async with keeping(store, rooms, Now()) as kept:
        assert await kept.keeper("north") == "me"
        assert rooms.said == ["take north", "open north"]
        assert kept.keeps("north")
        assert not kept.keeps("south")
        assert await kept.keeper("south") == "other"
        assert await kept.keeper("nowhere") is None


async def test_a_hub_that_wakes_up_keeps_nothing_before_it_has_asked() -> None:
    store, rooms, now = FakeStore(), FakeRooms(), Now()
    async with keeping(store, rooms, now) as kept:
        await until(lambda: kept.keeps("north"))
        now.at += LEASE_S - MARGIN_S
        assert not kept.keeps("north"), "its lease is over by its own clock"
        store.kept = Kept(("me", "other"), {"north": "other", "south": "other"})
        await until(lambda: "leave north" in rooms.said)
        assert await kept.keeper("north") == "other"


async def test_a_lease_that_is_not_renewed_runs_out() -> None:
    store, rooms, now = FakeStore(), FakeRooms(), Now()
    async with keeping(store, rooms, now) as kept:
        await until(lambda: kept.keeps("north"))
        store.fails = True
        beats = store.beats
        await until(lambda: store.beats > beats + 3)
        assert kept.keeps("north"), "a store that is busy for a moment ends nothing"
        now.at += LEASE_S
        await until(lambda: "leave north" in rooms.said)
        assert await kept.keeper("south") is None, "whoever kept it may be gone by now"
        store.fails = False
        await until(lambda: kept.keeps("north"))


async def test_an_answer_that_took_longer_than_the_lease_is_not_believed() -> None:
    store, rooms, now = FakeStore(), FakeRooms(), Now()
    beat = store.beat

    async def slow(*args: object) -> Kept:
        kept = await beat(*args)
        now.at += LEASE_S
        return kept

    store.beat = slow  # type: ignore[method-assign]  # played
    async with keeping(store, rooms, now) as kept:
        await until(lambda: store.beats > 3)
        assert not kept.keeps("north")
        assert rooms.said == []


async def test_a_store_that_answers_late_all_the_time_ends_nothing() -> None:
    store, rooms = FakeStore(), FakeRooms()
    beat = store.beat

    async def slow(*args: object) -> Kept:
        await asyncio.sleep(1.2)
        return await beat(*args)

    store.beat = slow  # type: ignore[method-assign]  # played
    async with keeping(store, rooms, Now()) as kept:
        await until(lambda: kept.keeps("north"))


async def test_the_lease_runs_out_while_a_store_does_not_answer() -> None:
    store, rooms, now = FakeStore(), FakeRooms(), Now()
    async with keeping(store, rooms, now) as kept:
        await until(lambda: kept.keeps("north"))

        async def never(*_args: object) -> Kept:
            await asyncio.Event().wait()
            raise AssertionError

        store.beat = never  # type: ignore[method-assign]  # played
        await asyncio.sleep(0.02)
        now.at += LEASE_S
        await until(lambda: "leave north" in rooms.said)


@pytest.mark.parametrize("fails", [False, True])
async def test_a_facility_is_served_no_more_before_another_hub_gets_it(fails: bool) -> None:
    store, rooms = FakeStore(), FakeRooms()
    beat, served_while_given = store.beat, list[bool]()
    async with keeping(store, rooms, Now()) as kept:
        await until(lambda: kept.keeps("north"))

        async def look(*args: Any) -> Kept:
            if args[2]:
                served_while_given.append(kept.keeps("north"))
                # It may be done although nobody was told.
                store.kept, store.fails = Kept(("me", "other"), {"north": "other"}), fails
            return await beat(*args)

        store.beat = look  # type: ignore[method-assign]  # played
        store.kept = Kept(("me", "other"), {"north": "me"}, frozenset({"north"}))
        await until(lambda: served_while_given)
        await asyncio.sleep(0.05)
        assert served_while_given == [False]
        assert rooms.said == ["take north", "open north", "leave north"]
        assert not kept.keeps("north")
        store.fails = False
        await until(lambda: kept._known("north") == "other")


async def test_what_no_other_hub_should_keep_is_never_offered() -> None:
    store, rooms = FakeStore(), FakeRooms()
    async with keeping(store, rooms, Now()) as kept:
        await until(lambda: kept.keeps("north") and store.beats > 5)
        assert set(store.given) == {frozenset()}


async def test_a_fault_while_taking_is_tried_again() -> None:
    store, rooms = FakeStore(), FakeRooms()
    rooms.refusals, rooms.refuses_with = 2, RuntimeError("a fault of ours")
    async with keeping(store, rooms, Now()) as kept:
        await until(lambda: kept.keeps("north"))


async def test_a_fault_of_the_rooms_does_not_end_the_keeping() -> None:
    store, rooms = FakeStore(), FakeRooms()
    rooms.fails = {"other"}
    async with keeping(store, rooms, Now()) as kept:
        await until(lambda: kept.keeps("north"))
        store.kept = Kept(("me",), {"north": "me", "south": "me"})
        await until(lambda: kept.keeps("south"))


async def test_whoever_leaves_does_not_wait_for_a_database_that_is_frozen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shared_keeping, "LEAVE_WITHIN_S", 0.05)
    store = FakeStore()

    async def never(hub: str) -> None:
        await asyncio.Event().wait()

    store.leave = never  # type: ignore[method-assign]  # played
    async with keeping(store, FakeRooms(), Now()) as kept, asyncio.timeout(2.0):
        assert await kept.leave()


async def test_another_hub_that_is_gone_is_told_once() -> None:
    store, rooms = FakeStore(), FakeRooms()
    async with keeping(store, rooms, Now()) as kept:
        await until(lambda: kept.keeps("north"))
        store.kept = Kept(("me",), {"north": "me", "south": "me"})
        await until(lambda: kept.keeps("south"))
        assert rooms.said.count("gone other") == 1


async def test_whoever_left_takes_nothing_again() -> None:
    store, rooms = FakeStore(), FakeRooms()
    async with keeping(store, rooms, Now()) as kept:
        await until(lambda: kept.keeps("north"))
        assert await kept.leave()
        assert not await kept.leave()
        assert store.left == ["me"]
        beats = store.beats
        kept.look()
        await asyncio.sleep(0.05)
        assert store.beats <= beats + 1
        assert not kept.keeps("north")
