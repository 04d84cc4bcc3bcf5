"""Only what fits reaches screen and ear."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from hardware.interfaces import BLOCK_SAMPLES, Block, DeviceLost
from hardware.sound import SILENCE_DBFS
from kiosk.media import playback
from kiosk.media.frames import FrameReader, FrameWriter, UnfitFrame
from kiosk.media.playback import Ear, Screen, drain
from kiosk.media.tracks import Gate


class Recorder:
    """An earpiece that keeps what it was given."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.lost = False
        self.dropped = 0

    async def open(self) -> None:
        """Nothing to open."""

    def play(self, block: Block) -> None:
        if self.lost:
            raise DeviceLost("pulled")
        self.blocks.append(block)

    async def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def reader() -> Iterator[FrameReader]:
    made = FrameReader("test")
    yield made
    made.close()


def sound(samples: int, value: int, layout: str = "stereo", rate: int = 48_000) -> av.AudioFrame:
    channels = 2 if layout == "stereo" else 1
    data = np.full((1, samples * channels), value, dtype=np.int16)
    frame = av.AudioFrame.from_ndarray(data, format="s16", layout=layout)
    frame.sample_rate = rate
    return frame


@pytest.mark.parametrize("samples", [120, 480, 960, 1920, 2880])
def test_any_opus_frame_becomes_blocks_of_20_ms(samples: int) -> None:
    earpiece = Recorder()
    ear = Ear(earpiece)
    ear.volume = 8
    for _ in range(5760 // samples):
        ear.hear(1, sound(samples, 1000))
    assert len(earpiece.blocks) == 6
    assert all(b.shape == (BLOCK_SAMPLES,) and (b == 1000).all() for b in earpiece.blocks)


def test_volume_and_level() -> None:
    earpiece = Recorder()
    ear = Ear(earpiece)
    ear.volume = 4
    ear.hear(1, sound(960, 1000))
    ear.volume = 0
    ear.hear(1, sound(960, 1000))
    assert [int(block[0]) for block in earpiece.blocks] == [250, 0]
    assert ear.take_dbfs() == pytest.approx(-45.4, abs=0.1)
    assert ear.take_dbfs() < -90


def test_sound_of_another_kind_is_refused() -> None:
    with pytest.raises(UnfitFrame):
        Ear(Recorder()).hear(1, sound(960, 1, rate=8000))


def test_the_newest_connection_has_ear_and_screen(reader: FrameReader) -> None:
    earpiece = Recorder()
    ear, screen = Ear(earpiece), Screen(FrameWriter(reader.memory_fd, reader.eventfd))
    for connection, width in ((1, 100), (2, 200), (1, 100)):
        ear.hear(connection, sound(960, width))
        screen.show(connection, av.VideoFrame(width, 48, "yuv420p"))
    assert len(earpiece.blocks) == 2
    picture = reader.take()
    assert picture is not None and picture.width == 200
    screen.forget(2)
    ear.forget(2)
    screen.show(1, av.VideoFrame(100, 48, "yuv420p"))
    ear.hear(1, sound(960, 1))
    assert len(earpiece.blocks) == 3
    assert reader.take() is not None


async def test_a_lost_earpiece_is_told_to_its_keeper() -> None:
    earpiece = Recorder()
    ear = Ear(earpiece)
    waiting = asyncio.ensure_future(ear.broken())
    await asyncio.sleep(0)
    earpiece.lost = True
    ear.hear(1, sound(960, 1))
    with pytest.raises(DeviceLost, match="pulled"):
        await asyncio.wait_for(waiting, 1)


async def test_a_lost_earpiece_is_noticed_before_anything_is_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(playback, "CHECK_S", 0.01)
    earpiece = Recorder()
    ear = Ear(earpiece)
    waiting = asyncio.ensure_future(ear.broken())
    async with asyncio.timeout(5):
        while len(earpiece.blocks) < 2:  # noqa: ASYNC110 - it plays silence by itself
            await asyncio.sleep(0.001)
        assert not np.any(earpiece.blocks)
        assert ear.take_dbfs() == SILENCE_DBFS
        earpiece.lost = True
        with pytest.raises(DeviceLost, match="pulled"):
            await waiting


class Film(MediaStreamTrack):
    """A remote track that gives some frames and ends."""

    kind = "video"

    def __init__(self, frames: list[av.VideoFrame]) -> None:
        super().__init__()
        self._frames = frames

    async def recv(self) -> av.VideoFrame:
        if not self._frames:
            raise MediaStreamError
        return self._frames.pop(0)


@pytest.mark.parametrize(
    ("width", "height", "pixel"),
    [(2, 2, "yuv444p"), (8192, 64, "yuv420p"), (322, 242, "yuv422p10le"), (64, 2000, "yuv420p")],
)
async def test_a_hostile_picture_is_dropped_and_the_next_is_shown(
    reader: FrameReader, width: int, height: int, pixel: str
) -> None:
    screen = Screen(FrameWriter(reader.memory_fd, reader.eventfd))
    gate = Gate()
    gate.set(True)
    film = Film([av.VideoFrame(width, height, pixel), av.VideoFrame(64, 48, "yuv420p")])
    await drain(film, gate, lambda frame: screen.show(1, frame))  # type: ignore[arg-type]
    picture = reader.take()
    assert picture is not None and (picture.width, picture.height) == (64, 48)


async def test_nothing_is_used_before_the_gate_opens() -> None:
    used: list[object] = []
    await drain(Film([av.VideoFrame(64, 48, "yuv420p")] * 3), Gate(), used.append)
    assert used == []
