"""When the way that data goes dies: a spare one is taken, and no better way is given up for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from aioice import Connection, stun
from aioice.ice import CandidatePair, StunProtocol

from kiosk.media.paths import Paths
from tests.kiosk.media.test_paths import candidate, gathered, join, local
from tests.kiosk.media.turn import HOST, free_port, until

ONE_WAY_S = 0.015
"""Longer than the other checks take to start: all are under way when the first is answered."""


async def test_a_spare_way_is_taken_only_when_the_present_one_is_silent() -> None:
    one, other = local(), local()
    async with gathered(one, other):
        await join(one, other)
        present = one._nominated[1]
        spare = CandidatePair(present.protocol, candidate(HOST, free_port()))
        spare.remote_candidate.priority = 1
        spare.state, spare.nominated = CandidatePair.State.SUCCEEDED, True
        one.check_complete(spare)
        assert one._comparing is not None
        await one._comparing
        assert one._nominated[1] is present
        await other.close()
        one.check_complete(spare)
        await one._comparing
        assert one._nominated[1] is spare
        assert one._route == (spare.protocol, spare.remote_addr)


def far(paths: Paths) -> None:
    """Have each datagram take its time, as it does outside of a laboratory."""
    loop = asyncio.get_running_loop()

    def late(take: Callable[..., None]) -> Callable[..., object]:
        return lambda data, addr: loop.call_later(ONE_WAY_S, take, data, addr)

    protocols: list[Any] = [*paths._protocols]
    for protocol in protocols:
        protocol.datagram_received = late(protocol.datagram_received)


def kill(protocol: StunProtocol) -> None:
    """Let nothing in or out any more, as where a phone has left its Wi-Fi."""
    dead: Any = protocol
    dead.datagram_received = lambda data, addr: None
    dead.send_now = lambda data, addr: False


async def check(browser: Connection, protocol: StunProtocol, kiosk: Paths) -> None:
    """Check the way from one of the browser's sockets, as browsers do with their spare ones."""
    [to] = kiosk.local_candidates
    request = browser.build_request(CandidatePair(protocol, to), nominate=False)
    key = kiosk.local_password.encode()
    with suppress(stun.TransactionError):
        await protocol.request(request, (to.host, to.port), key, retransmissions=0)


async def goes_by(kiosk: Paths, browser: Paths, spare: StunProtocol, within_s: float) -> bool:
    """Return whether data goes to `spare` soon, which the browser checks ten times a second."""
    began = time.monotonic()
    while time.monotonic() - began < within_s:
        await check(browser, spare, kiosk)
        if kiosk._route is not None and kiosk._route[1][0] == spare.local_candidate.host:
            return True
        await asyncio.sleep(0.1)
    return False


@pytest.mark.parametrize("checked_before", [False, True])
async def test_a_dead_way_is_left_for_the_one_that_the_browser_checks(checked_before: bool) -> None:
    kiosk, browser = local(), Paths(addresses=[HOST, "127.0.0.2"])
    async with gathered(kiosk, browser):
        far(kiosk)
        far(browser)
        await join(kiosk, browser)
        present, spare = sorted(
            browser._protocols,
            key=lambda each: each.local_candidate.port != kiosk._nominated[1].remote_addr[1],
        )
        if checked_before:
            assert not await goes_by(kiosk, browser, spare, 0.8), "the present way lives"
            found = [pair for pair in kiosk._check_list if pair.remote_addr[0] == "127.0.0.2"]
            assert found[0].state is CandidatePair.State.SUCCEEDED
        kill(present)
        assert await goes_by(kiosk, browser, spare, 1.5)
        heard: list[bytes] = []
        browser.media = heard.append
        assert kiosk.send_now(b"\x80 media")
        await until(lambda: heard)


async def test_no_check_is_left_under_way_that_nobody_waits_for() -> None:
    kiosk, browser = local(), Paths(addresses=[HOST, "127.0.0.2", "127.0.0.3"])
    async with gathered(kiosk, browser):
        far(kiosk)
        far(browser)
        await join(kiosk, browser)
        states = {pair.state for pair in kiosk._check_list}
        assert CandidatePair.State.IN_PROGRESS not in states
        assert all(pair.task is None for pair in kiosk._check_list)
