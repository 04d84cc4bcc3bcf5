"""Strangers at every endpoint of a real hub: malformed, oversized, unauthorised, not invited."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.e2e.conftest import HubHouse
from tests.e2e.stage import INMATE, PASSWORD, PIN

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]


class Stranger:
    """A raw websocket client."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of this type."""
        while True:
            told: dict[str, Any] = json.loads(await self.socket.recv())
            if told["type"] == kind:
                return told


async def stranger(house: HubHouse, path: str, **options: Any) -> Stranger:
    url = house.hub.url.replace("http", "ws", 1)
    origin = options.pop("origin", house.hub.url if path == "/family" else None)
    return Stranger(await connect(url + path, origin=origin, max_size=None, **options))


@pytest.mark.parametrize("path", ["/family", "/terminal"])
@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "not-json"),
        (b"\x00\xff", "not-json"),
        ('{"type":"nonsense"}', "unknown-message"),
        ('{"type":"welcome"}', "unknown-message"),
        ('{"type":"ping","sent":1,"more":2}', "unknown-field"),
        ('{"type":"ping","sent":"1"}', "wrong-type"),
        (json.dumps({"type": "ping", "sent": 1, "more": "x" * 5000}), "too-large"),
    ],
)
async def test_malformed_and_oversized(
    hub_only: HubHouse, path: str, frame: str | bytes, code: str
) -> None:
    guest = await stranger(hub_only, path)
    await guest.socket.send(frame)
    try:
        assert (await guest.hear("violation"))["code"] == code
        with pytest.raises(ConnectionClosed) as closed:
            await guest.socket.recv()
        received = closed.value.rcvd
    except ConnectionClosed as error:  # beyond the frame limit the socket itself refuses
        assert code == "too-large"
        received = error.rcvd
    assert received is not None
    assert received.code == (1009 if code == "too-large" else 1008)


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("/family", {"type": "hello", "versions": ["99"]}),
        ("/terminal", {"type": "terminal-hello", "versions": ["99"], "terminal": "t4"}),
    ],
)
async def test_unknown_version(hub_only: HubHouse, path: str, first: dict[str, Any]) -> None:
    guest = await stranger(hub_only, path)
    await guest.say(**first)
    assert (await guest.hear("violation"))["code"] == "unknown-version"


async def test_a_page_from_elsewhere_is_not_let_in(hub_only: HubHouse) -> None:
    for origin in ("https://evil.example", None):
        with pytest.raises(InvalidStatus) as refused:
            await stranger(hub_only, "/family", origin=origin)
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "message",
    [
        {"type": "join", "visit": "v", "page": "p"},
        {"type": "press", "visit": "v", "page": "p"},
        {"type": "end", "visit": "v"},
        {"type": "facility-log-in", "facility": "lindell", "password": "x"},
    ],
)
async def test_a_page_without_log_in_gets_nothing(
    hub_only: HubHouse, message: dict[str, Any]
) -> None:
    guest = await stranger(hub_only, "/family")
    await guest.say(type="hello", versions=["1"])
    await guest.say(**message)
    refused = await guest.hear("refused")
    assert (refused["about"], refused["code"]) == (message["type"], "not-logged-in")


async def test_a_terminal_without_proof_gets_nothing(hub_only: HubHouse) -> None:
    for first in (
        {"type": "sign-in", "inmate_number": INMATE, "pin": PIN},
        {"type": "end", "visit": "v"},
    ):
        guest = await stranger(hub_only, "/terminal")
        await guest.say(**first)
        assert (await guest.hear("violation"))["code"] == "unauthorised"


async def logged_in(house: HubHouse, email: str) -> Stranger:
    guest = await stranger(house, "/family")
    await guest.say(type="hello", versions=["1"])
    await guest.say(type="log-in", email=email, password=PASSWORD)
    await guest.hear("logged-in")
    await guest.say(type="facility-log-in", facility="lindell", password=PASSWORD)
    await guest.hear("appointments")
    return guest


async def test_a_visitor_who_tries_another_visit(hub_only: HubHouse) -> None:
    visit = await hub_only.hub.book("now", 60)
    await hub_only.stage.visitor("eve@example.org", "Eve")
    eve = await logged_in(hub_only, "eve@example.org")
    sdp = "v=0\r\n"
    for message in (
        {"type": "join", "visit": visit, "page": "p1"},
        {"type": "press", "visit": visit, "page": "p1"},
        {"type": "press", "visit": visit, "page": "p1", "take_over": True},
        {"type": "end", "visit": visit},
        {"type": "answer", "visit": visit, "connection": 1, "sdp": sdp},
    ):
        await eve.say(**message)
        refused = await eve.hear("refused")
        assert (refused["about"], refused["code"]) == (message["type"], "unknown-visit")
        await eve.say(type="join", visit="no-such-visit", page="p1")
        assert (await eve.hear("refused"))["code"] == "unknown-visit"
    told = await hub_only.hub.visit(visit)
    assert [each["kind"] for each in told["events"]] == ["booked"]
