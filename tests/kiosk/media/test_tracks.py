"""Nothing passes a closed gate, and nothing queues without bound."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError

from hardware.interfaces import BLOCK_SAMPLES, Block
from kiosk.media.tracks import SOUND_BLOCKS, CameraTrack, Feed, Gate, MicrophoneTrack


def picture(number: int) -> av.VideoFrame:
    frame = av.VideoFrame(64, 48, "yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, 30)
    return frame


def block(value: int) -> Block:
    return np.full(BLOCK_SAMPLES, value, dtype=np.int16)


async def passes_nothing(track: CameraTrack | MicrophoneTrack) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(track.recv(), 0.05)


async def test_closed_nothing_passes_and_nothing_is_kept_for_later() -> None:
    gate = Gate()
    camera, microphone = CameraTrack(gate), MicrophoneTrack(gate)
    pictures: Feed[av.VideoFrame] = Feed()
    pictures.add(camera)
    for number in range(3):
        pictures.publish(picture(number))
        microphone.take(block(number))
    await passes_nothing(camera)
    await passes_nothing(microphone)
    gate.set(True)
    await passes_nothing(camera)
    await passes_nothing(microphone)
    pictures.publish(picture(9))
    microphone.take(block(9))
    assert (await camera.recv()).pts == 9
    assert (await microphone.recv()).to_ndarray()[0, 0] == 9


async def test_what_was_taken_while_open_stays_when_it_closes() -> None:
    gate = Gate()
    gate.set(True)
    camera = CameraTrack(gate)
    camera.take(picture(1))
    gate.set(False)
    await passes_nothing(camera)


async def test_newest_picture_and_last_100_ms_of_sound() -> None:
    gate = Gate()
    gate.set(True)
    camera, microphone = CameraTrack(gate), MicrophoneTrack(gate)
    for number in range(10):
        camera.take(picture(number))
        microphone.take(block(number))
    assert (await camera.recv()).pts == 9
    frames = [await microphone.recv() for _ in range(SOUND_BLOCKS)]
    assert [frame.to_ndarray()[0, 0] for frame in frames] == [5, 6, 7, 8, 9]
    assert [frame.pts for frame in frames] == [n * BLOCK_SAMPLES for n in range(SOUND_BLOCKS)]
    await passes_nothing(microphone)


async def test_stop_ends_who_waits() -> None:
    track = CameraTrack(Gate())
    waiting = asyncio.ensure_future(track.recv())
    await asyncio.sleep(0)
    track.stop()
    with pytest.raises(MediaStreamError):
        await waiting


async def test_listeners_hear_changes_only() -> None:
    gate = Gate()
    heard: list[bool] = []
    stop = gate.listen(lambda: heard.append(gate.is_open))
    for state in (False, True, True, False, True):
        gate.set(state)
    stop()
    gate.set(False)
    assert heard == [True, False, True]
