"""ICE without its waits: what is sent when, what is dropped, and what is left afterwards."""

from __future__ import annotations

import asyncio
import inspect
import statistics
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aioice
import aioice.ice
import pytest
import uvloop
from aiortc import RTCIceServer, RTCIceTransportPolicy
from aiortc.rtcicetransport import RTCIceGatherer, RTCIceTransport

from kiosk.media.checks import DatagramQueue
from kiosk.media.paths import PAIRS_MAX, Paths, gatherer
from kiosk.media.relays import StunServer, TurnServer
from tests.kiosk.media.lossy import Loses, LossyRelay, first, share
from tests.kiosk.media.turn import HOST, free_port, sockets, until

SILENT = TurnServer("192.0.2.1", 3478, "u", "p", "udp", is_tls=False)
"""An address that nothing ever comes back from (RFC 5737)."""


def introduce(one: aioice.Connection, other: aioice.Connection) -> None:
    """Tell each what the other is called."""
    for here, there in ((one, other), (other, one)):
        here.remote_username, here.remote_password = there.local_username, there.local_password


@asynccontextmanager
async def gathered(*made: aioice.Connection) -> AsyncIterator[None]:
    """Gather for all, with the first one in control; close all in the end."""
    made[0].ice_controlling = True
    try:
        await asyncio.gather(*(each.gather_candidates() for each in made))
        yield
    finally:
        await asyncio.gather(*(each.close() for each in made))


async def join(one: aioice.Connection, other: aioice.Connection) -> None:
    """Exchange candidates and connect."""
    introduce(one, other)
    for here, there in ((one, other), (other, one)):
        for candidate in there.local_candidates:
            await here.add_remote_candidate(candidate)
    await asyncio.gather(one.connect(), other.connect())


async def join_by(relay: LossyRelay, *both: aioice.Connection) -> float:
    """Connect through `relay`; return how long it took, in seconds."""
    introduce(*both)
    for index, here in enumerate(both):
        [candidate] = here.local_candidates
        candidate.port = relay.ports[1 - index]
        await both[1 - index].add_remote_candidate(candidate)
    start = time.perf_counter()
    await asyncio.gather(*(each.connect() for each in both))
    return time.perf_counter() - start


@asynccontextmanager
async def lossy(loses: Loses) -> AsyncIterator[LossyRelay]:
    relay = LossyRelay(loses)
    await relay.open()
    try:
        yield relay
    finally:
        relay.close()


def local() -> Paths:
    """Paths on loopback."""
    return Paths(addresses=[HOST])


@pytest.fixture
def upstream_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let aioice's own Connection use loopback, which it leaves out."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: [HOST])


# -- data -----------------------------------------------------------------------------------------


async def test_two_terminals_connect_and_media_comes_at_once() -> None:
    one, other = local(), local()
    async with gathered(one, other):
        await join(one, other)
        heard: list[bytes] = []
        one.media = heard.append
        assert other.send_now(b"\x80 media")
        await until(lambda: heard)
        assert heard == [b"\x80 media"]
        await other.send(b"\x16 DTLS")
        assert await one.recv() == b"\x16 DTLS"
        assert await one.probe()
    assert not one.send_now(b"\x80 too late")
    assert not await one.probe()


async def test_what_has_not_proven_to_be_the_other_side_is_dropped() -> None:
    one, other = local(), local()
    async with gathered(one, other):
        await join(one, other)
        heard: list[bytes] = []
        one.media = heard.append
        loop = asyncio.get_running_loop()
        port = one.local_candidates[0].port
        stranger, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=(HOST, port)
        )
        for data in (b"\x80 media", b"\x16 DTLS", b"", b"\x00", b"\x01" * 20, b"\xff"):
            stranger.sendto(data)
        stranger.close()
        await until(lambda: one.strangers == 3)
        assert other.send_now(b"\x80 of the other side")
        await until(lambda: heard)
        assert heard == [b"\x80 of the other side"]
        assert one._queue.empty()


async def test_nobody_fills_the_memory() -> None:
    one, other = local(), local()
    async with gathered(one, other):
        await join(one, other)
        source = other._protocols[0].local_candidate
        for _ in range(DatagramQueue.LIMIT + 7):
            one.take(b"\x16 DTLS", (source.host, source.port))
        assert one._queue.qsize() == DatagramQueue.LIMIT
        assert one.dropped == 7
        for port in range(20000, 20000 + 3 * PAIRS_MAX):
            await one.add_remote_candidate(candidate(HOST, port))
        assert len(one.remote_candidates) == PAIRS_MAX
        assert len(one._check_list) <= PAIRS_MAX


def candidate(host: str, port: int) -> aioice.Candidate:
    return aioice.Candidate.from_sdp(f"1 1 udp 2130706431 {host} {port} typ host")


def loops() -> Iterator[tuple[str, Any]]:
    yield "asyncio", asyncio.new_event_loop
    yield "uvloop", uvloop.new_event_loop


def run_on(make_loop: Any, work: Coroutine[Any, Any, None]) -> None:
    """Run `work` on another loop than the test's own."""
    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(work)


def fail(_: bytes) -> None:
    raise RuntimeError("media")


@pytest.mark.parametrize("make_loop", [pytest.param(make, id=name) for name, make in loops()])
def test_a_taker_that_fails_and_hostile_stun_leave_the_connection_alive(make_loop: Any) -> None:
    async def work() -> None:
        errors: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, what: errors.append(what))
        one, other = local(), local()
        async with gathered(one, other):
            await join(one, other)
            one.media = fail
            assert other.send_now(b"\x80 media")
            await until(lambda: errors)
            protocol = one._protocols[0]
            short_priority = b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(12)
            short_priority += b"\x00\x24\x00\x01" + bytes(4)
            assert other.send_now(short_priority)
            await until(lambda: protocol.unreadable == 1)  # type: ignore[attr-defined]
            assert await one.probe() and await other.probe()
        assert len(errors) == 1

    run_on(make_loop, work())


@pytest.mark.parametrize("make_loop", [pytest.param(make, id=name) for name, make in loops()])
def test_nothing_is_left_after_close(make_loop: Any) -> None:
    async def work() -> None:
        before, stun_server = sockets(), StunServer(HOST, free_port())
        one = Paths([stun_server], [SILENT], addresses=[HOST])
        other = local()
        async with gathered(one, other):
            assert one.is_searching
            await join(one, other)
        connecting = local()
        await connecting.gather_candidates()
        connecting.remote_username, connecting.remote_password = "name", "password" * 4
        await connecting.add_remote_candidate(candidate(HOST, free_port()))
        task = asyncio.create_task(connecting.connect())
        await until(lambda: connecting._protocols[0].transactions)
        await connecting.close()
        await connecting.close()
        with pytest.raises(ConnectionError):
            await task
        await until(lambda: not sockets() - before)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_on(make_loop, work())


# -- checking -------------------------------------------------------------------------------------


async def test_it_connects_when_a_candidate_comes_and_looks_for_nothing_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = 0
    start_next = Paths._start_next

    def counted(self: Paths) -> bool:
        nonlocal looks
        looks += 1
        return start_next(self)

    monkeypatch.setattr(Paths, "_start_next", counted)
    one, other = local(), local()
    async with gathered(one, other):
        introduce(one, other)
        connecting = [asyncio.create_task(each.connect()) for each in (one, other)]
        await asyncio.sleep(0.2)  # the time in which upstream looks ten times, each
        assert looks == 2
        start = time.perf_counter()
        await one.add_remote_candidate(other.local_candidates[0])
        await asyncio.gather(*connecting)
        assert time.perf_counter() - start < 0.2


async def test_it_fails_when_nothing_more_can_come() -> None:
    one, other = local(), local()
    async with gathered(one, other):
        introduce(one, other)
        await one.add_remote_candidate(None)
        with pytest.raises(ConnectionError):
            await one.connect()


async def test_a_lost_check_costs_50_ms_and_upstream_500(upstream_on_loopback: None) -> None:
    async def took_s(*both: aioice.Connection) -> float:
        async with gathered(*both), lossy(first(3)) as relay:
            return await join_by(relay, *both)

    assert await took_s(local(), local()) < 0.45
    assert await took_s(aioice.Connection(True), aioice.Connection(False)) > 0.49


async def test_on_a_bad_line_it_is_many_times_faster_than_upstream(
    upstream_on_loopback: None,
) -> None:
    longest_s = 4.0

    async def took_s(seed: int, *both: aioice.Connection) -> float:
        async with gathered(*both), lossy(share(0.4, seed)) as relay:
            try:
                return await asyncio.wait_for(join_by(relay, *both), longest_s)
            except TimeoutError:
                return longest_s

    async def median_s(make: Callable[[], aioice.Connection]) -> float:
        return statistics.median(
            await asyncio.gather(*(took_s(seed, make(), make()) for seed in range(15)))
        )

    ours_s = await median_s(local)
    upstreams_s = await median_s(lambda: aioice.Connection(ice_controlling=False))
    assert ours_s < upstreams_s / 3


async def test_a_long_way_is_neither_dead_nor_slower_than_it_is() -> None:
    """What asks whether the other side lives must wait longer than the first repetition."""
    one, other = local(), local()
    async with gathered(one, other), lossy(lambda _: False) as relay:
        relay.delay_s = 0.1
        assert await join_by(relay, one, other) < 0.9
        start = time.perf_counter()
        assert await one.probe()
        assert time.perf_counter() - start >= 0.2
        relay.loses = lambda _: True
        start = time.perf_counter()
        assert not await one.probe()
        assert 0.4 < time.perf_counter() - start < 1.0


async def test_local_names_are_never_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask(_: object) -> None:
        raise AssertionError("a .local name was asked for")

    monkeypatch.setattr(aioice.ice, "get_or_create_mdns_protocol", ask)
    one = local()
    async with gathered(one):
        await one.add_remote_candidate(candidate("0f1e2d3c-1234-4abc-8def-000000000000.local", 9))
        assert one.remote_candidates == []


# -- in aiortc ------------------------------------------------------------------------------------


async def test_the_gatherer_says_that_more_may_come_until_none_can() -> None:
    made = gatherer([RTCIceServer(f"stun:{HOST}:{free_port()}")], addresses=[HOST])
    told: list[str] = []
    states: list[str] = []
    made.paths.on_candidate = told.append
    made.on("statechange", lambda: states.append(made.state))
    assert made.state == "new"
    await made.gather()
    assert made.state == "gathering"
    assert [each.type for each in made.getLocalCandidates()] == ["host"]
    assert made.paths._search is not None
    made.paths._search.cancel()
    await until(lambda: told)
    assert told == [""]
    assert made.state == "completed"
    assert states == ["gathering", "gathering", "completed"]
    await made.paths.close()


async def test_without_servers_gathering_is_complete_at_once() -> None:
    made = gatherer([], RTCIceTransportPolicy.ALL, [HOST])
    told: list[str] = []
    made.paths.on_candidate = told.append
    await made.gather()
    assert made.state == "completed"
    await made.paths.close()
    assert told == []


async def test_aiortcs_transport_uses_it() -> None:
    made = gatherer([], addresses=[HOST])
    transport = RTCIceTransport(made)
    assert transport._connection is made.paths
    assert transport._recv == made.paths.recv
    assert transport._send == made.paths.send
    await made.gather()
    await transport.stop()


def test_upstream_still_has_what_we_replace() -> None:
    places: dict[str, Callable[..., Any]] = {
        "self._connection.gather_candidates()": RTCIceGatherer.gather,
        "asyncio.sleep(0.02)": aioice.Connection.connect,
        "self._check_list_state.get()": aioice.Connection.connect,
        "self.check_incoming(": aioice.Connection.request_received,
        "retransmissions=0": aioice.Connection.query_consent,
        "self._queue.get()": aioice.Connection.recvfrom,
        "self._nominated[pair.component] = pair": aioice.Connection.check_complete,
        "await protocol.close()": aioice.Connection.close,
    }
    for words, function in places.items():
        assert words in inspect.getsource(function), words
    fresh = vars(aioice.Connection(ice_controlling=True))
    inherited = set(vars(Paths())) & set(fresh)
    assert {"_queue", "_check_list", "_nominated", "_protocols", "_closing"} <= inherited
    for name in ("connect", "close", "check_incoming", "check_complete", "gather_candidates"):
        ours, theirs = getattr(Paths, name), getattr(aioice.Connection, name)
        assert list(inspect.signature(ours).parameters) == list(
            inspect.signature(theirs).parameters
        )
