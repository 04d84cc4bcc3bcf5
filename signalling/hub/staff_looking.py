"""A stopped hub's state, opened to be looked at: no visit goes on, and nothing is kept of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from config.schema import HubConfig
from signalling.hub import audit_heads
from signalling.hub import staff_commands as ask
from signalling.hub.desk_check import CheckDesk
from signalling.hub.errors import StaffError, StartError
from signalling.hub.signing import KEY_FILE, ReceiptKey
from signalling.hub.store.interface import Store
from signalling.hub.stores import open_store

NOBODY: Final = ""


class LookingDesk:
    """What `check` and `audit verify` ask. Unlike `Desk` it writes neither entries nor heads."""

    def __init__(self, config: HubConfig, store: Store, key: ReceiptKey) -> None:
        self._store = store
        self._head_file = Path(config.state_dir) / audit_heads.HEAD_FILE
        self._key = key
        self._check = CheckDesk(config, store)

    async def do(self, command: ask.AnyCommand) -> Any:
        """Answer a question. Raises StaffError: it cannot be read."""
        match command:
            case ask.Check():
                return await self._check.check(command, NOBODY)
            case ask.AuditEntries():
                found = await self._store.audit.page(command.after, command.limit)
                return [msgspec.to_builtins(each) for each in found]
            case ask.AuditHead():
                return {
                    "head": None,  # one signed now would be one more file that was written
                    "kept": audit_heads.kept(self._head_file),
                    "anchor": await self._store.audit.anchor(),
                    "pem": self._key.pem.decode(),
                }
        raise StaffError("a stopped hub's state is only looked at")


@contextlib.asynccontextmanager
async def looking_desk(
    config: HubConfig,
) -> AsyncIterator[Callable[[ask.AnyCommand], Awaitable[Any]]]:
    """Open the store and nothing else; the caller holds `hub_lock`.

    Raises:
        StartError: the store cannot be opened, or its key is not there.
    """
    file = Path(config.state_dir) / KEY_FILE
    if not file.exists():
        raise StartError(f"{file} is missing: copy it from the hub's backup")
    key = ReceiptKey.load_or_make(file)
    store = await open_store(config)
    try:
        yield LookingDesk(config, store, key).do
    finally:
        await store.close()
