"""Clients that are silent are asked, and cut when they do not answer."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from signalling.hub import server
from signalling.hub.doorkeeper import PING
from signalling.hub.heart import AT_ONCE, Heart
from tests.signalling.hub.harness import hub_config, running_hub

MASKED_PONG: Final = b"\x8a\x80\0\0\0\0"
EVERY_S = 5.0
WITHIN_S = 10.0


class Silent:
    """A connection that says what a test has it say."""

    def __init__(self, heart: Heart, clock: list[float]) -> None:
        self.clock = clock
        self.heard_at = clock[0]
        self.open = True
        self.answers = self.cut = False
        self.asked: list[float] = []
        heart.add(self)

    def ask(self) -> None:
        self.asked.append(self.clock[0])
        if self.answers:
            self.heard_at = self.clock[0]

    def abort(self) -> None:
        self.cut, self.open = True, False


@pytest.fixture
def clock() -> list[float]:
    return [100.0]


@pytest.fixture
def heart(clock: list[float]) -> Heart:
    return Heart(EVERY_S, WITHIN_S, lambda: clock[0])


def go_on(heart: Heart, clock: list[float], seconds: float) -> None:
    for _ in range(int(seconds * 2)):
        clock[0] += 0.5
        while heart.beat():
            pass


def test_who_is_silent_is_asked_and_cut_without_an_answer(heart: Heart, clock: list[float]) -> None:
    gone = Silent(heart, clock)
    go_on(heart, clock, 14.5)
    assert gone.asked == [105.0, 110.0]
    assert not gone.cut
    go_on(heart, clock, 0.5)
    assert gone.cut
    go_on(heart, clock, 20.0)
    assert gone.asked == [105.0, 110.0]


def test_who_answers_stays(heart: Heart, clock: list[float]) -> None:
    here = Silent(heart, clock)
    here.answers = True
    go_on(heart, clock, 60.0)
    assert not here.cut
    assert len(here.asked) == 12


def test_a_late_answer_is_one(heart: Heart, clock: list[float]) -> None:
    slow = Silent(heart, clock)
    for _ in range(5):
        go_on(heart, clock, 9.0)
        slow.heard_at = clock[0]
    assert not slow.cut


def test_who_talks_is_not_asked(heart: Heart, clock: list[float]) -> None:
    talks = Silent(heart, clock)
    for _ in range(30):
        go_on(heart, clock, 2.0)
        talks.heard_at = clock[0]
    assert not talks.asked


def test_who_is_closed_is_forgotten(heart: Heart, clock: list[float]) -> None:
    closed = Silent(heart, clock)
    closed.open = False
    go_on(heart, clock, 60.0)
    assert not closed.asked
    assert not closed.cut


def test_nobody_is_cut_for_a_pause_of_the_hub_itself(heart: Heart, clock: list[float]) -> None:
    here = Silent(heart, clock)
    go_on(heart, clock, 6.0)
    clock[0] += 60.0
    go_on(heart, clock, 1.0)
    assert not here.cut
    go_on(heart, clock, 20.0)
    assert here.cut


def test_many_are_looked_at_in_several_turns(heart: Heart, clock: list[float]) -> None:
    all_of_them = [Silent(heart, clock) for _ in range(AT_ONCE + 1)]
    clock[0] += EVERY_S
    assert heart.beat()
    assert sum(len(each.asked) for each in all_of_them) == AT_ONCE
    assert not heart.beat()
    assert all(each.asked for each in all_of_them)


@asynccontextmanager
async def raw_page(state: Path) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    """A page that says nothing, and the bytes of its websocket after the handshake."""
    async with running_hub(hub_config(state)) as hub:
        host = urlsplit(hub.url).netloc
        reader, writer = await asyncio.open_connection(*host.split(":"))
        writer.write(
            f"GET /family HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        try:
            async with asyncio.timeout(5):
                yield reader, writer
        finally:
            writer.close()


async def test_a_hub_cuts_who_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PING_EVERY_S", 0.1)
    monkeypatch.setattr(server, "PONG_WITHIN_S", 0.2)
    async with raw_page(tmp_path / "state") as (reader, _writer):
        pings = await reader.read()
        assert len(pings) >= 2 * len(PING)
        assert not pings.replace(PING, b"")


async def test_a_hub_keeps_who_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PING_EVERY_S", 0.05)
    monkeypatch.setattr(server, "PONG_WITHIN_S", 0.1)
    async with raw_page(tmp_path / "state") as (reader, writer):
        for _ in range(8):
            assert await reader.readexactly(len(PING)) == PING
            writer.write(MASKED_PONG)
