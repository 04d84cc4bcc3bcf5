"""Past visits in SQLite: by one visitor, the newest first, with their own stars."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from signalling.hub.store.migrations import migrate
from signalling.hub.store.records import Approval, Draft, Inmate, Rating, Visitor
from signalling.hub.store.sqlite import SqliteStore
from signalling.hub.store.stored_past import PAST
from signalling.visit_events import Booked, By, Ended, EndReason

START = 1_800_000_000.0


class FakeClock:
    now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.open(tmp_path / "visits.db", clock)
    await opened.people.add_inmate(Inmate("i1", "north", "1", "One"), b"m" * 32)
    for who in ("v1", "v2"):
        await opened.people.add_visitor(Visitor(who, f"{who}@x.y", f"Name {who}", "hash", START))
    yield opened
    await opened.close()


async def ended(store: SqliteStore, clock: FakeClock, visit: str, *visitors: str) -> None:
    """Book a visit and cancel it, each at a second of its own."""
    clock.now += 1
    starts_at = clock.now + 86_400
    booked = Booked("north", "i1", visitors, starts_at, starts_at + 1_800, starts_at - 600)
    made = await store.visits.book(visit, booked, "staff:x")
    await store.visits.append(made, [Draft(Ended(By.STAFF, EndReason.CANCELLED), "staff:x")])


async def ids(store: SqliteStore, visitor: str, before: float, limit: int = 20) -> list[str]:
    return [each.visit.id for each in await store.past.visits(visitor, "north", before, limit)]


async def test_the_newest_first_and_only_ones_own(store: SqliteStore, clock: FakeClock) -> None:
    for visit, *visitors in (("a", "v1"), ("b", "v2"), ("c", "v2", "v1"), ("d", "v1")):
        await ended(store, clock, visit, *visitors)
    later = clock.now + 1
    assert await ids(store, "v1", later) == ["d", "c", "a"]
    assert await ids(store, "v1", later, limit=2) == ["d", "c"]
    third = (await store.past.visits("v1", "north", later, 2))[-1].visit
    assert third.ended_at is not None
    assert await ids(store, "v1", third.ended_at) == ["a"]
    assert await ids(store, "v2", later) == ["c", "b"]
    assert await store.past.visits("v1", "south", later, 20) == []


async def test_names_relations_and_own_stars(store: SqliteStore, clock: FakeClock) -> None:
    await store.people.approve(Approval("v1", "i1", "mother"))
    await ended(store, clock, "a", "v2", "v1")
    await store.past.rate(Rating("a", "v1", 2, ("late",)))
    await store.past.rate(Rating("a", "v1", 4))
    await store.past.rate(Rating("a", "v2", 1, ("no-sound", "late")))
    (mine,) = await store.past.visits("v1", "north", clock.now + 1, 20)
    assert (mine.inmate, mine.stars) == ("One", 4)
    assert mine.people == (("Name v2", ""), ("Name v1", "mother"))
    ratings = {each.visitor: (each.stars, each.troubles) for each in await store.past.ratings("a")}
    assert ratings == {"v1": (4, ()), "v2": (1, ("no-sound", "late"))}
    await store.accounts.erase("v2")
    (mine,) = await store.past.visits("v1", "north", clock.now + 1, 20)
    assert mine.people[0] == ("v2", "")


def test_a_long_history_of_others_is_never_read() -> None:
    db = Database(memory=True)
    migrate(db)
    plan = [row[3] for row in db.execute(f"explain query plan {PAST}", ("v1", "n", 1.0, 20))]
    assert plan[0].startswith("SEARCH w USING PRIMARY KEY (visitor=?)")
    assert not any(step.startswith("SCAN") for step in plan)
