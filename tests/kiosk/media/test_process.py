"""The media process's own composition root, run in the test's loop: how it ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from config.schema import Network
from kiosk.media import framing
from kiosk.media.commands import Drop, Setup
from kiosk.media.frames import FrameReader
from kiosk.media.process import serve
from tests.kiosk.media.wall import devices


@pytest.fixture
def frames() -> Iterator[list[int]]:
    readers = [FrameReader("remote"), FrameReader("self")]
    yield [number for each in readers for number in (each.memory_fd, each.eventfd)]
    for each in readers:
        each.close()


async def test_a_screen_that_leaves_without_reading_ends_it_in_peace(frames: list[int]) -> None:
    ours, theirs = socket.socketpair()
    ours.sendall(framing.encode(Setup(devices=devices(), network=Network())))
    async with asyncio.timeout(10):
        serving = asyncio.create_task(serve([theirs.detach(), *frames]))
        readable = asyncio.Event()
        asyncio.get_running_loop().add_reader(ours, readable.set)
        await readable.wait()
        asyncio.get_running_loop().remove_reader(ours)
        ours.close()  # what it said lies there unread: its next read is a reset
        await serving


async def test_a_screen_that_says_nothing_ends_it_in_peace(frames: list[int]) -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    async with asyncio.timeout(10):
        await serve([theirs.detach(), *frames])


async def test_whoever_does_not_begin_with_the_setup_is_not_obeyed(frames: list[int]) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(framing.encode(Drop(connection=1)))
        with pytest.raises(framing.BadFrame, match="before Setup"):
            async with asyncio.timeout(10):
                await serve([theirs.detach(), *frames])
