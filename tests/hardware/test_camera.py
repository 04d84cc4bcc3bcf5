"""A V4L2 camera: its mode, its loss, what is wrong with it, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import av
import numpy as np
import pytest

from config.schema import Devices
from hardware import camera as module
from hardware import factory, v4l2
from hardware.camera import V4l2Camera
from hardware.crop import ALL, Part
from hardware.interfaces import (
    DeviceBusy,
    DeviceLost,
    DeviceNotFound,
    DeviceRefused,
    VideoMode,
    encoded_by_camera,
)
from hardware.modes import Wanted
from hardware.v4l2 import Node
from hardware.v4l2_controls import EXPOSURE, GAIN, Settings
from tests.hardware.fake_camera import (
    FakeCamera,
    Pump,
    access_units,
    jpeg,
    ramp,
    yuyv,
)

WANTED = Wanted(320, 240, 30)
MODE = VideoMode(320, 240, 30)
GREY = yuyv(320, 240, 100)


def made(fake: FakeCamera, wanted: Wanted = WANTED, **more: object) -> V4l2Camera:
    return V4l2Camera(fake.open, wanted, mapper=fake.map, **more)  # type: ignore[arg-type]


@asynccontextmanager
async def opened(
    fake: FakeCamera, wanted: Wanted = WANTED, **more: object
) -> AsyncIterator[V4l2Camera]:
    camera = made(fake, wanted, **more)
    await camera.open()
    try:
        yield camera
    finally:
        await camera.close()


async def shown(camera: V4l2Camera, fake: FakeCamera, picture: bytes) -> av.VideoFrame:
    assert fake.give(picture)
    return await asyncio.wait_for(camera.frame(), 5)


def luma(frame: av.VideoFrame) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return frame.to_ndarray()[: frame.height].astype(np.uint8)


async def test_it_is_asked_for_what_it_lists() -> None:
    fake = FakeCamera()
    camera = made(fake, Wanted(1280, 720, 30))
    assert await camera.open() == VideoMode(1280, 720, 30)
    assert (fake.asked, fake.fps) == ([("MJPG", 1280, 720)], 30)
    await camera.close()


async def test_one_that_lists_nothing_is_taken_at_what_it_makes_of_it() -> None:
    fake = FakeCamera({})
    async with opened(fake) as camera:
        assert fake.asked == [("YU12", 320, 240)], "and it took YUYV"
        assert luma(await shown(camera, fake, GREY))[0, 0] == 100


async def test_one_that_gives_nothing_that_is_known_says_what_it_gives() -> None:
    with pytest.raises(DeviceRefused, match="gives BA81, pBAA; camera_format auto takes YU12"):
        await made(FakeCamera({"BA81": {}, "pBAA": {}})).open()
    with pytest.raises(DeviceRefused, match="gives H264"):
        await made(FakeCamera({"H264": {(320, 240): (30,)}})).open()


async def test_one_that_answers_with_another_format_is_asked_for_the_next() -> None:
    fake = FakeCamera({"YUYV": {}, "MJPG": {}})
    fake.answers = "BA81"
    with pytest.raises(DeviceRefused):
        await made(fake).open()
    assert [name for name, _, _ in fake.asked] == ["YUYV", "MJPG"]


@pytest.mark.parametrize(
    ("request_", "raised", "expected"),
    [
        (v4l2.S_FMT, errno.EBUSY, DeviceBusy),
        (v4l2.REQBUFS, errno.EBUSY, DeviceBusy),
        (v4l2.QUERYCAP, errno.ENODEV, DeviceNotFound),
        (v4l2.QUERYCAP, errno.ENOTTY, DeviceRefused),
        (v4l2.STREAMON, errno.ENOSPC, DeviceRefused),
    ],
)
async def test_why_it_does_not_open(request_: int, raised: int, expected: type[Exception]) -> None:
    fake = FakeCamera()
    fake.refuses[request_] = OSError(raised, "No")
    camera = made(fake)
    with pytest.raises(expected, match="/dev/video0"):
        await camera.open()
    del fake.refuses[request_]
    assert await camera.open() == MODE, "tried again, it opens"
    await camera.close()


async def test_where_the_bus_has_no_room_the_next_format_is_taken(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fake = FakeCamera()
    fake.crowded = ("YUYV",)
    async with opened(fake) as camera:
        await shown(camera, fake, jpeg(ramp(320, 240, "yuvj422p")))
        assert [name for name, _, _ in fake.asked] == ["YUYV", "MJPG"]
    assert "no room on the bus for YUYV 320x240" in caplog.text
    fake.crowded = ("YUYV", "MJPG")
    with pytest.raises(DeviceRefused, match="plug it in elsewhere"):
        await made(fake).open()


async def test_whoever_cannot_open_it_says_why() -> None:
    async def absent() -> Node:
        raise DeviceNotFound("no camera is attached")

    with pytest.raises(DeviceNotFound, match="attached"):
        await V4l2Camera(absent, WANTED).open()


async def test_unplugged_it_is_lost_at_once_and_opens_again() -> None:
    fake = FakeCamera()
    camera = made(fake)
    await camera.open()
    await shown(camera, fake, GREY)
    waiting = asyncio.ensure_future(camera.frame())
    await asyncio.sleep(0)
    fake.unplug()
    with pytest.raises(DeviceLost, match="unplugged"):
        await asyncio.wait_for(waiting, 1)
    with pytest.raises(DeviceLost):
        await camera.frame()
    assert await camera.open() == MODE
    await shown(camera, fake, GREY)
    await camera.close()


@pytest.mark.parametrize("request_", [v4l2.DQBUF, v4l2.QBUF])
async def test_lost_in_the_middle_of_a_call(request_: int) -> None:
    fake = FakeCamera()
    async with opened(fake) as camera:
        fake.refuses[request_] = OSError(errno.ENODEV, "No such device")
        fake.give(GREY)
        with pytest.raises(DeviceLost, match="No such device"):
            while True:
                await asyncio.wait_for(camera.frame(), 5)
    fake.refuses.clear()


async def test_silent_it_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT_S", 0.05)
    fake = FakeCamera()
    async with opened(fake) as camera:
        with pytest.raises(DeviceLost, match="no picture"):
            await camera.frame()
        assert await camera.open() == MODE


async def test_damaged_pictures_are_counted_and_not_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    fake = FakeCamera({"MJPG": {(320, 240): (30,)}})
    whole = jpeg(ramp(320, 240, "yuvj422p"))
    async with opened(fake) as camera:
        fake.give(whole[: len(whole) // 2])
        fake.give(whole, flags=v4l2.DAMAGED)
        fake.give(b"")
        await shown(camera, fake, whole)
        fake.give(whole[:200])
        async with asyncio.timeout(5):
            while camera.damaged < 3:  # noqa: ASYNC110 - nothing tells of a dropped frame
                await asyncio.sleep(0.005)
        await shown(camera, fake, whole)
    assert [each.getMessage() for each in caplog.records] == [
        f"/dev/video0: {camera.damaged} pictures came damaged"
    ]


async def test_only_damaged_pictures_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENT_S", 0.2)
    fake = FakeCamera({"MJPG": {(320, 240): (30,)}})
    with Pump(fake, [b"nonsense"]):
        async with opened(fake) as camera:
            with pytest.raises(DeviceLost, match="no picture"):
                await camera.frame()


async def test_times_are_the_drivers_and_never_go_back() -> None:
    fake = FakeCamera()
    async with opened(fake) as camera:
        first = await shown(camera, fake, GREY)
        assert first.time == pytest.approx(fake.at_us / 1_000_000)
        fake.give(GREY, after_us=-5_000_000)
        second = await asyncio.wait_for(camera.frame(), 5)
        assert first.pts is not None and second.pts == first.pts + 1


async def test_a_driver_with_another_clock_is_timed_here() -> None:
    fake = FakeCamera()
    async with opened(fake) as camera:
        before = asyncio.get_running_loop().time()
        fake.give(GREY, flags=0)
        frame = await asyncio.wait_for(camera.frame(), 5)
        assert before - 0.1 <= frame.time <= asyncio.get_running_loop().time() + 0.1


async def test_it_is_told_how_to_see_and_what_it_lacks_is_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    fake = FakeCamera()
    fake.controls = {EXPOSURE: (1, 5000)}
    async with opened(fake, settings=Settings(exposure="120", focus="7")):
        assert fake.set == [(EXPOSURE, 120)]
    assert [each.getMessage() for each in caplog.records] == [
        "/dev/video0: its focus cannot be set"
    ]


async def test_cut_and_masked_before_anybody_sees_it() -> None:
    fake = FakeCamera()
    camera = made(fake, crop=Part(50, 0, 50, 50), masks=(Part(0, 0, 25, 100),))
    assert await camera.open() == VideoMode(160, 120, 30)
    frame = await shown(camera, fake, yuyv(320, 240, 200))
    assert (frame.width, frame.height) == (160, 120)
    assert frame.time == pytest.approx(fake.at_us / 1_000_000)
    assert (luma(frame)[:, :40] == 16).all() and (luma(frame)[:, 40:] == 200).all()
    await camera.close()


@pytest.mark.parametrize("more", [{"crop": Part(0, 0, 50, 100)}, {"masks": (Part(0, 0, 10, 10),)}])
async def test_the_cameras_own_h264_is_not_taken_where_it_shows_more(
    more: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    fake = FakeCamera({"H264": {(320, 240): (30,)}, "YUYV": {(320, 240): (30,)}})
    async with opened(fake, Wanted(320, 240, 30, "h264"), **more) as camera:
        assert fake.asked == [("YUYV", 320, 240)]
        assert encoded_by_camera(await shown(camera, fake, GREY)) is None
    assert "would show what is cut or masked" in caplog.text


async def test_sizes_are_even() -> None:
    fake = FakeCamera({"MJPG": {(321, 241): (30,)}})
    camera = made(fake)
    assert await camera.open() == VideoMode(320, 240, 30)
    frame = await shown(camera, fake, jpeg(ramp(321, 241, "yuvj420p")))
    assert (frame.width, frame.height) == (320, 240)
    await camera.close()


async def test_a_mistake_of_ours_is_a_fault_with_its_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> av.VideoFrame:
        raise KeyError("planes")

    monkeypatch.setattr("hardware.pictures.fitted", broken)
    fake = FakeCamera()
    async with opened(fake) as camera:
        fake.give(GREY)
        with pytest.raises(DeviceRefused, match="KeyError"):
            await camera.frame()
    assert "Traceback" in caplog.text


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_hundred_openings_leave_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """However they end: closed, unplugged, given up."""
    caplog.set_level(logging.ERROR)
    before = threads = 0
    for turn in range(100):
        if turn == 4:  # what the first of each kind leaves for later, such as a traceback, may stay
            gc.collect()
            before, threads = descriptors(), threading.active_count()
        fake = FakeCamera()
        camera = made(fake)
        await camera.open()
        if turn % 2:
            await shown(camera, fake, GREY)
        if turn % 4 == 2:
            fake.unplug()
            with pytest.raises(DeviceLost):
                await camera.frame()
        if turn % 4 == 3:
            opening = asyncio.ensure_future(made(FakeCamera()).open())
            await asyncio.sleep(0)
            opening.cancel()
        await camera.close()
        del fake, camera
    async with asyncio.timeout(5):
        # Those that were given up end by themselves.
        while threading.active_count() > threads or descriptors() > before:
            await asyncio.sleep(0.01)
            gc.collect()


async def test_closed_while_it_waits() -> None:
    fake = FakeCamera()
    camera = made(fake)
    await camera.open()
    waiting = asyncio.ensure_future(camera.frame())
    await asyncio.sleep(0)
    await camera.close()
    with pytest.raises(DeviceLost, match="closed"):
        await waiting
    assert not fake.streaming.is_set()


def test_the_configuration_reaches_the_camera() -> None:
    made_ = factory.camera(
        Devices(
            camera="/dev/video7",
            camera_format="h264",
            camera_gain="9",
            mains_hz="50",
            camera_crop="10 0 80 100",
            camera_masks=("0 0 20 100",),
        )
    )
    assert isinstance(made_, V4l2Camera)
    assert made_._wanted == Wanted(640, 480, 30, "h264")
    assert made_._settings == Settings(gain="9", mains_hz="50")
    assert (made_._view._crop, made_._view._masks) == (
        Part(10, 0, 80, 100),
        (Part(0, 0, 20, 100),),
    )
    plain = factory.camera(Devices(camera="auto"))
    assert isinstance(plain, V4l2Camera)
    assert (plain._view._crop, plain._view._masks) == (ALL, ())


async def test_the_one_that_is_not_there_is_named() -> None:
    with pytest.raises(DeviceNotFound, match="/dev/video97"):
        await factory.camera(Devices(camera="/dev/video97")).open()


async def test_gain_is_kept_within_its_range(caplog: pytest.LogCaptureFixture) -> None:
    fake = FakeCamera()
    fake.controls = {GAIN: (0, 100)}
    async with opened(fake, settings=Settings(gain="500")):
        assert fake.set == [(GAIN, 100)]
    assert "its gain is 100: it goes from 0 to 100" in caplog.text


async def test_h264_without_a_beginning_is_damaged() -> None:
    fake = FakeCamera({"H264": {(320, 240): (30,)}})
    units = access_units(320, 240, 3)
    async with opened(fake, Wanted(320, 240, 30, "h264")) as camera:
        fake.give(units[1])
        await shown(camera, fake, units[0])
        assert camera.damaged == 1
