"""What a hub lets go over the bus for a client of its own that another hub serves."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from unittest.mock import Mock

import pytest
from websockets.exceptions import ConnectionClosedError

from config.schema import Limits
from signalling.errors import NotJson, ProtocolError, TooLarge
from signalling.hub.audit_trail import AuditTrail
from signalling.hub.bus.interface import Ended, Frame, Opening, Parcel
from signalling.hub.bus.local import LocalBus
from signalling.hub.carrying import CarriedSocket, Carrier, _Lent
from signalling.hub.client import Client
from signalling.hub.coalesced import Coalesced
from signalling.hub.conversation import Inbox
from signalling.hub.errors import TooFast
from signalling.hub.metrics import Metrics
from signalling.messages import PAGE_TO_HUB, LoggedOut, Pong, Violation

log = logging.getLogger(__name__)
NO_TRAIL = Mock(spec=AuditTrail)
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

    def send_now(self, message: bytes, snapshot: str) -> bool:
        return True

    async def send(self, message: str) -> None: ...

    async def close(self, code: int = 1000, reason: str = "") -> None: ...

    def abort(self) -> None: ...


def client_of(socket: Talker) -> Client:
    return Client(socket, "page at x", LIMITS, Coalesced(log), Metrics(), NO_TRAIL)


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


class Slow(Talker):
    """Takes nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.may_take = asyncio.Event()
        self.taken: list[str] = []

    def send_now(self, message: bytes, snapshot: str) -> bool:
        return False

    async def send(self, message: str) -> None:
        await self.may_take.wait()
        self.taken.append(message)


async def test_a_slow_carried_client_gets_the_newest_of_the_snapshots_that_waited() -> None:
    bus, slow = OtherEnd(), Slow()
    served = Client(
        CarriedSocket(bus, "b", 1), "page at x", LIMITS, Coalesced(log), Metrics(), NO_TRAIL
    )
    lent, carrier = client_of(slow), Carrier(bus)
    carrier._lent[1] = _Lent("b", lent)
    for number in range(3):
        served.send_newest(Pong(sent=float(number), now=0.0))
        served.send_newest(LoggedOut())
        served.send(Violation(code=str(number)))
    assert bus.say is not None
    for parcel in bus.told:
        bus.say("b", parcel)
    slow.may_take.set()
    await lent.finished()
    told = [json.loads(each) for each in slow.taken]
    assert [each["type"] for each in told] == [
        "violation", "violation", "pong", "logged-out", "violation",
    ]  # fmt: skip
    assert [each["sent"] for each in told if each["type"] == "pong"] == [2.0]
    await lent.stop()
