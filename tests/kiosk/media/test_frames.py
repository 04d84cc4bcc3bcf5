"""Frames in shared memory: the newest wins, none is torn, and no writer can hurt the reader."""

from __future__ import annotations

import fcntl
import mmap
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from kiosk.media.frames import (
    HEADER_BYTES,
    HELD_WORD,
    MEMORY_BYTES,
    NEWEST_WORD,
    SLOT_BYTES,
    SLOT_WORDS,
    FrameReader,
    FrameWriter,
    UnfitFrame,
)


@pytest.fixture
def reader() -> Iterator[FrameReader]:
    made = FrameReader("test")
    yield made
    made.close()


@pytest.fixture
def writer(reader: FrameReader) -> FrameWriter:
    return FrameWriter(reader.memory_fd, reader.eventfd)


def grey(width: int, height: int, luma: int, pixel: str = "yuv420p") -> av.VideoFrame:
    frame = av.VideoFrame(width, height, pixel)
    for plane, value in zip(frame.planes, (luma, luma + 1, luma + 2), strict=False):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.pts, frame.time_base = 0, Fraction(1, 30)
    return frame


def test_a_frame_arrives_whole(reader: FrameReader, writer: FrameWriter) -> None:
    assert reader.take() is None
    writer.write(grey(322, 241, 100))
    assert os.eventfd_read(reader.eventfd) == 1
    picture = reader.take()
    assert picture is not None
    assert (picture.width, picture.height, picture.sequence) == (322, 241, 1)
    assert (picture.matrix, picture.full_range) == ("bt601", False)
    for plane, stride, columns, rows, value in (
        (picture.y, picture.stride_y, 322, 241, 100),
        (picture.u, picture.stride_uv, 161, 121, 101),
        (picture.v, picture.stride_uv, 161, 121, 102),
    ):
        assert len(plane) == stride * rows
        seen = np.frombuffer(plane, np.uint8).reshape(rows, stride)[:, :columns]
        assert np.all(seen == value)
    assert reader.take() is None, "each frame once"


class Plane(bytearray):
    """A plane with a stride that no decoder of ours has."""

    def __init__(self, width: int, height: int, line_size: int, value: int) -> None:
        super().__init__((bytes([value]) * width + bytes(line_size - width)) * height)
        self.width, self.height, self.line_size = width, height, line_size


@pytest.mark.parametrize("strides", [(2048, 1024, 1024), (640, 320, 352)])
def test_strides_that_do_not_fit_are_left_behind(
    reader: FrameReader, writer: FrameWriter, strides: tuple[int, int, int]
) -> None:
    planes = [
        Plane(322 >> (at > 0), 241 if at == 0 else 121, stride, 100 + at)
        for at, stride in enumerate(strides)
    ]
    described = {"format": SimpleNamespace(name="yuv420p"), "colorspace": 2, "color_range": 0}
    frame: Any = SimpleNamespace(width=322, height=241, planes=planes, **described)
    writer.write(frame)
    picture = reader.take()
    assert picture is not None
    assert (picture.stride_y, picture.stride_uv) == (328, 164)
    for plane, stride, columns, value in (
        (picture.y, 328, 322, 100),
        (picture.u, 164, 161, 101),
        (picture.v, 164, 161, 102),
    ):
        seen = np.frombuffer(plane, np.uint8).reshape(-1, stride)[:, :columns]
        assert np.all(seen == value)


@pytest.mark.parametrize("size", [(640, 480), (650, 482), (1280, 720)])
def test_a_decoded_picture_says_the_colours_of_its_codec(
    reader: FrameReader, writer: FrameWriter, size: tuple[int, int]
) -> None:
    """VP8 is BT.601 at every size (RFC 6386 section 9.2); its planes cross in one copy each."""
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, av.video.codeccontext.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, 30)
    encoder.options = {"deadline": "realtime", "lag-in-frames": "0"}
    decoder = av.CodecContext.create("vp8", "r")
    assert isinstance(decoder, av.video.codeccontext.VideoCodecContext)
    packets = encoder.encode(grey(*size, 100)) + encoder.encode(None)
    decoded = next(frame for packet in packets for frame in decoder.decode(packet))
    writer.write(decoded)
    picture = reader.take()
    assert picture is not None
    assert (picture.matrix, picture.full_range) == ("bt601", False)
    assert (picture.width, picture.height) == size
    assert picture.stride_y == decoded.planes[0].line_size
    luma = np.frombuffer(picture.y, np.uint8).reshape(size[1], picture.stride_y)
    assert np.abs(luma[:, : size[0]].astype(int) - 100).max() <= 2


def test_newest_wins(reader: FrameReader, writer: FrameWriter) -> None:
    for luma in range(10, 20):
        writer.write(grey(64, 48, luma))
    picture = reader.take()
    assert picture is not None and picture.y[0] == 19
    assert reader.take() is None


def test_a_held_slot_is_not_reused(reader: FrameReader, writer: FrameWriter) -> None:
    writer.write(grey(64, 48, 1))
    held = reader.take()
    assert held is not None
    for luma in range(2, 30):
        writer.write(grey(64, 48, luma))
        assert held.y[0] == 1
    newest = reader.take()
    assert newest is not None and newest.y[0] == 29


@pytest.mark.parametrize(
    "frame", [grey(1922, 1080, 1), grey(1920, 1090, 1), grey(64, 48, 1, "yuv444p")]
)
def test_unfit_frames_do_not_cross(
    reader: FrameReader, writer: FrameWriter, frame: av.VideoFrame
) -> None:
    with pytest.raises(UnfitFrame):
        writer.write(frame)
    assert reader.take() is None


def test_the_largest_frame_fits(reader: FrameReader, writer: FrameWriter) -> None:
    writer.write(grey(1920, 1088, 9))
    picture = reader.take()
    assert picture is not None and picture.v[-1] == 11


def test_colour_is_told(reader: FrameReader, writer: FrameWriter) -> None:
    frame = grey(64, 48, 1)
    frame.colorspace, frame.color_range = 1, 2
    writer.write(frame)
    picture = reader.take()
    assert picture is not None and (picture.matrix, picture.full_range) == ("bt709", True)


@pytest.mark.parametrize("size", [0, MEMORY_BYTES - 4096, MEMORY_BYTES + 4096])
def test_nobody_resizes_the_memory(reader: FrameReader, size: int) -> None:
    with pytest.raises(PermissionError):
        os.ftruncate(reader.memory_fd, size)
    with pytest.raises(PermissionError):
        fcntl.fcntl(reader.memory_fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)


def test_a_hostile_header_never_hurts(reader: FrameReader, writer: FrameWriter) -> None:
    writer.write(grey(640, 480, 1))
    memory = mmap.mmap(reader.memory_fd, MEMORY_BYTES)
    words = memoryview(memory)[:HEADER_BYTES].cast("Q")
    chance = random.Random(7)
    extremes = [0, 1, 2, 3, 7, 640, 1920, 1921, 1 << 31, (1 << 32) + 640, (1 << 64) - 1]
    taken = 0
    for attempt in range(1, 20_000):
        for word in range(SLOT_WORDS * 4):
            if word != HELD_WORD and chance.random() < 0.3:
                words[word] = chance.choice(extremes)
        slot = chance.randrange(4)
        words[NEWEST_WORD] = attempt << 2 | slot
        words[SLOT_WORDS * (slot + 1)] = attempt
        picture = reader.take()
        if picture is not None:
            taken += 1
            assert len(picture.y) + len(picture.u) + len(picture.v) <= SLOT_BYTES
            assert len(picture.y) == picture.stride_y * picture.height
            assert picture.y[-1] >= 0 and picture.v[-1] >= 0
    assert taken > 0, "some of it must have looked sound, or this tests nothing"
    words.release()
    memory.close()


RACER = """
import sys, av
from kiosk.media.frames import FrameWriter
writer = FrameWriter(int(sys.argv[1]), int(sys.argv[2]))
frames = []
for luma in range(16, 236):
    frame = av.VideoFrame(320, 240, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes([luma]) * plane.buffer_size)
    frames.append(frame)
while True:
    for frame in frames:
        writer.write(frame)
"""


def test_a_racing_writer_tears_nothing(reader: FrameReader) -> None:
    """A real process writes as fast as it can; each picture taken is one colour, and stays so."""
    descriptors = (reader.memory_fd, reader.eventfd)
    racer = subprocess.Popen(
        [sys.executable, "-I", "-c", RACER, *map(str, descriptors)], pass_fds=descriptors
    )
    try:
        taken, last, deadline = 0, 0, time.monotonic() + 20
        while taken < 2000 and time.monotonic() < deadline:
            picture = reader.take()
            if picture is None:
                continue
            taken += 1
            assert picture.sequence > last
            last = picture.sequence
            for plane in (picture.y, picture.u, picture.v):
                seen = np.frombuffer(plane, np.uint8)
                assert seen.min() == seen.max()
            assert picture.y[0] == picture.v[-1]
        assert taken == 2000
        assert last > taken, "the writer must have been faster, or nothing raced"
    finally:
        racer.kill()
        racer.wait()


def test_the_reader_survives_its_writers_death(reader: FrameReader) -> None:
    code = RACER.replace("while True:", "for _ in range(1):")
    descriptors = (reader.memory_fd, reader.eventfd)
    subprocess.run(
        [sys.executable, "-I", "-c", code, *map(str, descriptors)],
        pass_fds=descriptors,
        check=True,
    )
    picture = reader.take()
    assert picture is not None and picture.y[0] == 235


def test_close_is_idempotent() -> None:
    reader = FrameReader("test")
    reader.close()
    reader.close()
    assert reader.take() is None
    reader.release()
