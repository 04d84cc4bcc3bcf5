"""A camera that encodes: each picture comes with the access unit that it was made of."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext

from config.schema import Devices
from hardware import factory
from hardware.camera import V4l2Camera, attempts, is_introduction
from hardware.interfaces import VideoMode, encoded_by_camera
from hardware.v4l2_controls import V4l2Controls

MODE = VideoMode(320, 240, 30)
FRAMES = 12


def access_units() -> list[bytes]:
    """Return a camera's stream as x264 makes it; each picture is of another grey."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = MODE.width, MODE.height, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, MODE.fps), Fraction(MODE.fps)
    codec.profile = "Baseline"
    codec.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "20"}
    units = []
    for number in range(FRAMES):
        picture = np.full((MODE.height * 3 // 2, MODE.width), 128, np.uint8)
        picture[: MODE.height] = grey_of(number)
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = number
        units.append(b"".join(bytes(packet) for packet in codec.encode(frame)))
    return units


def grey_of(number: int) -> int:
    return 40 + 12 * number


def grey(frame: av.VideoFrame) -> int:
    return round(float(frame.to_ndarray()[: MODE.height].mean()))


class Played:
    """A container whose packets come one by one, each when the test says so."""

    def __init__(self, container: InputContainer) -> None:
        self._container = container
        self.streams = container.streams
        self.next = threading.Semaphore(0)

    def demux(self, stream: Any) -> Iterator[av.Packet[Any]]:
        for packet in self._container.demux(stream):
            assert self.next.acquire(timeout=20)
            yield packet

    def decode(self, stream: Any) -> Iterator[av.VideoFrame]:
        for packet in self.demux(stream):
            yield from stream.decode(packet)

    def close(self) -> None:
        self._container.close()


class Driver:
    """Opens the file in place of the device."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[dict[str, str]] = []
        self.played: Played | None = None
        self.told: list[int] = []

    def open(self, path: str, options: dict[str, str]) -> InputContainer:
        self.asked.append(options)
        rate = {"framerate": str(MODE.fps)}
        self.played = Played(av.open(str(self.path), format="h264", options=rate))
        return self.played  # type: ignore[return-value]

    def controls(self, path: str) -> V4l2Controls:
        return V4l2Controls(str(self.path), lambda node, request, data: self.told.append(request))

    def step(self) -> None:
        assert self.played is not None
        self.played.next.release()


@pytest.fixture
def play(tmp_path: Path) -> Callable[[list[bytes]], Driver]:
    def made(units: list[bytes]) -> Driver:
        path = tmp_path / "camera.h264"
        path.write_bytes(b"".join(units))
        return Driver(path)

    return made


async def next_frame(camera: V4l2Camera, driver: Driver) -> av.VideoFrame:
    waiting = asyncio.ensure_future(camera.frame())
    driver.step()
    return await asyncio.wait_for(waiting, 10)


Play = Callable[[list[bytes]], Driver]


async def test_each_picture_carries_its_access_unit(play: Play) -> None:
    units = access_units()
    driver = play(units)
    camera = V4l2Camera("/dev/video0", MODE, driver.open, asked="h264", controls=driver.controls)
    assert await camera.open() == MODE
    assert driver.asked[0]["input_format"] == "h264"
    for number in range(FRAMES - 1):
        frame = await next_frame(camera, driver)
        encoded = encoded_by_camera(frame)
        assert encoded is not None
        assert (encoded.number, encoded.data) == (number, units[number])
        assert grey(frame) == pytest.approx(grey_of(number), abs=3)
        assert frame.format.name == "yuv420p"
        encoded.encoder.force_key()
        assert len(driver.told) == number + 1
    driver.step()
    await camera.close()


async def test_a_reader_that_is_late_sees_the_gap(play: Play) -> None:
    driver = play(access_units())
    camera = V4l2Camera("/dev/video0", MODE, driver.open, asked="h264", controls=driver.controls)
    await camera.open()
    first = encoded_by_camera(await next_frame(camera, driver))
    for _ in range(3):
        driver.step()
    async with asyncio.timeout(10):
        while camera._frames.dropped < 2:  # noqa: ASYNC110 - nothing tells of a dropped frame
            await asyncio.sleep(0.005)
    later = encoded_by_camera(await camera.frame())
    assert first is not None and later is not None
    assert (first.number, later.number) == (0, 3)
    driver.step()
    await camera.close()


async def test_a_unit_cut_short_leaves_a_gap_and_asks_for_a_key_frame(play: Play) -> None:
    units = access_units()
    # A slice whose parameter set does not exist: what a torn transfer looks like to a decoder.
    units[2] = b"\0\0\0\1\x41\x9a\x00\x00\x00"
    driver = play(units)
    camera = V4l2Camera("/dev/video0", MODE, driver.open, asked="h264", controls=driver.controls)
    await camera.open()
    numbers = []
    for step in range(5):
        if step == 2:
            driver.step()  # of which nothing comes
        encoded = encoded_by_camera(await next_frame(camera, driver))
        assert encoded is not None
        numbers.append(encoded.number)
    assert numbers == [0, 1, 3, 4, 5]
    assert len(driver.told) == 1
    driver.step()
    await camera.close()


def parameters_of(unit: bytes) -> bytes:
    """Return what comes before the key frame's first slice."""
    return unit[: unit.index(b"\0\0\1\x65")]


async def test_a_camera_in_the_middle_of_its_group_glues_nothing_together(play: Play) -> None:
    units = access_units()
    before = units[1:9]
    driver = play([parameters_of(units[0]) + before[0], *before[1:], *units])
    camera = V4l2Camera("/dev/video0", MODE, driver.open, asked="h264", controls=driver.controls)
    await camera.open()
    for _ in before:
        driver.step()  # of which nothing can be shown
    for number in range(3):
        encoded = encoded_by_camera(await next_frame(camera, driver))
        assert encoded is not None
        assert (encoded.number, encoded.data) == (len(before) + number, units[number])
    assert len(driver.told) == 1, "asked once, not for each picture"
    driver.step()
    await camera.close()


def test_only_what_is_no_picture_waits_for_one() -> None:
    unit = access_units()[0]
    assert is_introduction(parameters_of(unit)) and is_introduction(b"")
    assert not is_introduction(unit) and not is_introduction(access_units()[1])
    assert not is_introduction(parameters_of(unit) * 2000), "nor does it without end"


@pytest.mark.parametrize("asked", ["auto", "raw", "mjpeg"])
async def test_unasked_for_nothing_is_carried(asked: str, play: Play) -> None:
    driver = play(access_units())
    camera = V4l2Camera("/dev/video0", MODE, driver.open, asked=asked, controls=driver.controls)
    await camera.open()
    assert encoded_by_camera(await next_frame(camera, driver)) is None
    driver.step()
    await camera.close()


async def test_a_camera_without_h264_says_so_and_serves(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked: list[dict[str, str]] = []

    def raw_only(path: str, options: dict[str, str]) -> InputContainer:
        asked.append(options)
        if options.get("input_format") == "h264":
            raise OSError(22, "Invalid argument")
        return av.open("testsrc2=size=320x240:rate=30,format=yuyv422,realtime", format="lavfi")

    camera = V4l2Camera("/dev/video0", MODE, raw_only, asked="h264")
    await camera.open()
    assert encoded_by_camera(await camera.frame()) is None
    assert [options.get("input_format") for options in asked] == ["h264", "h264", "yuyv422"]
    assert [record.getMessage() for record in caplog.records] == [
        "/dev/video0 has no H.264; its pictures are encoded here"
    ]
    await camera.close()


@pytest.mark.parametrize(
    ("asked", "size", "first"),
    [
        ("auto", (640, 480), "yuyv422"),
        ("auto", (1280, 720), "mjpeg"),
        ("raw", (1280, 720), "yuyv422"),
        ("mjpeg", (640, 480), "mjpeg"),
        ("h264", (1280, 720), "h264"),
    ],
)
def test_what_is_asked_for_first(asked: str, size: tuple[int, int], first: str) -> None:
    tried = list(attempts(VideoMode(*size, 30), asked))
    assert tried[0]["input_format"] == first
    assert tried[-1] == {}, "whatever the camera gives is better than nothing"


def test_the_configuration_reaches_the_camera() -> None:
    made = factory.camera(Devices(camera="/dev/video7", camera_format="h264"))
    assert isinstance(made, V4l2Camera)
    assert made._asked == "h264"
