"""Finds out who of this hub's clients may stay, after what others said of them may have been lost.

A log-in that its visitor ended, or a terminal that staff revoked, must not live on because a
message between two hubs got lost: then all of this hub's are looked up again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from signalling.hub.bus.interface import (
    AccountChanged,
    Bus,
    PeopleChanged,
    SessionEnded,
    TerminalRevoked,
)
from signalling.hub.store.interface import Store
from signalling.hub.switchboard import Switchboard

AT_ONCE: Final = 100
"""Pages looked up side by side: the store refuses those that wait behind too many others."""


class StillValid:
    """Looks up the log-ins and keys of all clients of this hub."""

    def __init__(self, store: Store, bus: Bus, board: Switchboard) -> None:
        self._store = store
        self._bus = bus
        self._board = board

    async def check(self) -> None:
        """Say here what may have been said unheard. Raises StoreError."""
        await self._terminals()
        sessions = {page.session.token_hash for page in self._board.pages if page.session}
        await self._each(sorted(sessions), self._session)
        visitors = {page.visitor.id for page in self._board.pages if page.visitor}
        await self._each(sorted(visitors), self._account)

    async def _terminals(self) -> None:
        keys = {each.id: each.public_key for each in await self._store.terminals.terminals()}
        for link in list(self._board.terminals.values()):
            if keys.get(link.id) != link.terminal.public_key:
                self._bus.publish_here(TerminalRevoked(link.id))

    @staticmethod
    async def _each(keys: list[str], look_up: Callable[[str], Awaitable[None]]) -> None:
        for start in range(0, len(keys), AT_ONCE):
            await asyncio.gather(*map(look_up, keys[start : start + AT_ONCE]))

    async def _session(self, token_hash: str) -> None:
        if await self._store.people.session(token_hash) is None:
            self._bus.publish_here(SessionEnded(token_hash))

    async def _account(self, visitor: str) -> None:
        now = await self._store.people.visitor(visitor)
        if now is not None:
            self._bus.publish_here(AccountChanged(now.id, now.email, now.new_email))
            self._bus.publish_here(PeopleChanged(now.id))
