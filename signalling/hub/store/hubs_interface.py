"""What hubs on one database share beside the facts: files to fetch, and who keeps what."""

from __future__ import annotations

from typing import Protocol

from signalling.hub.store.records import Kept, TicketRow


class TicketStore(Protocol):
    """Files to be fetched once, from whichever hub."""

    async def issue(self, ticket: TicketRow, most: int, most_bytes: int) -> bool:
        """Keep a ticket; of its visitor's the newest `most` stay.

        False when more than `most_bytes` would wait in all: nothing was kept.
        """

    async def take(self, path_hash: str, *, spend: bool) -> bytes | None:
        """Return the file of a ticket that holds, and spend it if so asked."""


class KeepingStore(Protocol):
    """Which hubs live, and which facilities they keep."""

    async def beat(
        self,
        hub: str,
        facilities: tuple[str, ...],
        gives: frozenset[str],
        lease_s: float,
        heard: frozenset[str] = frozenset(),
    ) -> Kept:
        """Say that a hub lives, take what nobody keeps and this hub should, and see all.

        Of what it keeps, the facilities in `gives` go to the hub that should keep them. Hubs that
        were `heard` just now have their lease, whatever became of their sessions.
        """

    async def leave(self, hub: str) -> None:
        """A hub goes: others may take what it kept."""

    async def same_key(self, name: str, print: str) -> bool:
        """Whether a key is the one that this database is used with; the first one is kept."""
