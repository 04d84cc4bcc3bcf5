"""The store's room of past visits, as the rest of the hub sees it."""

from __future__ import annotations

from typing import Protocol

from signalling.hub.store.records import PastVisit, Rating


class PastStore(Protocol):
    """Visits that have ended, and how they were."""

    async def visits(
        self, visitor: str, facility: str, before: float, limit: int
    ) -> list[PastVisit]:
        """A visitor's at one facility that ended before a time, the newest first."""

    async def rate(self, rating: Rating) -> None:
        """Keep a rating, in the place of an earlier one."""

    async def ratings(self, visit: str) -> list[Rating]:
        """All of one visit."""
