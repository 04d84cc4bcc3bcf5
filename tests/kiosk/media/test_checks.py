"""STUN requests: resent from 50 ms on, for as long as upstream waits; consent keeps its 500 ms."""

from __future__ import annotations

import asyncio
import inspect
import itertools
from typing import Any

import aioice
import pytest
from aioice import stun
from aioice.ice import StunProtocol

from kiosk.media import checks
from kiosk.media.checks import Address, EagerTransaction, PathProtocol, resend_delays_s
from kiosk.media.seams import private
from tests.kiosk.media.turn import until

PEER = ("127.0.0.1", 9)


class Recorder:
    """Takes what a transaction sends, and when."""

    def __init__(self) -> None:
        self.at_s: list[float] = []

    def send_stun(self, message: stun.Message, addr: Address) -> None:
        """Note it."""
        self.at_s.append(asyncio.get_running_loop().time())


def request() -> stun.Message:
    return stun.Message(stun.Method.BINDING, stun.Class.REQUEST)


def test_the_delays_double_to_a_limit_and_last_as_long_as_upstreams() -> None:
    delays = resend_delays_s()
    assert delays[:7] == pytest.approx((0.05, 0.1, 0.2, 0.4, 0.4, 0.4, 0.4))
    assert max(delays) == pytest.approx(checks.LONGEST_RESEND_S)
    upstreams = [stun.RETRY_RTO * 2**tried for tried in range(stun.RETRY_MAX + 1)]
    assert sum(delays) == pytest.approx(sum(upstreams))


async def test_a_request_is_resent_by_them_and_then_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "RESEND_DELAYS_S", (0.02, 0.04, 0.08))
    recorder = Recorder()
    start = asyncio.get_running_loop().time()
    with pytest.raises(stun.TransactionTimeout):
        await EagerTransaction(request(), PEER, recorder).run()
    gaps = [later - sooner for sooner, later in itertools.pairwise(recorder.at_s)]
    assert len(gaps) == 2
    assert gaps[0] >= 0.019 and gaps[1] >= 0.039
    assert asyncio.get_running_loop().time() - start >= 0.139


async def test_an_answer_ends_it_and_a_repetition_sends_once() -> None:
    recorder = Recorder()
    asked = request()
    transaction = EagerTransaction(asked, PEER, recorder)
    running = asyncio.create_task(transaction.run())
    await until(lambda: recorder.at_s)
    transaction.repeat()
    assert len(recorder.at_s) == 2
    answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, asked.transaction_id)
    transaction.response_received(answer, PEER)
    assert await running == (answer, PEER)
    transaction.repeat()
    assert len(recorder.at_s) == 2


class FullTransport:
    """A socket that holds back what it is told to."""

    def __init__(self) -> None:
        self.held = 0
        self.closing = False
        self.sent: list[bytes] = []

    def is_closing(self) -> bool:
        """Whether it is closed."""
        return self.closing

    def get_write_buffer_size(self) -> int:
        """How much it holds."""
        return self.held

    def sendto(self, data: bytes, addr: Address) -> None:
        """Take it."""
        self.sent.append(data)


class NoTaker:
    """Takes nothing."""

    def take(self, data: bytes, source: Address) -> None:
        """Not here."""

    def trust(self, source: Address) -> None:
        """Not here."""


async def test_a_full_or_closed_socket_drops_and_counts() -> None:
    transport: Any = FullTransport()
    protocol = PathProtocol(aioice.Connection(ice_controlling=True), NoTaker())
    protocol.connection_made(transport)
    assert protocol.send_now(b"1", PEER)
    transport.held = checks.UNSENT_MAX_BYTES + 1
    assert not protocol.send_now(b"2", PEER)
    transport.held, transport.closing = 0, True
    assert not protocol.send_now(b"3", PEER)
    assert transport.sent == [b"1"]
    assert protocol.unsent == 2


async def test_consent_keeps_upstreams_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    transport: Any = FullTransport()
    protocol = PathProtocol(aioice.Connection(ice_controlling=True), NoTaker())
    protocol.connection_made(transport)
    start = asyncio.get_running_loop().time()
    with pytest.raises(stun.TransactionTimeout):
        await protocol.request(request(), PEER, retransmissions=0)
    assert asyncio.get_running_loop().time() - start >= stun.RETRY_RTO - 0.01
    assert len(transport.sent) == 1
    assert protocol.transactions == {}


def test_upstreams_timer_is_where_we_take_hold_of_it() -> None:
    assert stun.RETRY_RTO == 0.5
    retry = inspect.getsource(private(stun.Transaction, stun.Transaction, "retry"))
    assert "loop.call_later(self.__timeout_delay, self.__retry)" in retry
    assert "self.__future.done()" in retry
    assert "self.__retry()" in inspect.getsource(stun.Transaction.run)
    for name in ("datagram_received", "request", "send_stun", "send_data"):
        ours, theirs = (
            inspect.signature(getattr(each, name)) for each in (PathProtocol, StunProtocol)
        )
        assert list(ours.parameters) == list(theirs.parameters)
