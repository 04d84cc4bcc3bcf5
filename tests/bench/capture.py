"""What a camera's picture costs until it is a frame: our own V4L2 beside FFmpeg's, a format a row.

On a machine with a camera (or the kernel's vivid): python -m tests.bench.capture /dev/video0.
Delay: from the driver's timestamp of a picture to the frame in hand. CPU: of the whole process,
decoding included, a frame. Both read the same camera, one after the other, in turns.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import av
import click
from av.video.reformatter import VideoReformatter
from rich.console import Console
from rich.table import Table

from hardware.camera import V4l2Camera
from hardware.handoff import in_thread
from hardware.interfaces import DeviceError
from hardware.modes import H264, JPEG, RAW, Wanted
from hardware.pictures import RAW_FORMATS, fitted
from hardware.v4l2 import open_node

WARM_UP = 5
FORMATS = {"raw": RAW, "mjpeg": JPEG, "h264": H264}


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one reader: medians."""

    delay_ms: float
    cpu_ms: float
    frames: int


class Meter:
    """Takes frames as they come; measures from the end of the warm-up."""

    def __init__(self) -> None:
        self._delays: list[float] = []
        self._seen = 0
        self._cpu_s = 0.0

    def frame(self, frame: av.VideoFrame) -> None:
        """Count one."""
        self._seen += 1
        if self._seen <= WARM_UP:
            self._cpu_s = time.process_time()
            return
        self._delays.append(time.monotonic() - frame.time)

    def cost(self) -> Cost:
        """Return what it was."""
        spent_s = time.process_time() - self._cpu_s
        delay_ms = statistics.median(self._delays) * 1000
        return Cost(delay_ms, spent_s / len(self._delays) * 1000, len(self._delays))


async def ours(path: str, wanted: Wanted, count: int) -> Cost:
    """Read by our own code."""
    meter = Meter()
    camera = V4l2Camera(lambda: in_thread("open camera", lambda: open_node(path)), wanted)
    await camera.open()
    for _ in range(WARM_UP + count):
        meter.frame(await camera.frame())
    cost = meter.cost()
    await camera.close()
    return cost


async def ffmpegs(path: str, wanted: Wanted, name: str, count: int) -> Cost:
    """Read by FFmpeg's v4l2 input, in a thread that hands each frame to the loop, as ours does."""
    meter, loop = Meter(), asyncio.get_running_loop()
    frames: asyncio.Queue[av.VideoFrame] = asyncio.Queue(WARM_UP + count)
    stop = threading.Event()

    def read() -> None:
        for frame in _decoded(path, wanted, name):
            if stop.is_set():
                return
            loop.call_soon_threadsafe(frames.put_nowait, frame)

    thread = threading.Thread(target=read, name="ffmpeg", daemon=True)
    thread.start()
    for _ in range(WARM_UP + count):
        meter.frame(await frames.get())
    cost = meter.cost()
    stop.set()
    await in_thread("join", thread.join)
    return cost


def _decoded(path: str, wanted: Wanted, name: str) -> Iterator[av.VideoFrame]:
    options = {
        "video_size": f"{wanted.width}x{wanted.height}",
        "framerate": str(wanted.fps),
        "input_format": name,
    }
    with av.open(path, format="v4l2", options=options) as container:
        container.streams.video[0].codec_context.thread_count = 1
        reformatter = VideoReformatter()
        for frame in container.decode(video=0):
            fit = fitted(frame, reformatter)
            fit.pts, fit.time_base = frame.pts, frame.time_base
            yield fit


@click.command()
@click.argument("path")
@click.option("--width", default=640, show_default=True)
@click.option("--height", default=480, show_default=True)
@click.option("--fps", default=30, show_default=True)
@click.option("--frames", default=100, show_default=True, help="Of each reader and turn.")
@click.option("--turns", default=3, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def main(
    path: str, width: int, height: int, fps: int, frames: int, turns: int, as_json: bool
) -> None:
    """Measure each format that the camera at PATH lists."""
    listed = set(open_node(path).formats())
    rows = []
    for word, names in FORMATS.items():
        first = next((each for each in names if each in listed), None)
        if first is None:
            continue
        wanted = Wanted(width, height, fps, word)
        try:
            costs = [
                _pair(path, wanted, RAW_FORMATS.get(first, word), frames) for _ in range(turns)
            ]
        except (DeviceError, OSError) as error:
            click.echo(f"{word}: {error}", err=True)
            continue
        rows.append({"format": word, "ours": _middle([a for a, _ in costs]),
                     "ffmpeg": _middle([b for _, b in costs])})  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows))
        return
    table = Table("Format", "Delay, ms: ours", "FFmpeg's", "CPU a frame, ms: ours", "FFmpeg's")
    for row in rows:
        one, other = row["ours"], row["ffmpeg"]
        figures = (one["delay_ms"], other["delay_ms"], one["cpu_ms"], other["cpu_ms"])  # type: ignore[index]
        table.add_row(str(row["format"]), *(f"{each:.2f}" for each in figures))
    Console().print(table)


def _pair(path: str, wanted: Wanted, name: str, frames: int) -> tuple[Cost, Cost]:
    return (
        asyncio.run(ours(path, wanted, frames)),
        asyncio.run(ffmpegs(path, wanted, name, frames)),
    )


def _middle(costs: list[Cost]) -> dict[str, float]:
    return asdict(sorted(costs, key=lambda each: each.cpu_ms)[len(costs) // 2])


if __name__ == "__main__":
    main()
