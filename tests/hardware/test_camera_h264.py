"""A camera that encodes: each picture comes with the access unit that it was made of."""

from __future__ import annotations

import asyncio
import logging

import av
import pytest

from hardware import v4l2
from hardware.camera import V4l2Camera
from hardware.interfaces import VideoMode, encoded_by_camera
from hardware.modes import Wanted
from hardware.v4l2_controls import BITRATE, FORCE_KEY_FRAME
from tests.hardware.fake_camera import FakeCamera, Listing, access_units, grey_of, yuyv

MODE = VideoMode(320, 240, 30)
FRAMES = 12
ENCODES: Listing = {"H264": {(320, 240): (30,)}, "YUYV": {(320, 240): (30,)}}


def units() -> list[bytes]:
    return access_units(MODE.width, MODE.height, FRAMES)


def encoding() -> FakeCamera:
    fake = FakeCamera(ENCODES)
    fake.controls = {FORCE_KEY_FRAME: (0, 1), BITRATE: (100_000, 9_000_000)}
    return fake


def made(fake: FakeCamera, asked: str = "h264") -> V4l2Camera:
    return V4l2Camera(fake.open, Wanted(320, 240, 30, asked), mapper=fake.map)


def grey(frame: av.VideoFrame) -> int:
    return round(float(frame.to_ndarray()[: MODE.height].mean()))


async def next_frame(camera: V4l2Camera, fake: FakeCamera, unit: bytes) -> av.VideoFrame:
    waiting = asyncio.ensure_future(camera.frame())
    assert fake.give(unit)
    return await asyncio.wait_for(waiting, 10)


async def test_each_picture_carries_its_access_unit() -> None:
    fake = encoding()
    camera = made(fake)
    assert await camera.open() == MODE
    assert fake.asked == [("H264", 320, 240)]
    encoded = None
    for number, unit in enumerate(units()):
        frame = await next_frame(camera, fake, unit)
        encoded = encoded_by_camera(frame)
        assert encoded is not None
        assert (encoded.number, encoded.data) == (number, unit)
        assert grey(frame) == pytest.approx(grey_of(number), abs=3)
        assert frame.format.name == "yuv420p"
        encoded.encoder.force_key()
        assert fake.set == [(FORCE_KEY_FRAME, 1)] * (number + 1)
    assert encoded is not None
    encoded.encoder.set_bitrate(750_000)
    assert fake.set[-1] == (BITRATE, 750_000)
    await camera.close()
    told = len(fake.set)
    encoded.encoder.force_key()
    assert len(fake.set) == told, "a closed camera is told nothing"


async def all_taken(fake: FakeCamera) -> None:
    async with asyncio.timeout(10):
        while fake.waiting or fake.free < 4:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.005)


async def test_a_reader_that_is_late_sees_the_gap() -> None:
    fake = encoding()
    camera = made(fake)
    await camera.open()
    one, *more = units()
    first = encoded_by_camera(await next_frame(camera, fake, one))
    for unit in more[:3]:
        assert fake.give(unit)
    await all_taken(fake)
    async with asyncio.timeout(10):
        while camera._frames.dropped < 2:  # noqa: ASYNC110 - nothing tells of a dropped frame
            await asyncio.sleep(0.005)
    later = encoded_by_camera(await camera.frame())
    assert first is not None and later is not None
    assert (first.number, later.number) == (0, 3)
    await camera.close()


TORN = b"\0\0\0\1\x41\x9a\x00\x00\x00"
"""A slice whose parameter set does not exist: what a torn transfer looks like to a decoder."""


async def test_a_unit_cut_short_leaves_a_gap_and_asks_for_a_key_frame() -> None:
    fake = encoding()
    camera = made(fake)
    await camera.open()
    numbers = []
    for step, unit in enumerate(units()[:6]):
        if step == 2:
            fake.give(TORN)  # of which nothing comes
            continue
        encoded = encoded_by_camera(await next_frame(camera, fake, unit))
        assert encoded is not None
        numbers.append(encoded.number)
    assert numbers == [0, 1, 3, 4, 5]
    assert fake.set == [(FORCE_KEY_FRAME, 1)]
    await camera.close()


@pytest.mark.parametrize("counts", [True, False])
async def test_what_the_driver_drops_or_says_is_damaged_is_a_gap_too(counts: bool) -> None:
    fake = encoding()
    fake.counts = counts
    camera = made(fake)
    await camera.open()
    first, second, third, *_ = units()
    await next_frame(camera, fake, first)
    fake.give(second, flags=v4l2.DAMAGED)
    fake.sequence += 2 * counts
    encoded = encoded_by_camera(await next_frame(camera, fake, third))
    assert encoded is not None
    assert encoded.number == (4 if counts else 2)
    assert fake.set == [(FORCE_KEY_FRAME, 1)]
    assert camera.damaged == 1
    await camera.close()


def parameters_of(unit: bytes) -> bytes:
    """Return what comes before the key frame's first slice."""
    return unit[: unit.index(b"\0\0\1\x65")]


async def test_parameters_that_come_by_themselves_belong_to_the_picture_after() -> None:
    fake = encoding()
    camera = made(fake)
    await camera.open()
    key, *_ = units()
    parameters = parameters_of(key)
    fake.give(parameters)
    await all_taken(fake)
    encoded = encoded_by_camera(await next_frame(camera, fake, key[len(parameters) :]))
    assert encoded is not None
    assert (encoded.number, encoded.data) == (0, key)
    assert (camera.damaged, fake.set) == (0, [])
    await camera.close()


async def test_a_camera_in_the_middle_of_its_group_glues_nothing_together() -> None:
    fake = encoding()
    camera = made(fake)
    await camera.open()
    whole = units()
    before = [parameters_of(whole[0]) + whole[1], *whole[2:9]]
    for unit in before:
        assert fake.give(unit)  # of which nothing can be shown
        await all_taken(fake)
    for number in range(3):
        encoded = encoded_by_camera(await next_frame(camera, fake, whole[number]))
        assert encoded is not None
        assert (encoded.number, encoded.data) == (len(before) + number, whole[number])
    assert fake.set == [(FORCE_KEY_FRAME, 1)], "asked once, not for each picture"
    await camera.close()


@pytest.mark.parametrize("asked", ["auto", "raw", "mjpeg"])
async def test_unasked_for_nothing_is_carried(asked: str) -> None:
    fake = encoding()
    camera = made(fake, asked)
    await camera.open()
    assert fake.asked == [("YUYV", 320, 240)]
    assert encoded_by_camera(await next_frame(camera, fake, yuyv(320, 240, 99))) is None
    await camera.close()


async def test_a_camera_without_h264_says_so_and_serves(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    fake = FakeCamera({"YUYV": {(320, 240): (30,)}})
    camera = made(fake)
    await camera.open()
    assert encoded_by_camera(await next_frame(camera, fake, yuyv(320, 240, 99))) is None
    assert [record.getMessage() for record in caplog.records] == [
        "/dev/video0 has no H.264; its pictures are encoded here"
    ]
    await camera.close()
