"""Photos of identity cards and the requests they came with, on both databases."""

from __future__ import annotations

import dataclasses

from signalling.hub.store.records import Photo, Request
from signalling.hub.store.stored import StoredStore
from tests.signalling.hub.store.conftest import START

ASKED = Request("r1", "v1", "north", "7", "son", False, "p1", "pending", START)


async def asked(store: StoredStore) -> None:
    await store.requests.keep_photo(Photo("p1", "v1", START, b"jpeg"))
    await store.requests.add(ASKED)


async def test_a_visitor_who_removes_a_denied_request_removes_no_photo_from_staff(
    peopled: StoredStore,
) -> None:
    await asked(peopled)
    denied = dataclasses.replace(ASKED, status="denied", decided_at=START, decided_by="o")
    await peopled.requests.decide(denied, None)
    assert await peopled.requests.put_away("r1")
    assert await peopled.requests.sweep(START, START) == 0
    assert await peopled.requests.photo("p1") is not None
    assert await peopled.requests.sweep(START + 1, START) == 1


async def test_the_photo_of_a_request_that_was_taken_back_goes_at_once(
    peopled: StoredStore,
) -> None:
    await asked(peopled)
    back = dataclasses.replace(ASKED, status="withdrawn", decided_at=START)
    await peopled.requests.decide(back, None)
    assert await peopled.requests.sweep(START, START) == 1
