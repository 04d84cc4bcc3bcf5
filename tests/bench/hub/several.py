"""Two hubs that are one: a PostgreSQL and a NATS server of their own, both real."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from signalling.hub.inmates import read_pin_key
from signalling.hub.services import PIN_KEY
from signalling.hub.store.interface import Store
from signalling.hub.store.postgres import PostgresStore
from tests.bench.hub.ours import HubProcess
from tests.bench.hub.people import hub_toml
from tests.e2e.processes import until
from tests.signalling.hub.bus.nats_server import NatsServer, nats_server
from tests.signalling.hub.postgres_server import postgres_server
from tests.signalling.hub.tcp_relay import Cable, cable

KEYS: Final = (PIN_KEY, "receipt.key")
BOTH_WITHIN_S: Final = 20.0
Fill = Callable[[Store, bytes], Awaitable[None]]
"""Puts people and visits into the store; the bytes are the hubs' key of PINs."""


@dataclass(frozen=True, slots=True)
class Two:
    """The first one keeps every facility when it is started first. Neither runs yet."""

    first: HubProcess
    second: HubProcess
    nats: NatsServer
    store_url: str
    cables: tuple[Cable, Cable]
    """What the first one reaches the database and the bus through."""

    async def join(self) -> None:
        """Start the second one beside the first; returns when both know each other."""
        for key in KEYS:
            shutil.copy(self.first.state / key, self.second.state / key)
        await self.second.start()
        for hub in (self.first, self.second):
            await until(lambda hub=hub: knows_both(hub.said()), BOTH_WITHIN_S, "two hubs")  # type: ignore[misc] # mypy infers no lambda with a default


def knows_both(log: str) -> bool:
    """Whether a hub's newest word about hubs names two."""
    _, found, newest = log.rpartition("hubs: ")
    return bool(found) and newest.partition("\n")[0].count("h-") == 2


@contextlib.asynccontextmanager
async def two_hubs(folder: Path, fill: Fill, more: str = "") -> AsyncIterator[Two]:
    """Fill a store and make two hubs on it; `more` is for both configurations."""
    with tempfile.TemporaryDirectory() as ports, postgres_server() as server:
        store_url = server.new_database()
        async with (
            nats_server(Path(ports)) as nats,
            cable("127.0.0.1", server.port) as database,
            cable("127.0.0.1", urlsplit(nats.url).port or 0) as bus,
        ):
            first, second = HubProcess(folder / "first"), HubProcess(folder / "second")
            first.configure(
                hub_toml(
                    folder / "first",
                    store_url.replace(str(server.port), str(database.port)),
                    f"nats://127.0.0.1:{bus.port}",
                    more,
                )
            )
            second.configure(hub_toml(folder / "second", store_url, nats.url, more))
            store = await PostgresStore.open(store_url)
            await fill(store, read_pin_key(first.state / PIN_KEY))
            await store.close()
            try:
                yield Two(first, second, nats, store_url, (database, bus))
            finally:
                for hub in (first, second):
                    await hub.kill()
