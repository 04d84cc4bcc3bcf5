"""Carries out `visit-hub check`, a page at a time: the hub goes on meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any, Final

from config.schema import HubConfig
from signalling.hub import staff_commands as ask
from signalling.hub import state_check
from signalling.hub.errors import StaffError
from signalling.hub.restore import database_faults
from signalling.hub.store.interface import Store
from signalling.hub.stores import store_path

PAGE: Final = 100
"""Visits that are looked at together: folding them holds the loop for a few milliseconds."""
TOLD: Final = 50
"""Problems that are told of one page."""


class CheckDesk:
    """One method per command."""

    def __init__(self, config: HubConfig, store: Store) -> None:
        self._config = config
        self._store = store

    async def check(self, command: ask.Check, _who: str) -> Any:
        """One page of one part: problems, how many were looked at, what to ask for next."""
        match command.part:
            case "database":
                return await self._database()
            case "visits":
                return await self._visits(command.after)
        return await self._audited(command.after)

    async def _database(self) -> Any:
        path: Path | None = store_path(self._config)
        if path is None:  # PostgreSQL holds its constraints itself; pg_amcheck reads its pages
            return _answer([], 0, None, 0)
        try:
            problems = await asyncio.to_thread(_read, path)
        except sqlite3.Error as error:
            raise StaffError(f"cannot read {path}: {error}") from None
        return _answer(problems, 1, None, 1)

    async def _visits(self, after: str) -> Any:
        found = await self._store.checks.visits(after, PAGE, only_open=True)
        problems = []
        for kept in found:
            problems += [*state_check.log_faults(kept), *state_check.occupancy_faults(kept)]
        if not after:
            problems += [
                f"visit {visit} is over and still occupies {kind} {who}"
                for kind, who, visit in await self._store.checks.strays(TOLD)
            ]
        total = await self._store.checks.count(only_open=True)
        return _answer(problems, len(found), found[-1].id if found else None, total)

    async def _audited(self, after: str) -> Any:
        since = await self._store.checks.audited_since()
        found = await self._store.checks.visits(after, PAGE, only_open=False)
        problems: list[str] = []
        for kept in found:
            problems += state_check.audit_faults(kept, since)
            if kept.closed_at is not None:  # the open ones were looked at before
                problems += state_check.log_faults(kept)
        total = await self._store.checks.count(only_open=False)
        return _answer(problems, len(found), found[-1].id if found else None, total)


def _answer(problems: list[str], looked_at: int, after: str | None, total: int) -> dict[str, Any]:
    return {
        "problems": problems[:TOLD],
        "looked_at": looked_at,
        "after": after,
        "total": total,
    }


def _read(path: Path) -> list[str]:
    # A connection of its own: it reads beside the writer, and keeps nobody waiting.
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        return database_faults(connection)
    finally:
        connection.close()
