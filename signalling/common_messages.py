"""Messages that terminals and pages have in common and that belong to no visit. PROTOCOL.md."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from signalling.codec import Message


class Ping(Message, frozen=True, tag="ping"):
    """Asks for a `pong`; pages cannot see the websocket's own pings."""

    sent: float


class Pong(Message, frozen=True, tag="pong"):
    """Answers `ping`."""

    sent: float
    now: float


class Refused(Message, frozen=True, tag="refused"):
    """A person asked for what cannot be now; the connection stays. `about` is the type refused."""

    about: str
    code: str
    facts: dict[str, str | int | float | None] = field(default_factory=dict)


class Violation(Message, frozen=True, tag="violation"):
    """The other end broke the protocol; the hub closes after this. `code` is in `errors.py`."""

    code: str
    detail: str = ""


class HubStopping(Message, frozen=True, tag="hub-stopping"):
    """The hub closes after this (1012): come back in `come_back_s`, each client in its own."""

    come_back_s: Annotated[float, Meta(ge=0, le=600)]
