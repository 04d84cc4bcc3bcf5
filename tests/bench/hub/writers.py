"""Committed visit events: sixteen writers whose commits are shared, and each with its own."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from signalling.hub.store.interface import Store
from signalling.hub.store.postgres import PostgresStore
from signalling.hub.store.postgres_backend import PostgresBackend
from signalling.hub.store.records import Draft
from signalling.hub.store.sqlite import SqliteStore
from signalling.hub.store.sqlite_tables import SqliteBackend
from signalling.hub.store.stored import StoredStore
from signalling.visit import Visit
from signalling.visit_events import InmateSignedIn, InmateSignedOut
from tests.bench.hub.people import settle
from tests.bench.hub.sizes import SHORT, Size
from tests.signalling.hub.postgres_server import postgres_server

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
    """Return events a second in SQLite, FULL: with shared commits and with one for each."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        store = await SqliteStore.open(state / "visits.db")
        return await _both(store, SqliteBackend, state, size)


async def postgres(size: Size) -> tuple[float, float]:
    """Return the same of a PostgreSQL server that syncs every commit."""
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        store = await PostgresStore.open(server.new_database())
        fewer = replace(size, writes=size.writes // 2)  # it is slower, and a rate is a rate
        return await _both(store, PostgresBackend, Path(folder), fewer)


async def _both(
    store: StoredStore,
    backend: type[SqliteBackend | PostgresBackend],
    state: Path,
    size: Size,
) -> tuple[float, float]:
    await settle(store, state, SHORT, time.time())
    now = time.time()
    every = await store.visits.load_since(0)
    visits = [each for each in every if each.booked.starts_at < now]
    shared = await _rate(store, visits, size.writes)
    whole = backend.group_size
    backend.group_size = 1
    try:
        own = await _rate(store, visits, size.writes // 4)
    finally:
        backend.group_size = whole
        await store.close()
    return shared, own
