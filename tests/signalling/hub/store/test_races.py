"""Four hubs on one database at once: what is written once is written by one of them."""

from __future__ import annotations

import asyncio
import time

from signalling.hub.store.records import Draft, Inmate, Mail, Visitor
from signalling.hub.store.stored import StoredStore
from signalling.visit_events import Begun, Booked, By, Ended, EndReason, Extended, InmateSignedIn
from tests.signalling.hub.store.conftest import OpenStore

HUBS = 4
ROUNDS = 5


async def four(open_store: OpenStore) -> list[StoredStore]:
    return [await open_store(time.time) for _ in range(HUBS)]


async def visit_begun(store: StoredStore, number: int) -> str:
    now = store.clock()
    await store.people.add_inmate(Inmate(f"i{number}", "north", str(number), "One"), b"m" * 32)
    await store.people.add_visitor(Visitor(f"v{number}", f"v{number}@x.y", "Ana", "hash", now))
    booked = Booked("north", f"i{number}", (f"v{number}",), now, now + 900, now - 600)
    visit = await store.visits.book(f"visit-{number}", booked, "staff:x")
    visit = await store.visits.append(visit, [Draft(InmateSignedIn("c4"), "terminal:c4")])
    visit = await store.visits.append(visit, [Draft(Begun(f"v{number}"), f"visitor:v{number}")])
    return visit.id


async def test_of_four_that_give_time_back_one_does(open_store: OpenStore) -> None:
    stores = await four(open_store)
    for number in range(ROUNDS):
        visit = await visit_begun(stores[0], number)
        seen = [await store.visits.load(visit) for store in stores]
        answers = await asyncio.gather(
            *(
                store.visits.append(each, [Draft(Extended(30.0), "hub")])
                for store, each in zip(stores, seen, strict=True)
                if each is not None
            ),
            return_exceptions=True,
        )
        told = sorted(type(each).__name__ for each in answers)
        assert told == ["Stale", "Stale", "Stale", "Visit"]
        again = await stores[1].visits.load(visit)
        assert again is not None
        assert again.ends_at == again.booked.ends_at + 30.0


async def test_of_four_that_end_a_visit_one_does(open_store: OpenStore) -> None:
    stores = await four(open_store)
    visit = await visit_begun(stores[0], 1)
    seen = [await store.visits.load(visit) for store in stores]
    ended = [Draft(Ended(By.STAFF, EndReason.STAFF, "x"), "hub")]
    answers = await asyncio.gather(
        *(
            store.visits.append(each, ended)
            for store, each in zip(stores, seen, strict=True)
            if each is not None
        ),
        return_exceptions=True,
    )
    assert sum(not isinstance(each, BaseException) for each in answers) == 1
    log = await stores[2].visits.log(visit)
    assert sum(isinstance(each.what, Ended) for each in log) == 1


async def test_of_four_that_claim_mails_each_gets_others(open_store: OpenStore) -> None:
    stores = await four(open_store)
    for number in range(20):
        await stores[0].outbox.put(Mail(f"k{number}", "a@x.y", "Hello", "body"))
    claims = await asyncio.gather(
        *(store.outbox.claim(6, 60.0) for _ in range(2) for store in stores)
    )
    keys = [mail.key for claim in claims for mail in claim]
    assert sorted(keys) == sorted({f"k{number}" for number in range(20)})


async def test_a_hold_that_ran_out_is_claimed_by_another(open_store: OpenStore) -> None:
    one, two, *_ = await four(open_store)
    await one.outbox.put(Mail("k", "a@x.y", "Hello", "body"))
    assert [mail.key for mail in await one.outbox.claim(5, 0.0)] == ["k"]
    assert [mail.key for mail in await two.outbox.claim(5, 60.0)] == ["k"]
    assert await one.outbox.claim(5, 60.0) == []
