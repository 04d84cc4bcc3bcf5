"""ICE without its waits: what is sent when, what is dropped, and what is left afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aioice

from kiosk.media.paths import Paths
from kiosk.media.relays import TurnServer
from tests.kiosk.media.turn import HOST, PASSWORD, USERNAME, until

DEAD = TurnServer(HOST, 9, USERNAME, PASSWORD, "udp", is_tls=False)
"""A port that nobody listens on."""
BLACK_HOLE = TurnServer("192.0.2.1", 3478, USERNAME, PASSWORD, "udp", is_tls=False)
"""An address that nothing ever comes back from (RFC 5737)."""


def introduce(one: aioice.Connection, other: aioice.Connection) -> None:
    """Tell `one` how the other is called."""
    one.remote_username, one.remote_password = other.local_username, other.local_password


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
    for here, there in ((one, other), (other, one)):
        introduce(here, there)
        for candidate in there.local_candidates:
            await here.add_remote_candidate(candidate)
    await asyncio.gather(one.connect(), other.connect())


def local(**arguments: object) -> Paths:
    """Paths on loopback."""
    return Paths(addresses=[HOST], **arguments)  # type: ignore[arg-type]


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
