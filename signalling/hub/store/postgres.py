"""The store on PostgreSQL (psycopg): several hubs may share one database."""

from __future__ import annotations

from signalling.hub.store.postgres_backend import PostgresBackend
from signalling.hub.store.server_clock import ServerClock
from signalling.hub.store.stored import Clock, StoredStore
from signalling.hub.store.writer import Writer


class PostgresStore(StoredStore):
    """`interface.Store`. Make it with `await PostgresStore.open(url)`."""

    @classmethod
    async def open(cls, url: str, clock: Clock | None = None, password: str = "") -> PostgresStore:
        """Connect and bring the database's schema up to date.

        Without a clock time is the server's, which all its hubs share.

        Raises:
            StoreError: it cannot be used or is of a newer version.
        """
        server = ServerClock()
        writer = await Writer.open(lambda: PostgresBackend(url, server, password))
        return cls(writer, clock or server)
