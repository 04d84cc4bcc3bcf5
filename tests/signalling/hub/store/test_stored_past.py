"""Past visits: by one visitor, the newest first, with their own stars."""

from __future__ import annotations

from sqlite_utils import Database

from signalling.hub.store.migrations import migrate
from signalling.hub.store.records import Approval, Draft, Rating
from signalling.hub.store.stored import StoredStore
from signalling.hub.store.stored_past import PAST
from signalling.visit_events import Booked, By, Ended, EndReason
from tests.signalling.hub.store.conftest import FakeClock


async def ended(store: StoredStore, clock: FakeClock, visit: str, *visitors: str) -> None:
    """Book a visit and cancel it, each at a second of its own."""
    clock.now += 1
    starts_at = clock.now + 86_400
    booked = Booked("north", "i1", visitors, starts_at, starts_at + 1_800, starts_at - 600)
    made = await store.visits.book(visit, booked, "staff:x")
    await store.visits.append(made, [Draft(Ended(By.STAFF, EndReason.CANCELLED), "staff:x")])


async def ids(store: StoredStore, visitor: str, before: float, limit: int = 20) -> list[str]:
    return [each.visit.id for each in await store.past.visits(visitor, "north", before, limit)]


async def test_the_newest_first_and_only_ones_own(peopled: StoredStore, clock: FakeClock) -> None:
    for visit, *visitors in (("a", "v1"), ("b", "v2"), ("c", "v2", "v1"), ("d", "v1")):
        await ended(peopled, clock, visit, *visitors)
    later = clock.now + 1
    assert await ids(peopled, "v1", later) == ["d", "c", "a"]
    assert await ids(peopled, "v1", later, limit=2) == ["d", "c"]
    third = (await peopled.past.visits("v1", "north", later, 2))[-1].visit
    assert third.ended_at is not None
    assert await ids(peopled, "v1", third.ended_at) == ["a"]
    assert await ids(peopled, "v2", later) == ["c", "b"]
    assert await peopled.past.visits("v1", "south", later, 20) == []


async def test_names_relations_and_own_stars(peopled: StoredStore, clock: FakeClock) -> None:
    await peopled.people.approve(Approval("v1", "i1", "mother"))
    await ended(peopled, clock, "a", "v2", "v1")
    await peopled.past.rate(Rating("a", "v1", 2, ("late",)))
    await peopled.past.rate(Rating("a", "v1", 4))
    await peopled.past.rate(Rating("a", "v2", 1, ("no-sound", "late")))
    (mine,) = await peopled.past.visits("v1", "north", clock.now + 1, 20)
    assert (mine.inmate, mine.stars) == ("One", 4)
    assert mine.people == (("Name v2", ""), ("Name v1", "mother"))
    ratings = {
        each.visitor: (each.stars, each.troubles) for each in await peopled.past.ratings("a")
    }
    assert ratings == {"v1": (4, ()), "v2": (1, ("no-sound", "late"))}
    await peopled.accounts.erase("v2")
    (mine,) = await peopled.past.visits("v1", "north", clock.now + 1, 20)
    assert mine.people[0] == ("v2", "")


def test_a_long_history_of_others_is_never_read() -> None:
    db = Database(memory=True)
    migrate(db)
    plan = [row[3] for row in db.execute(f"explain query plan {PAST}", ("v1", "n", 1.0, 20))]
    assert plan[0].startswith("SEARCH w USING PRIMARY KEY (visitor=?)")
    assert not any(step.startswith("SCAN") for step in plan)
