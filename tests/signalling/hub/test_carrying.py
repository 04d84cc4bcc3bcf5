"""What a hub lets go over the bus for a client of its own that another hub serves."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import cast

import pytest
from websockets.exceptions import ConnectionClosedError

from config.schema import Limits
from signalling.errors import NotJson, ProtocolError, TooLarge
from signalling.hub.audit_trail import AuditTrail
from signalling.hub.bus.interface import Ended, Frame, Opening, Parcel
from signalling.hub.bus.local import LocalBus
from signalling.hub.carrying import Carrier
from signalling.hub.client import Client
from signalling.hub.coalesced import Coalesced
from signalling.hub.conversation import Inbox
from signalling.hub.errors import TooFast
from signalling.hub.metrics import Metrics
from signalling.messages import PAGE_TO_HUB

log = logging.getLogger(__name__)
LIMITS = Limits(messages_per_10_s=20, frame_bytes=65_536)
OPENING = Opening(0, "page", "", "", "203.0.113.1")


class OtherEnd(LocalBus):
    """A bus with another hub, `b`, at its other end."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Parcel] = []
        self.say: Callable[[str, Parcel], None] | None = None

    def tell(self, hub: str, parcel: Parcel) -> None:
        assert hub == "b"
        self.told.append(parcel)

    def receive(self, handler: Callable[[str, Parcel], None]) -> None:
        self.say = handler


class Talker:
    """A client's socket: it says something and goes."""

    def __init__(self, *frames: str | bytes) -> None:
        self._frames = list(frames)
        self.close_code: int | None = None

    async def recv(self) -> str | bytes:
        if not self._frames:
            self.close_code = 1001
            raise ConnectionClosedError(None, None)
        return self._frames.pop(0)

    def send_now(self, message: bytes) -> bool:
        return True

    async def send(self, message: str) -> None: ...

    async def close(self, code: int = 1000, reason: str = "") -> None: ...

    def abort(self) -> None: ...


def client_of(socket: Talker) -> Client:
    metrics, trail = Metrics(), cast(AuditTrail, None)
    return Client(socket, "page at x", LIMITS, Coalesced(log), metrics, trail)


async def lend(bus: OtherEnd, socket: Talker) -> None:
    client = client_of(socket)
    inbox = Inbox(socket, PAGE_TO_HUB, LIMITS, client.metrics.traffic)
    inbox.known(known=True)
    await Carrier(bus).lend("b", client, inbox, OPENING)


async def test_what_a_carried_client_says_goes_over_the_bus_unread() -> None:
    bus, said = OtherEnd(), ["{}", "ñ" * 30_000]
    with pytest.raises(ConnectionClosedError):
        await lend(bus, Talker(*said))
    assert bus.told == [
        Opening(1, "page", "", "", "203.0.113.1"),
        *(Frame(1, True, text) for text in said),
        Ended(1, True, 1001),
    ]


@pytest.mark.parametrize(
    ("frames", "let_through", "why"),
    [
        (("{}",) * 1000, 20, TooFast),
        (("{}", "ñ" * 40_000, "{}"), 1, TooLarge),
        (("{}", b"{}", "{}"), 1, NotJson),
    ],
)
async def test_a_carried_client_fills_no_bus(
    frames: tuple[str | bytes, ...], let_through: int, why: type[ProtocolError]
) -> None:
    bus = OtherEnd()
    with pytest.raises(why):
        await lend(bus, Talker(*frames))
    assert sum(isinstance(each, Frame) for each in bus.told) == let_through
    assert bus.told[-1] == Ended(1, True, None)
