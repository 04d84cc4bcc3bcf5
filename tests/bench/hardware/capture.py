"""What a camera's picture costs until it is a frame: our own V4L2 beside FFmpeg's, a format a row.

On a machine with a camera (or the kernel's vivid):
python -m tests.bench.hardware.capture /dev/video0

Without one the kernel is played at the system calls' line, in Python, which is counted as ours; and
FFmpeg reads the same pictures from a file, at the same pace.
Delay: from the driver's timestamp of a picture to the frame in hand. CPU: of the whole process,
decoding included, a frame. Both read the same camera, one after the other, in turns.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import click
import numpy as np
from av.container import InputContainer
from av.video.reformatter import VideoReformatter
from rich.console import Console
from rich.table import Table

from hardware.camera import V4l2Camera
from hardware.handoff import in_thread
from hardware.modes import H264, JPEG, RAW, Wanted
from hardware.pictures import RAW_FORMATS, fitted
from hardware.v4l2 import open_node
from tests.bench.report import Benchmark, Row
from tests.hardware.fake_camera import FakeCamera, access_units, jpeg, ramp, yuyv

WARM_UP = 5
TURNS = 3
MODE = (640, 480, 30)
GOAL_RATIO = 1.1
"""Of FFmpeg's CPU time in the same run."""
FORMATS = {"raw": RAW, "mjpeg": JPEG, "h264": H264}


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one reader: medians."""

    delay_ms: float
    cpu_ms: float
    frames: int


class Meter:
    """Takes frames as they come; measures from the end of the warm-up."""

    def __init__(self, overhead_s: Callable[[], float]) -> None:
        """`overhead_s`: the CPU time so far that does not count."""
        self._overhead_s = overhead_s
        self._delays: list[float] = []
        self._seen = 0
        self._cpu_s = 0.0

    def frame(self, frame: av.VideoFrame) -> None:
        """Count one."""
        self._seen += 1
        if self._seen <= WARM_UP:
            self._cpu_s = time.process_time() - self._overhead_s()
            return
        self._delays.append(time.monotonic() - (frame.time or 0.0))

    def cost(self) -> Cost:
        """Return what it was."""
        spent_s = time.process_time() - self._overhead_s() - self._cpu_s
        delay_ms = statistics.median(self._delays) * 1000
        return Cost(delay_ms, spent_s / len(self._delays) * 1000, len(self._delays))


class Source:
    """Where both read one format from: a camera's node."""

    def __init__(self, path: str, wanted: Wanted, name: str) -> None:
        self.wanted = wanted
        self._path, self._name = path, name

    @contextmanager
    def camera(self) -> Iterator[V4l2Camera]:
        """Lend our camera; it gives pictures meanwhile."""
        opener = lambda: in_thread("open camera", lambda: open_node(self._path))  # noqa: E731
        yield V4l2Camera(opener, self.wanted)

    def container(self) -> InputContainer:
        """Open FFmpeg's."""
        size = f"{self.wanted.width}x{self.wanted.height}"
        options = {"video_size": size, "framerate": str(self.wanted.fps)}
        return av.open(self._path, format="v4l2", options=options | {"input_format": self._name})

    def overhead_s(self) -> float:
        """Return the CPU time that is neither's."""
        return 0.0

    def pace(self) -> None:
        """Wait for the next picture where FFmpeg does not: a camera has a pace."""


class Played(Source):
    """A camera that is played, and a file of the same pictures."""

    def __init__(self, wanted: Wanted, folder: Path) -> None:
        super().__init__(str(folder / "pictures"), wanted, "")
        width, height = wanted.width, wanted.height
        self._code, self._format, pictures = {
            "raw": ("YUYV", "rawvideo", [yuyv(width, height, 90)] * 30),
            "mjpeg": ("MJPG", "mjpeg", [jpeg(noisy(width, height))] * 30),
            "h264": ("H264", "h264", access_units(width, height, 15) * 2),
        }[wanted.format]
        self._pictures = pictures
        Path(self._path).write_bytes(b"".join(pictures) * 20)
        self._pump_s = 0.0

    @contextmanager
    def camera(self) -> Iterator[V4l2Camera]:
        """Play the kernel's part."""
        fake = FakeCamera({self._code: {(self.wanted.width, self.wanted.height): (30,)}})
        stop = threading.Event()

        def pump() -> None:
            number = 0
            while not stop.wait(1 / self.wanted.fps):
                fake.at_us = time.monotonic_ns() // 1000
                number += fake.give(self._pictures[number % len(self._pictures)], after_us=0)
                self._pump_s = time.thread_time()

        thread = threading.Thread(target=pump, name="kernel", daemon=True)
        thread.start()
        yield V4l2Camera(fake.open, self.wanted, mapper=fake.map)
        stop.set()
        thread.join()

    def container(self) -> InputContainer:
        """Open the file."""
        size = f"{self.wanted.width}x{self.wanted.height}"
        raw = {"video_size": size, "pixel_format": "yuyv422"} if self._code == "YUYV" else {}
        return av.open(self._path, format=self._format, options=raw)

    def overhead_s(self) -> float:
        """Return the CPU time of the thread that fills the buffers."""
        return self._pump_s

    def pace(self) -> None:
        """Wait as long as between two pictures."""
        time.sleep(1 / self.wanted.fps)


def noisy(width: int, height: int) -> av.VideoFrame:
    """Return a picture whose JPEG is as large as a webcam's."""
    frame = ramp(width, height, "yuvj422p")
    luma = np.frombuffer(memoryview(frame.planes[0]), np.uint8)
    luma += np.random.default_rng(1).integers(0, 24, luma.size, np.uint8)
    return frame


async def ours(source: Source, count: int) -> Cost:
    """Read by our own code."""
    with source.camera() as camera:
        meter = Meter(source.overhead_s)
        await camera.open()
        for _ in range(WARM_UP + count):
            meter.frame(await camera.frame())
        cost = meter.cost()
        await camera.close()
    return cost


async def ffmpegs(source: Source, count: int) -> Cost:
    """Read by FFmpeg's input, in a thread that hands each frame to the loop, as ours does."""
    meter, loop = Meter(lambda: 0.0), asyncio.get_running_loop()
    frames: asyncio.Queue[av.VideoFrame] = asyncio.Queue(WARM_UP + count)
    stop = threading.Event()

    def read() -> None:
        with source.container() as container:
            for frame in islice(_decoded(container), WARM_UP + count):
                if stop.is_set():
                    return
                loop.call_soon_threadsafe(frames.put_nowait, frame)
                source.pace()

    thread = threading.Thread(target=read, name="ffmpeg", daemon=True)
    thread.start()
    for _ in range(WARM_UP + count):
        meter.frame(await frames.get())
    cost = meter.cost()
    stop.set()
    await in_thread("join", thread.join)
    return cost


def _decoded(container: InputContainer) -> Iterator[av.VideoFrame]:
    container.streams.video[0].codec_context.thread_count = 1
    reformatter = VideoReformatter()
    for frame in container.decode(video=0):
        fit = fitted(frame, reformatter)
        fit.pts, fit.time_base = frame.pts, frame.time_base
        yield fit


@click.command()
@click.argument("path", required=False)
@click.option("--width", default=640, show_default=True)
@click.option("--height", default=480, show_default=True)
@click.option("--fps", default=30, show_default=True)
@click.option("--frames", default=100, show_default=True, help="Of each reader and turn.")
@click.option("--turns", default=3, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def main(
    path: str | None, width: int, height: int, fps: int, frames: int, turns: int, as_json: bool
) -> None:
    """Measure each format that the camera at PATH lists; without PATH, one that is played."""
    rows: list[tuple[str, Cost, Cost]] = []
    with TemporaryDirectory() as folder:
        for source in _sources(path, (width, height, fps), Path(folder)):
            costs = [_pair(source, frames) for _ in range(turns)]
            one, other = (_middle(list(each)) for each in zip(*costs, strict=True))
            rows.append((source.wanted.format, one, other))
    if as_json:
        click.echo(json.dumps(rows, default=asdict))
        return
    table = Table("Format", "Delay, ms: ours", "FFmpeg's", "CPU a frame, ms: ours", "FFmpeg's")
    for name, one, other in rows:
        # A file's times are not the clock's.
        delay = f"{other.delay_ms:.2f}" if path else ""
        table.add_row(
            name, f"{one.delay_ms:.2f}", delay, f"{one.cpu_ms:.3f}", f"{other.cpu_ms:.3f}"
        )
    Console().print(table)


async def measure(bench: Benchmark, seconds: float) -> None:
    """Add what a played camera's pictures cost, a format a row."""
    frames = round(seconds * MODE[2] / TURNS / 2)
    with TemporaryDirectory() as folder:
        for source in _sources(None, MODE, Path(folder)):
            costs = [
                (await ours(source, frames), await ffmpegs(source, frames)) for _ in range(TURNS)
            ]
            one, other = (_middle(list(each)) for each in zip(*costs, strict=True))
            name = f"{source.wanted.format} {MODE[0]}x{MODE[1]}, kernel played"
            goal_ms = other.cpu_ms * GOAL_RATIO
            what = f"CPU a frame, {name} (peer: FFmpeg)"
            bench.add(Row(what, "ms", one.cpu_ms, other.cpu_ms, None, goal_ms))
            bench.add(Row("  buffer filled to track, median", "ms", one.delay_ms, None, None, None))


def _sources(path: str | None, mode: tuple[int, int, int], folder: Path) -> Iterator[Source]:
    listed = set(open_node(path).formats()) if path else set()
    for word, names in FORMATS.items():
        first = next((each for each in names if each in listed), None)
        if path is None:
            yield Played(Wanted(*mode, word), folder)
        elif first is not None:
            yield Source(path, Wanted(*mode, word), RAW_FORMATS.get(first, word))


def _pair(source: Source, frames: int) -> tuple[Cost, Cost]:
    return asyncio.run(ours(source, frames)), asyncio.run(ffmpegs(source, frames))


def _middle(costs: list[Cost]) -> Cost:
    return sorted(costs, key=lambda each: each.cpu_ms)[len(costs) // 2]


if __name__ == "__main__":
    main()
