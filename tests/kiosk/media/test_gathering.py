"""Gathering: what a dead server costs (nothing), and what a late one still gives."""

from __future__ import annotations

import asyncio
import logging
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aioice import Candidate, TransportPolicy, stun

from kiosk.media import relays
from kiosk.media.paths import Paths
from kiosk.media.relays import StunServer, TurnServer
from tests.kiosk.media.turn import HOST, PASSWORD, USERNAME, coturn, free_port, until

OUTSIDE = ("203.0.113.7", 40000)
"""How the pretended NAT looks from outside (RFC 5737)."""
BLACK_HOLE = "192.0.2.1"
"""An address that nothing ever comes back from (RFC 5737)."""
NOBODY = "no-such-server.invalid"


def turn_server(host: str, port: int, transport: str = "udp") -> TurnServer:
    return TurnServer(host, port, USERNAME, PASSWORD, transport, is_tls=False)


async def offer_ms(stuns: list[StunServer], turns: list[TurnServer]) -> float:
    """Return how long gathering holds up the offer."""
    made = Paths(stuns, turns, addresses=[HOST])
    start = time.perf_counter()
    await made.gather_candidates()
    took_ms = (time.perf_counter() - start) * 1000
    assert [each.type for each in made.local_candidates] == ["host"]
    await made.close()
    return took_ms


async def test_dead_servers_cost_the_offer_nothing() -> None:
    refused = free_port()
    cases: dict[str, tuple[list[StunServer], list[TurnServer]]] = {
        "none": ([], []),
        "refused": ([StunServer(HOST, refused)], [turn_server(HOST, refused)]),
        "refused by TCP": ([], [turn_server(HOST, refused, "tcp")]),
        "black hole": ([StunServer(BLACK_HOLE, 3478)], [turn_server(BLACK_HOLE, 3478)]),
        "black hole by TCP": ([], [turn_server(BLACK_HOLE, 3478, "tcp")]),
        "no such name": ([StunServer(NOBODY, 3478)], [turn_server(NOBODY, 3478)]),
    }
    medians = {
        name: statistics.median([await offer_ms(*servers) for _ in range(7)])
        for name, servers in cases.items()
    }
    for name, took_ms in medians.items():
        assert abs(took_ms - medians["none"]) < 20, name


class Nat(asyncio.DatagramProtocol):
    """A STUN server that sees everybody at OUTSIDE."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer."""
        asked = stun.parse_message(data)
        answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, asked.transaction_id)
        answer.attributes["XOR-MAPPED-ADDRESS"] = OUTSIDE
        answer.add_fingerprint()
        self.transport.sendto(bytes(answer), addr)  # type: ignore[attr-defined]


@asynccontextmanager
async def nat() -> AsyncIterator[StunServer]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Nat, local_addr=(HOST, 0))
    yield StunServer(HOST, transport.get_extra_info("sockname")[1])
    transport.close()


async def test_what_a_stun_server_says_is_told_when_it_comes_and_once() -> None:
    told: list[str] = []
    async with nat() as one, nat() as other:
        made = Paths([one, other], addresses=[HOST])
        made.on_candidate = told.append
        await made.gather_candidates()
        assert told == []
        await until(lambda: "" in told)
    [line, end] = told
    found = Candidate.from_sdp(line.removeprefix("candidate:"))
    [host, _] = made.local_candidates
    assert line.startswith("candidate:")
    assert (found.type, found.host, found.port) == ("srflx", *OUTSIDE)
    assert (found.related_address, found.related_port) == (HOST, host.port)
    assert end == ""
    assert not made.is_searching
    await made.close()


async def test_a_late_relay_joins_the_running_checks(tmp_path: Path) -> None:
    """The two have no address in common (IPv6 only, IPv4 only): only the relay can connect them."""
    port = free_port()
    one = Paths([], [turn_server(HOST, port)], addresses=["::1"])
    other = Paths(addresses=[HOST])
    told: list[str] = []
    one.on_candidate = told.append
    one.ice_controlling = True
    await asyncio.gather(one.gather_candidates(), other.gather_candidates())
    assert [each.host for each in one.local_candidates] == ["::1"]
    for here, there in ((one, other), (other, one)):
        here.remote_username, here.remote_password = there.local_username, there.local_password
        await here.add_remote_candidate(there.local_candidates[0])
    await one.add_remote_candidate(None)
    connecting = [asyncio.create_task(each.connect()) for each in (one, other)]
    async with coturn(tmp_path, port) as server:
        await asyncio.gather(*connecting)
        await until(lambda: "" in told)
        assert [line.split()[7] for line in told[:-1]] == ["relay"]
        heard: list[bytes] = []
        other.media = heard.append
        assert one.send_now(b"\x80 relayed")
        await until(lambda: heard)
        await asyncio.gather(one.close(), other.close())
        await until(lambda: server.made == server.released == 1)


async def test_a_connection_that_stands_looks_for_no_relay_any_more(tmp_path: Path) -> None:
    one = Paths([], [turn_server(BLACK_HOLE, 3478)], addresses=[HOST])
    other = Paths(addresses=[HOST])
    told: list[str] = []
    one.on_candidate = told.append
    await asyncio.gather(one.gather_candidates(), other.gather_candidates())
    for here, there in ((one, other), (other, one)):
        here.remote_username, here.remote_password = there.local_username, there.local_password
        await here.add_remote_candidate(there.local_candidates[0])
    one.ice_controlling = True
    await asyncio.gather(one.connect(), other.connect())
    await until(lambda: told)
    assert told == [""]
    assert not one.is_searching
    await asyncio.gather(one.close(), other.close())


async def test_with_the_relay_policy_gathering_waits_for_the_relay(tmp_path: Path) -> None:
    told: list[str] = []
    async with coturn(tmp_path) as server:
        made = Paths(
            [StunServer(HOST, server.port)],
            [turn_server(HOST, free_port()), server.server("tcp")],
            policy=TransportPolicy.RELAY,
        )
        made.on_candidate = told.append
        await made.gather_candidates()
        [relay] = made.local_candidates
        assert relay.type == "relay"
        assert (relay.related_address, relay.related_port) == ("0.0.0.0", 9)
        await made.close()
    assert all(not line for line in told)


async def test_with_the_relay_policy_a_dead_server_ends_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(relays, "ALLOCATE_S", 0.2)
    made = Paths([], [turn_server(BLACK_HOLE, 3478)], policy=TransportPolicy.RELAY)
    with caplog.at_level(logging.WARNING):
        async with asyncio.timeout(2):
            await made.gather_candidates()
    assert made.local_candidates == []
    assert f"no relay from turn:{BLACK_HOLE}:3478?transport=udp" in caplog.text
    assert "no address and no relay to be reached at" in caplog.text
    await made.close()


async def test_closing_ends_the_wait_for_a_relay() -> None:
    made = Paths([], [turn_server(BLACK_HOLE, 3478)], policy=TransportPolicy.RELAY)
    gathering = asyncio.create_task(made.gather_candidates())
    await until(lambda: made.is_searching)
    await made.close()
    async with asyncio.timeout(2):
        await gathering


async def test_an_address_that_is_not_ours_is_left_out() -> None:
    made = Paths(addresses=[BLACK_HOLE, HOST])
    await made.gather_candidates()
    assert [each.host for each in made.local_candidates] == [HOST]
    await made.close()


async def test_closed_while_gathering_it_leaves_neither_socket_nor_search() -> None:
    tasks = asyncio.all_tasks()
    made = Paths([StunServer(BLACK_HOLE, 3478)], [turn_server(BLACK_HOLE, 3478)], addresses=[HOST])
    gathering = asyncio.create_task(made.gather_candidates())
    await asyncio.sleep(0)  # it binds now
    await made.close()
    await asyncio.wait_for(gathering, 2)
    assert not made.is_searching
    assert not made._protocols
    assert asyncio.all_tasks() <= tasks
