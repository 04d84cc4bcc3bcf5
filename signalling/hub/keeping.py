"""Which hub keeps a facility: serves its visits, seats and boards, and lets time have its effects.

A visit's log is in the store, and any hub may append to it. What no log has, who is connected and
what they see, has one place: the hub that keeps the facility. A single hub keeps all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Protocol


class Keeping(Protocol):
    """Who keeps what."""

    def keeps(self, facility: str) -> bool:
        """Whether this hub keeps a facility now, and has read all of it."""

    async def keeper(self, facility: str) -> str | None:
        """Return which hub keeps a facility; waits while that changes, but not for long."""


class Alone:
    """The keeping of a hub that has no others beside it."""

    def __init__(self, hub: str) -> None:
        self._hub = hub

    def keeps(self, facility: str) -> bool:
        """Whatever it is."""
        return True

    async def keeper(self, facility: str) -> str | None:
        """This hub."""
        return self._hub


def preferred(facility: str, hubs: Iterable[str]) -> str | None:
    """Return which of these hubs should keep a facility; None when there are none.

    Rendezvous hashing: every hub comes to the same answer, and one that comes or goes moves only
    the facilities that it should keep.
    """

    def weight(hub: str) -> bytes:
        return hashlib.sha256(f"{facility}\0{hub}".encode()).digest()

    return max(hubs, key=weight, default=None)
