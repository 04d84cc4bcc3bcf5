from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from signalling.hub.store.postgres_connecting import connect
from signalling.hub.store.postgres_schema import migrate
from tests.signalling.hub.harness import Hub, hub_config, running_hub
from tests.signalling.hub.postgres_server import FAST, PostgresServer, postgres_server

MIGRATED = "migrated"
EMPTY_ALL = """
do $$ declare t text; begin
    set session_replication_role = replica;
    for t in select tablename from pg_tables where schemaname = 'public' loop
        if t <> 'migrations' then execute format('delete from %I', t); end if;
    end loop;
end $$
"""


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(hub_config(tmp_path / "state")) as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server for all tests of the session; `postgres_url` is a database of one test in it."""
    with postgres_server(*FAST) as server:
        server.run(f"create database {MIGRATED}")
        with connect(server.url(MIGRATED)) as connection:
            migrate(connection, MIGRATED)
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """What goes into hub.toml for an empty store, its schema up to date.

    Emptied it is again in a hundredth of the time that a new database takes.
    """
    postgres.run(EMPTY_ALL, MIGRATED)
    return postgres.url(MIGRATED)
