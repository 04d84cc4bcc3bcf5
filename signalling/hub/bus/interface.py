"""How changes and parcels travel between hubs: `local.py` for a single one, `nats.py` for several.

A change says what is committed already; whoever hears of it reads the store. Parcels carry the
conversation of a client that is connected to one hub and served by another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct


class VisitChanged(Struct, frozen=True, tag="visit"):
    """A visit's log or what is known of its ends changed; read it again and push it."""

    visit: str
    inmate: str
    visitors: tuple[str, ...]
    facility: str
    length: int = 0
    """Of the log: who has folded as many events needs not read it."""


class TerminalChanged(Struct, frozen=True, tag="terminal"):
    """Who sits at a terminal, or whether it works, changed."""

    terminal: str
    facility: str


class TerminalRevoked(Struct, frozen=True, tag="revoked"):
    """A terminal's key holds no more: its link is to be closed."""

    terminal: str


class SessionEnded(Struct, frozen=True, tag="session"):
    """A visitor's log-in is over."""

    token_hash: str


class PeopleChanged(Struct, frozen=True, tag="people"):
    """Whom a visitor may visit, or asked to, changed."""

    visitor: str


class AccountChanged(Struct, frozen=True, tag="account"):
    """What a visitor's pages show of the account changed; `new_email` waits for its link."""

    visitor: str
    email: str
    new_email: str | None


class HubLeaves(Struct, frozen=True, tag="leaves"):
    """A hub stops and keeps nothing any more."""

    hub: str


class LockdownsChanged(Struct, frozen=True, tag="lockdowns"):
    """A lockdown began or ended there, or this inmate lives in another unit now."""

    facility: str
    inmate: str = ""


Change = (
    VisitChanged
    | TerminalChanged
    | TerminalRevoked
    | SessionEnded
    | PeopleChanged
    | AccountChanged
    | HubLeaves
    | LockdownsChanged
)


class Opening(Struct, frozen=True, tag="open"):
    """A client of the sending hub is to be served by the hub that gets this."""

    talk: int
    """Names the conversation among those of the hub that the client is connected to."""
    kind: str
    """`terminal` or `page`."""
    who: str
    """A terminal that has proved its key; or the token hash of a page's session."""
    first: str
    """What a page said already and is to be answered; empty: it has just opened its facility."""
    address: str
    browser: str = ""


class Frame(Struct, frozen=True, tag="frame"):
    """What a carried client said (`up`), or what it is sent."""

    talk: int
    up: bool
    text: str
    snapshot: str = ""
    """Of frames with this name that wait for the client only the newest is sent; empty: all are."""


class Ended(Struct, frozen=True, tag="ended"):
    """A carried conversation is over: its socket went (`up`), or is to be closed with a code."""

    talk: int
    up: bool
    code: int | None
    reason: str = ""


Parcel = Opening | Frame | Ended


class Bus(Protocol):
    """Tells every hub what changed, and one hub what a client says. Nothing here waits."""

    hub: str
    """This hub's own name, another one with every start."""

    def publish(self, change: Change) -> None:
        """Tell all subscribers of all hubs, this one's at once. Only after it is committed."""

    def publish_here(self, change: Change) -> None:
        """Tell this hub's own subscribers: nothing that another hub could see has changed."""

    def subscribe(self, handler: Callable[[Change], None]) -> None:
        """Have `handler` called, on the loop's thread, with every change; it must not block."""

    def subscribe_others(self, handler: Callable[[Change | None], None]) -> None:
        """Have `handler` called with every change that another hub published, in its order.

        None: some were lost on the way; what this hub knows is to be read again.
        """

    def tell(self, hub: str, parcel: Parcel) -> None:
        """Send a parcel to one hub: in order, at most once."""

    def receive(self, handler: Callable[[str, Parcel], None]) -> None:
        """Have `handler` called with each parcel and the hub that sent it."""

    def subscribe_lost(self, handler: Callable[[str], None]) -> None:
        """Have `handler` called with a hub that is silent, or a parcel of which was lost."""

    def heard(self, within_s: float) -> frozenset[str]:
        """Return the hubs that said anything within the last seconds: their processes live."""

    async def close(self) -> None:
        """Send what waits, and be gone. Idempotent."""
