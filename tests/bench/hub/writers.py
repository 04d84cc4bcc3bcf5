"""Committed visit events: sixteen writers whose commits are shared, and each with its own."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Final

from signalling.hub.store.interface import Store
from signalling.hub.store.records import Draft
from signalling.hub.store.sqlite import SqliteStore
from signalling.hub.store.sqlite_tables import SqliteBackend
from signalling.visit import Visit
from signalling.visit_events import InmateSignedIn, InmateSignedOut
from tests.bench.hub.people import settle
from tests.bench.hub.sizes import SHORT, Size

WRITERS: Final = 16
EVENTS_OF_A_VISIT: Final = 400
"""A log takes 500."""


async def _write(store: Store, visits: list[Visit], events: int) -> None:
    visit = visits.pop()
    for _ in range(events):
        if visit.length >= EVENTS_OF_A_VISIT:
            visit = visits.pop()
        what = InmateSignedOut() if visit.signed_in else InmateSignedIn("t0")
        visit = await store.visits.append(visit, [Draft(what, "bench")])


async def _rate(store: Store, visits: list[Visit], events: int) -> float:
    began = time.perf_counter()
    await asyncio.gather(*(_write(store, visits, events) for _ in range(WRITERS)))
    return WRITERS * events / (time.perf_counter() - began)


async def sqlite(size: Size) -> tuple[float, float]:
    """Return events a second, with shared commits and with one for each."""
    with tempfile.TemporaryDirectory() as folder:
        return await _both(Path(folder), size)


async def _both(state: Path, size: Size) -> tuple[float, float]:
    read = state / "visits.db"
    store = await SqliteStore.open(read)
    await settle(store, state, SHORT, time.time())
    now = time.time()
    every = await store.visits.load_since(0)
    visits = [each for each in every if each.booked.starts_at < now]
    shared = await _rate(store, visits, size.writes)
    whole = SqliteBackend.group_size
    SqliteBackend.group_size = 1
    try:
        own = await _rate(store, visits, size.writes // 4)
    finally:
        SqliteBackend.group_size = whole
        await store.close()
    return shared, own
