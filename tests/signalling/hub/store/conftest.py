"""One contract for both databases: every test of `open_store` runs on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from signalling.hub.store.postgres import PostgresStore
from signalling.hub.store.records import Inmate, Visitor
from signalling.hub.store.sqlite import SqliteStore
from signalling.hub.store.stored import Clock, StoredStore

START = 1_800_000_000.0
"""A multiple of CELL_S."""

OpenStore = Callable[[Clock], Awaitable[StoredStore]]


class FakeClock:
    """A clock that a test sets."""

    now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["sqlite", "postgres"])
async def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    """Opens stores of one and the same database; they are closed at the test's end."""
    where = (
        tmp_path / "visits.db"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    opened: list[StoredStore] = []

    async def open_one(clock: Clock) -> StoredStore:
        if isinstance(where, Path):
            store: StoredStore = await SqliteStore.open(where, clock)
        else:
            store = await PostgresStore.open(where, clock)
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        await store.close()


@pytest.fixture
async def store(open_store: OpenStore, clock: FakeClock) -> StoredStore:
    """An empty one."""
    return await open_store(clock)


@pytest.fixture
async def peopled(store: StoredStore) -> StoredStore:
    """One with inmates i1 and i2 of north and visitors v1 and v2."""
    await store.people.add_inmate(Inmate("i1", "north", "1", "One"), b"m" * 32)
    await store.people.add_inmate(Inmate("i2", "north", "2", "Two"), b"n" * 32)
    for who in ("v1", "v2"):
        await store.people.add_visitor(Visitor(who, f"{who}@x.y", f"Name {who}", "hash", START))
    return store
