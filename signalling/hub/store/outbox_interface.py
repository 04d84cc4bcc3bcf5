"""The store's room of mails that are to go out, as the rest of the hub sees it."""

from __future__ import annotations

from typing import Protocol

from signalling.hub.store.records import Mail


class OutboxStore(Protocol):
    """Mails that are to go out."""

    async def put(self, mail: Mail) -> bool:
        """Keep a mail; False when its key is known already."""

    async def claim(self, limit: int, hold_s: float) -> list[Mail]:
        """Mails to send now, the oldest first; nobody else gets them for `hold_s`."""

    async def next_due_at(self) -> float | None: ...

    async def counts(self) -> tuple[int, int]:
        """How many wait to be sent, and how many were given up."""

    async def all(self) -> list[Mail]: ...

    async def sent(self, key: str) -> None: ...

    async def failed(self, key: str, error: str, due_at: float | None) -> None:
        """Count a try that failed; the next one is at `due_at`, with None there is none."""

    async def retry(self, key: str | None) -> list[str]:
        """Let a mail be tried anew from now on; with None all whose last try failed.

        Returns the keys of those; mails that were sent are left alone.
        """
