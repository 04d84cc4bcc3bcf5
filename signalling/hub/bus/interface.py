"""How a change reaches the clients of every hub. One implementation so far: `local.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class VisitChanged:
    """A visit's log or what is known of its ends changed; read it again and push it."""

    visit: str
    inmate: str
    visitors: tuple[str, ...]
    facility: str


@dataclass(frozen=True, slots=True)
class TerminalChanged:
    """Who sits at a terminal, or whether it works, changed."""

    terminal: str
    facility: str


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """A visitor's log-in is over."""

    token_hash: str


@dataclass(frozen=True, slots=True)
class PeopleChanged:
    """Whom a visitor may visit, or asked to, changed."""

    visitor: str


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """What a visitor's pages show of the account changed; `new_email` waits for its link."""

    visitor: str
    email: str
    new_email: str | None


Change = VisitChanged | TerminalChanged | SessionEnded | PeopleChanged | AccountChanged


class Bus(Protocol):
    """Tells every hub, this one included, what changed. At most once, in order per hub."""

    def publish(self, change: Change) -> None:
        """Tell all subscribers. Call only after the change is committed."""

    def subscribe(self, handler: Callable[[Change], None]) -> None:
        """Have `handler` called, on the loop's thread, with every change; it must not block."""
