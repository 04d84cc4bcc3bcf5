"""A call that is closed at an awkward time leaves nothing behind and shows nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast
from unittest.mock import Mock

import av
import pytest

from hardware.interfaces import VideoMode
from kiosk.media.call import Call, Studio
from kiosk.media.commands import Connect, LocalOffer, Report
from kiosk.media.peer import Peer
from kiosk.media.tracks import Feed, Gate
from signalling.descriptions import AddressPolicy
from tests.kiosk.media.test_video_sender import Encoder

MODE = VideoMode(640, 480, 30)


class Room:
    """A call, what it told, and the tasks that it started."""

    def __init__(self) -> None:
        self.told: list[Report] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.screen = Mock()
        self.studio = Studio(
            gate=Gate(),
            pictures=Feed(),
            sounds=Feed(),
            screen=self.screen,
            ear=Mock(),
            heard=Mock(),
            tell=self.told.append,
        )
        peer = Peer(
            Connect(connection=1),
            self.studio.gate,
            lambda _: Encoder(),
            interfaces=(),
            policy=AddressPolicy.of(allow=()),
            on_candidate=lambda _: None,
        )
        self.call = Call(peer, self.studio, self._spawn)

    def _spawn(self, work: Any, name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self.tasks.append(task)
        return cast(asyncio.Task[None], task)


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    made = Room()
    yield made
    await made.call.close()
    for task in made.tasks:
        task.cancel()


async def test_closed_while_it_is_being_offered_it_begins_nothing(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = asyncio.Event()

    async def offer() -> str:
        await found.wait()
        return "v=0"

    monkeypatch.setattr(room.call.peer, "offer", offer)
    starting = asyncio.create_task(room.call.start(MODE))
    await asyncio.sleep(0)
    await room.call.close()
    found.set()
    await starting
    assert not [each for each in room.told if isinstance(each, LocalOffer)]
    assert not room.tasks, "nobody would end it: the process could not end either"


async def test_what_was_still_being_decoded_is_not_shown_when_it_is_closed(room: Room) -> None:
    room.studio.gate.set(True)
    await room.call.start(MODE)
    picture = av.VideoFrame(64, 48, "yuv420p")
    room.call.peer.picture._decoded(picture, 0)
    assert room.screen.show.call_count == 1
    closing = asyncio.create_task(room.call.close())
    await asyncio.sleep(0)
    room.call.peer.picture._decoded(picture, 3000)
    await closing
    assert room.screen.show.call_count == 1
