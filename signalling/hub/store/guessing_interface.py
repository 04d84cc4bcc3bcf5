"""What the store keeps against guessing: lockouts after wrong PINs, tries, familiar addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

FAMILIAR_S: Final = 180 * 86_400.0
"""How long an address from which its owner logged in is let try while all others, who guess from
many addresses, have an account shut. It is forgotten then."""


@dataclass(frozen=True, slots=True)
class Lockout:
    """What is locked after wrong PINs: an inmate number (FACILITY/NUMBER), terminal or facility."""

    kind: str
    id: str
    failures: int
    locked_until: float


@dataclass(frozen=True, slots=True)
class Counted:
    """A try, at most so many in a window that begins with the first."""

    mac: bytes
    """Of what it is counted by."""
    most: int
    window_s: float


@dataclass(frozen=True, slots=True)
class ShutTry:
    """There is none left of the try with this number until a time."""

    number: int
    until: float


class GuessingStore(Protocol):
    """Lockouts, tries, and where from visitors logged in."""

    async def lockouts(self) -> list[Lockout]:
        """What is locked now, by kind and id."""

    async def release(self, kind: str, id: str) -> bool:
        """End a lockout; whether there were failures to forget."""

    async def count_tries(self, tries: Sequence[Counted]) -> ShutTry | None:
        """Count each once, or none where one is shut: then the first that is."""

    async def take_back_tries(self, macs: Sequence[bytes], forget: Sequence[bytes]) -> None:
        """One try of each was none; of those to `forget` nothing stays counted."""

    async def keep_familiar(self, visitor: str, address_mac: bytes, most: int) -> None:
        """Keep that a visitor logged in from an address; of many the newest `most` stay."""

    async def is_familiar(self, visitor: str, address_mac: bytes, since: float) -> bool:
        """Whether a visitor logged in from an address at `since` or later."""

    async def trim_sessions(self, visitor: str, most: int) -> list[str]:
        """End all but a visitor's `most` sessions that were used last; return what ended."""
