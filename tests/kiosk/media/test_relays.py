"""Relays by a real TURN server: the first that answers, at once, and released for certain."""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import uvloop
from aioice import turn
from aiortc import RTCIceServer

from kiosk.media import relays
from kiosk.media.checks import Address, PathProtocol
from kiosk.media.gathering import Gathering
from kiosk.media.paths import Paths
from kiosk.media.relays import StunServer, TurnServer, first_relay, open_relay, parse_servers
from tests.kiosk.media.turn import (
    HOST,
    PASSWORD,
    USERNAME,
    Coturn,
    coturn,
    free_port,
    sockets,
    until,
)


def dead() -> TurnServer:
    """Return a server whose port nobody listens on."""
    return TurnServer(HOST, free_port(), USERNAME, PASSWORD, "udp", is_tls=False)


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Coturn]:
    async with coturn(tmp_path) as running:
        yield running


class Heard(Gathering):
    """Owner of a relay that writes down what comes through it."""

    def __init__(self) -> None:
        super().__init__()
        self.data: list[bytes] = []

    def take(self, data: bytes, source: Address) -> None:
        """Note it."""
        self.data.append(data)

    def trust(self, source: Address) -> None:
        """Not here."""

    async def allocate(self, server: TurnServer) -> PathProtocol:
        """Allocate a relay whose datagrams come here."""
        return await open_relay(server, lambda: PathProtocol(self, self))


class Keeping(asyncio.DatagramProtocol):
    """As every protocol of ours does, it holds on to its transport, which holds on to it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hold on to it."""
        self.transport = transport


@pytest.mark.parametrize("make_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_cancelled_at_any_moment_opening_leaves_no_socket(make_loop: Any) -> None:
    async def cancelled_after(turns: int) -> bool:
        opening = asyncio.create_task(relays.open_datagrams(Keeping, remote_addr=(HOST, 9)))
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        await asyncio.wait([opening])
        if opening.cancelled():
            return True
        opening.result().transport.close()
        return False

    async def work() -> None:
        before, turns = sockets(), 0
        while await cancelled_after(turns):
            await until(lambda: not sockets() - before)
            turns += 1
        assert turns > 3

    gc.disable()  # it would close what uvloop forgets, sooner or later
    try:
        with asyncio.Runner(loop_factory=make_loop) as runner:
            runner.run(work())
    finally:
        gc.enable()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_data_goes_both_ways_and_the_allocation_is_released(
    server: Coturn, transport: str
) -> None:
    heard = Heard()
    relay = await heard.allocate(server.server(transport))
    echo = Echo()
    loop = asyncio.get_running_loop()
    other, _ = await loop.create_datagram_endpoint(lambda: echo, local_addr=(HOST, 0))
    peer: Address = other.get_extra_info("sockname")
    for number in range(3):
        assert relay.send_now(b"\x80 %d" % number, peer)
        await until(lambda: len(heard.data) > number)  # noqa: B023
    assert heard.data == [b"\x80 0", b"\x80 1", b"\x80 2"]
    await relay.close()
    other.close()
    await until(lambda: server.released == server.made == 1)
    assert not relay.send_now(b"\x80 too late", peer)


class Echo(asyncio.DatagramProtocol):
    """Sends back what comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Send it back."""
        self.transport.sendto(data, addr)  # type: ignore[attr-defined]


async def test_a_channel_is_rebound_once_while_data_goes_on(server: Coturn) -> None:
    heard = Heard()
    relay = await heard.allocate(server.server())
    loop = asyncio.get_running_loop()
    other, _ = await loop.create_datagram_endpoint(Echo, local_addr=(HOST, 0))
    peer: Address = other.get_extra_info("sockname")
    assert relay.send_now(b"\x80 first", peer)
    await until(lambda: heard.data)
    transport = relay.transport
    assert isinstance(transport, relays.RelayTransport)
    client = transport._client
    [channel] = client.channel_refresh_at
    before = time.time()
    client.channel_refresh_at[channel] = before - 1
    for _ in range(20):
        assert relay.send_now(b"\x80 more", peer)
    assert len(transport._rebinding) == 1
    assert not transport._TurnTransport__send_tasks  # type: ignore[attr-defined]
    await until(lambda: client.channel_refresh_at[channel] >= before + relays.REBIND_S)
    await until(lambda: len(heard.data) == 21)
    assert server.channels_bound == 2
    await relay.close()
    other.close()


async def test_while_a_channel_is_being_bound_only_so_much_waits() -> None:
    client = relays.UdpClient((HOST, 9), "u", "p", 600, 240)
    client.connection_made(NoSocket())
    transport = relays.RelayTransport(client)
    for number in range(3 * relays.SENDING_MAX):
        transport.sendto(b"%d" % number, (HOST, 7))
    tasks: set[asyncio.Task[None]] = transport._TurnTransport__send_tasks  # type: ignore[attr-defined]
    assert len(tasks) == relays.SENDING_MAX
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class NoSocket(asyncio.DatagramTransport):
    """Sends nothing."""

    def is_closing(self) -> bool:
        """It is open."""
        return False

    def sendto(self, data: object, addr: object = None) -> None:
        """Drop it."""


async def test_servers_are_tried_in_order_and_one_allocation_remains(server: Coturn) -> None:
    heard = Heard()
    start = time.perf_counter()
    relay = await first_relay([dead(), server.server(), server.server("tcp")], heard.allocate)
    took_s = time.perf_counter() - start
    assert relay is not None
    assert relays.NEXT_SERVER_S <= took_s < relays.ALLOCATE_S
    await relay.close()
    await until(lambda: server.released == server.made)


@pytest.mark.parametrize("steps", range(4))
async def test_a_winner_that_comes_too_late_is_released(server: Coturn, steps: int) -> None:
    heard = Heard()
    up = asyncio.Event()

    async def allocate(each: TurnServer) -> PathProtocol:
        relay = await heard.allocate(each)
        up.set()
        return relay

    search = asyncio.create_task(first_relay([server.server()], allocate))
    await up.wait()
    for _ in range(steps):
        await asyncio.sleep(0)
    for _ in range(2):  # once by connect(), once by close()
        search.cancel()
        await asyncio.sleep(0)
    [relay] = await asyncio.gather(search, return_exceptions=True)
    if isinstance(relay, PathProtocol):  # the search had ended before
        await relay.close()
    await until(lambda: server.made == server.released == 1)


async def test_an_allocation_that_is_cancelled_half_way_is_released(
    server: Coturn, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = relays.UdpClient._send

    def cancelling(self: relays.UdpClient, data: bytes) -> None:
        send(self, data)
        if self.integrity_key is not None:  # the request that allocates has left
            task.cancel()

    monkeypatch.setattr(relays.UdpClient, "_send", cancelling)
    task = asyncio.create_task(Heard().allocate(server.server()))
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    await until(lambda: server.made == server.released == 1)


async def test_a_dead_server_is_named_and_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(relays, "ALLOCATE_S", 0.2)
    nobody = dead()
    with caplog.at_level(logging.WARNING):
        assert await first_relay([nobody], Heard().allocate) is None
    assert f"no relay from {nobody}: no answer within 0.2 s" in caplog.text
    assert PASSWORD not in caplog.text


async def test_a_refused_password_is_named(
    server: Coturn, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert await first_relay([server.server(password="wrong")], Heard().allocate) is None
    assert "401" in caplog.text


async def test_a_server_that_died_holds_up_no_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "RELEASE_S", 0.2)
    async with coturn(tmp_path) as server:
        relay = await Heard().allocate(server.server())
    start = time.perf_counter()
    await relay.close()
    assert time.perf_counter() - start < 2


def test_every_server_is_read_once_and_in_order(caplog: pytest.LogCaptureFixture) -> None:
    servers = [
        RTCIceServer(["stun:a", "turn:a:9?transport=tcp"], username="u", credential="p"),
        RTCIceServer("stun:b:7"),
        RTCIceServer("stun:a"),
        RTCIceServer(["stuns:a", "turns:c", "turn:d"], username="u", credential="p"),
    ]
    with caplog.at_level(logging.WARNING):
        stuns, turns = parse_servers(servers)
    assert stuns == (StunServer("a", 3478), StunServer("b", 7))
    assert turns == (
        TurnServer("a", 9, "u", "p", "tcp", is_tls=False),
        TurnServer("c", 5349, "u", "p", "tcp", is_tls=True),
        TurnServer("d", 3478, "u", "p", "udp", is_tls=False),
    )
    assert "stuns:a is passed over" in caplog.text
    assert str(turns[1]) == "turns:c:5349?transport=tcp"
    with pytest.raises(ValueError, match="malformed"):
        parse_servers([RTCIceServer("http://a")])


def test_upstream_still_has_what_we_replace() -> None:
    assert "stun.Transaction(" in inspect.getsource(turn.TurnClientMixin.request)
    assert "self.__add_authentication(request)" in inspect.getsource(turn.TurnClientMixin.request)
    assert "self.transport.close()" in inspect.getsource(turn.TurnClientMixin.delete)
    assert "self.__send_tasks.add(task)" in inspect.getsource(turn.TurnTransport.sendto)
    assert "self.__inner_protocol.connect()" in inspect.getsource(turn.TurnTransport._connect)
    assert turn.DEFAULT_CHANNEL_REFRESH_TIME == 500
    assert issubclass(Paths, Gathering)
