"""What the store keeps against guessing: lockouts after wrong PINs, and familiar addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Lockout:
    """What is locked after wrong PINs: an inmate number (FACILITY/NUMBER), terminal or facility."""

    kind: str
    id: str
    failures: int
    locked_until: float


class GuessingStore(Protocol):
    """Lockouts, and where from visitors logged in."""

    async def lockouts(self) -> list[Lockout]:
        """What is locked now, by kind and id."""

    async def release(self, kind: str, id: str) -> bool:
        """End a lockout; whether there were failures to forget."""

    async def keep_familiar(self, visitor: str, address_mac: bytes, most: int) -> None:
        """Keep that a visitor logged in from an address; of many the newest `most` stay."""

    async def is_familiar(self, visitor: str, address_mac: bytes, since: float) -> bool:
        """Whether a visitor logged in from an address at `since` or later."""

    async def trim_sessions(self, visitor: str, most: int) -> list[str]:
        """End all but a visitor's `most` sessions that were used last; return what ended."""
