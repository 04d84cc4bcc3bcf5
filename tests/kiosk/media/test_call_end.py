"""A call that is closed at an awkward time leaves nothing behind and shows nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast
from unittest.mock import Mock

import av
import numpy as np
import pytest

from hardware.interfaces import BLOCK_SAMPLES, VideoMode
from kiosk.media.call import Call, Studio
from kiosk.media.commands import Connect, LocalOffer, Report
from kiosk.media.peer import Peer
from kiosk.media.tracks import Feed, Gate
from signalling.descriptions import AddressPolicy
from tests.kiosk.media.parts import OPUS, VP8, sending, until
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
            xruns=lambda: 0,
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


async def test_dropped_before_its_first_step_it_is_in_no_feed(room: Room) -> None:
    room.call.silence()
    await room.call.start(MODE)
    room.studio.gate.set(True)
    assert not room.studio.pictures._takers and not room.studio.sounds._takers
    assert not room.told


async def test_what_is_silenced_sends_nothing_though_the_gate_opens_at_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next connection's gate opens in the same turn of the loop, before `close` has run."""
    await room.call.start(MODE)
    sent: list[bytes] = []
    peer, studio = room.call.peer, room.studio
    monkeypatch.setattr(peer.transport, "send_packet", sent.append)
    for sender, codec in ((peer.camera, VP8), (peer.microphone, OPUS)):
        await sender.send(sending(codec))
    picture, sound = av.VideoFrame(64, 48, "yuv420p"), np.ones(BLOCK_SAMPLES, dtype=np.int16)
    studio.gate.set(True)
    studio.pictures.publish(picture)
    await until(lambda: peer.camera.frames == 1)
    studio.gate.set(False)
    sent.clear()
    studio.pictures.publish(picture)  # it stands there: first of all through the gate
    room.call.silence()
    studio.gate.set(True)
    studio.pictures.publish(picture)
    studio.sounds.publish(sound)
    await asyncio.sleep(0.1)
    assert not sent
    assert peer.camera.frames == 1


async def test_what_was_being_encoded_is_not_sent_when_it_is_silenced(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.call.start(MODE)
    sent: list[bytes] = []
    monkeypatch.setattr(room.call.peer.transport, "send_packet", sent.append)
    camera = room.call.peer.camera
    await camera.send(sending(VP8))
    await until(lambda: camera.encoder is not None)
    encoder = cast(Encoder, camera.encoder)
    room.studio.gate.set(True)
    encoder.free.clear()
    room.studio.pictures.publish(av.VideoFrame(64, 48, "yuv420p"))
    await asyncio.sleep(0.02)  # it is on its way to the encoder, or there
    room.call.silence()
    encoder.free.set()
    await until(lambda: encoder.keys == [True])
    await asyncio.sleep(0.05)
    assert not sent
