"""TURN credentials of a visit's own, and offers that show no address of the jail."""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path

import pytest

from config.schema import HubConfig, Secret, Turn
from signalling.hub.errors import StartError
from signalling.hub.ice import ice_servers, relay_only
from signalling.hub.services import open_services
from signalling.hub.stores import store_path
from signalling.messages import Offer
from tests.signalling.hub.harness import OFFER_SDP, hub_config, running_hub

TURN = Turn(
    urls=("turn:turn.example:3478",), secret=Secret("s3cret"), stun_urls=("stun:turn.example",)
)


def test_credentials_are_those_of_the_turn_rest_convention() -> None:
    stun, turn = ice_servers(TURN, "visit-1", 1_800_000_000.2)
    assert (stun.urls, stun.username) == (("stun:turn.example",), None)
    assert turn.username == "1800000001:visit-1"
    expected = hmac.new(b"s3cret", b"1800000001:visit-1", hashlib.sha1).digest()
    assert turn.credential == base64.b64encode(expected).decode()
    assert ice_servers(Turn(), "visit-1", 1.0) == ()


def test_relay_only_keeps_relays() -> None:
    relay = "a=candidate:2 1 udp 1 203.0.113.7 9 typ relay\r\n"
    assert (
        relay_only(OFFER_SDP + relay)
        == OFFER_SDP.replace("a=candidate:1 1 udp 1 10.1.2.3 5 typ host\r\n", "") + relay
    )


def test_relay_only_shows_no_address_of_the_jails_own() -> None:
    inside = "10.1.2.3"
    offer = (
        f"v=0\r\no=- 12 34 IN IP4 {inside}\r\ns=-\r\nm=audio 5 UDP/TLS/RTP/SAVPF 96\r\n"
        f"c=IN IP4 {inside}\r\na=rtcp:9 IN IP4 {inside}\r\n"
        f"a=candidate:1 1 udp 1 {inside} 5 typ host\r\n"
        f"a=candidate:2 1 udp 1 203.0.113.7 9 typ relay raddr {inside} rport 5\r\n"
        f"a=candidate:3 1 udp 1 {inside} 9 typ srflx raddr 203.0.113.7 rport 5 typ relay\r\n"
        "a=mid:0\r\n"
    )
    shown = relay_only(offer)
    assert shown.replace(inside, "") == shown
    assert shown.splitlines() == [
        "v=0",
        "o=- 12 34 IN IP4 0.0.0.0",
        "s=-",
        "m=audio 5 UDP/TLS/RTP/SAVPF 96",
        "c=IN IP4 0.0.0.0",
        "a=candidate:2 1 udp 1 203.0.113.7 9 typ relay",
        "a=mid:0",
    ]


async def test_under_relay_no_inside_address_reaches_a_page(tmp_path: Path) -> None:
    config = hub_config(tmp_path / "s", turn=TURN, ice_policy="relay")
    async with running_hub(config) as hub:
        terminal, page, visit = await hub.begun()
        offer = page.newest(Offer)
        assert offer is not None
        assert "10.1.2.3" not in offer.sdp
        assert terminal.seat is not None
        assert terminal.seat.ice_policy == "relay"
        username = terminal.seat.ice_servers[1].username or ""
        assert username.endswith(f":{visit}")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"ice_policy": "relay"}, "turn.urls"),
        ({"bus": "amqp://x"}, r"neither \"local\" nor \"nats://"),
        ({"store": "mysql://x"}, "sqlite"),
        ({"store": "postgresql://vb@127.0.0.1:1/x"}, "nothing answers there"),
    ],
)
async def test_what_cannot_be_served_is_named_at_start(
    tmp_path: Path, more: dict[str, str], why: str
) -> None:
    (tmp_path / "s").mkdir()
    config: HubConfig = hub_config(tmp_path / "s", **more)
    with pytest.raises(StartError, match=why):
        async with open_services(config):
            pass


def test_where_the_database_is(tmp_path: Path) -> None:
    assert store_path(hub_config(tmp_path)) == tmp_path / "visits.db"
    named = hub_config(tmp_path, store="sqlite:///var/x.db")
    assert store_path(named) == Path("/var/x.db")
    assert store_path(hub_config(tmp_path, store="postgresql://hub@db/visits")) is None
