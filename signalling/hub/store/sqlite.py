"""The store on SQLite (sqlite-utils): one file, one writer thread."""

from __future__ import annotations

import time
from pathlib import Path

from signalling.hub.store.sqlite_tables import SqliteBackend
from signalling.hub.store.stored import Clock, StoredStore
from signalling.hub.store.writer import Writer


class SqliteStore(StoredStore):
    """`interface.Store`. Make it with `await SqliteStore.open(path)`."""

    migrations_table = "_sqlite_migrations"

    @classmethod
    async def open(cls, path: Path, clock: Clock = time.time) -> SqliteStore:
        """Open or create the database and bring its schema up to date.

        Raises:
            StoreError: it cannot be opened or is of a newer version.
        """
        return cls(await Writer.open(lambda: SqliteBackend(path)), clock)
