"""Which store a configuration names, and opening it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from config.schema import HubConfig
from signalling.hub.errors import StartError
from signalling.hub.store.interface import Store, StoreError
from signalling.hub.store.postgres import PostgresStore
from signalling.hub.store.sqlite import SqliteStore


def store_path(config: HubConfig) -> Path | None:
    """Return which file the database is; None when a server keeps it.

    Raises:
        StartError: `store` names something that this version has no store for.
    """
    if not config.store:
        return Path(config.state_dir) / "visits.db"
    scheme, _, path = config.store.partition("://")
    if scheme == "postgresql":
        return None
    if scheme != "sqlite" or not path:
        raise StartError('store is neither "sqlite:///PATH" nor "postgresql://USER@HOST/DATABASE"')
    return Path(path)


async def open_store(config: HubConfig, clock: Callable[[], float] | None = None) -> Store:
    """Open the store; without a clock its time is this machine's, or the database server's.

    Raises:
        StartError: it cannot be opened.
    """
    path = store_path(config)
    try:
        if path is not None:
            return await SqliteStore.open(path, clock or time.time)
        return await PostgresStore.open(config.store, clock, config.store_password.reveal())
    except StoreError as error:
        raise StartError(str(error)) from error
