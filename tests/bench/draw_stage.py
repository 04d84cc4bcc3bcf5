"""The window of the drawing benchmark: a program of its own. Prints one JSON object.

python -m tests.bench.draw_stage EMPTY_FOLDER
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from config.schema import Display
from hardware.simulated import SimulatedCamera
from kiosk import lockdown
from kiosk.media.frames import FrameReader, FrameWriter, Picture

SIZES: Final = {"480p": (640, 480), "720p": (1280, 720), "1080p": (1920, 1080)}
ROUNDS: Final = 120
IN_A_ROW: Final = 6
FPS: Final = 30
WATCHED_S: Final = 8.0


def main() -> None:
    """Make the window as the kiosk does, measure, print."""
    lockdown.close_environment(Path(sys.argv[1]))
    width, height = os.environ.get("DRAW_SIZE", "1280x800").split("x")
    screen = Display(width=int(width), height=int(height), fullscreen=False)
    lockdown.configure(screen, windowed=False)
    print(json.dumps({"update_ms": updates(), **asyncio.run(watched())}))


# -- one frame's upload ---------------------------------------------------------------------------


def updates() -> dict[str, dict[str, float]]:
    """Return main-thread ms for one frame, by size and way; medians of rounds that alternate."""
    from kivy.core.window import Window
    from kivy.graphics.opengl import glFinish

    result = {}
    for name, (width, height) in SIZES.items():
        took: dict[str, list[float]] = {}
        ways = {**_ours(width, height), **_usual(width, height)}
        for _ in range(ROUNDS // IN_A_ROW):
            for way, show in ways.items():
                for _ in range(IN_A_ROW):
                    began = time.thread_time()
                    show()
                    took.setdefault(way, []).append(1e3 * (time.thread_time() - began))
                Window.dispatch("on_draw")  # in use by a draw each time, as on a screen
                glFinish()
        result[name] = {way: statistics.median(each) for way, each in took.items()}
    return result


def _ours(width: int, height: int) -> dict[str, Callable[[], None]]:
    from kivy.core.window import Window

    from kiosk.app import painter
    from kiosk.screens.layout import Box
    from kiosk.screens.video import VideoPicture

    picture = VideoPicture()
    picture.put(Box(0, 0, width, height), height, 0, 0)
    Window.canvas.add(picture.drawing)
    reader = FrameReader("bench")
    writer = FrameWriter(reader.memory_fd, reader.eventfd)
    writer.write(frames(width, height, 1)[0])
    taken = reader.take()
    assert taken is not None
    paint = painter(picture)
    planes = [np.frombuffer(each, np.uint8) for each in (taken.y, taken.u, taken.v)]
    copies = [np.empty_like(each) for each in planes]

    def copy() -> None:
        for source, target in zip(planes, copies, strict=True):
            np.copyto(target, source)

    return {"ours": lambda: paint(taken), "copy": copy}


def _usual(width: int, height: int) -> dict[str, Callable[[], None]]:
    from kivy.core.window import Window
    from kivy.graphics import Rectangle
    from kivy.graphics.texture import Texture

    frame = frames(width, height, 1)[0]
    texture = Texture.create(size=(width, height), colorfmt="rgb")
    Window.canvas.add(Rectangle(texture=texture, size=(width, height)))

    def ndarray() -> None:
        rgb = np.flipud(frame.to_ndarray(format="rgb24"))
        texture.blit_buffer(rgb.tobytes(), colorfmt="rgb", bufferfmt="ubyte")
        Window.canvas.ask_update()

    def sws() -> None:
        plane: Any = frame.reformat(format="rgb24").planes[0]
        texture.blit_buffer(memoryview(plane), colorfmt="rgb", bufferfmt="ubyte")
        Window.canvas.ask_update()

    return {"ndarray": ndarray, "sws": sws}


def frames(width: int, height: int, count: int) -> list[av.VideoFrame]:
    """Return what a simulated camera of that size sees."""

    async def seen() -> list[av.VideoFrame]:
        camera = SimulatedCamera(width, height, 1000)
        await camera.open()
        found = [await camera.frame() for _ in range(count)]
        await camera.close()
        return found

    return asyncio.run(seen())


# -- the interface while video moves --------------------------------------------------------------


async def watched() -> dict[str, Any]:
    """Run the kiosk's app in a visit, with both pictures moving; return what a frame cost."""
    from kivy.core.window import Window

    from kiosk.app import KioskApp, paints
    from kiosk.screens.root import Root
    from kiosk.screens.samples import SAMPLES

    Window.canvas.clear()
    root = Root(post=lambda intent: None)
    app = KioskApp(root)
    running = asyncio.create_task(app.async_run("asyncio"))
    root.show(SAMPLES["k5-visit"])
    paint = paints(root)
    streams = [Stream(paint["remote"], 1280, 720, 0.0), Stream(paint["self"], 640, 480, 0.4)]
    meter = FlipMeter(streams)
    plain_flip = Window.flip
    Window.flip = meter.around(plain_flip)
    playing = [asyncio.create_task(each.play()) for each in streams]
    await asyncio.sleep(1)
    meter.reset()
    began = time.perf_counter()
    await asyncio.sleep(WATCHED_S)
    for each in playing:
        each.cancel()
    redraws = len(meter.flip_ms) / (time.perf_counter() - began)
    app.stop()
    await running
    interface = statistics.quantiles(meter.interface_ms, n=20)
    return {
        "interface_ms": {"p50": interface[9], "p95": interface[18]},
        "flip_ms": {"p50": statistics.median(meter.flip_ms)},
        "shown_ms": statistics.median(meter.shown_ms),
        "redraws_per_s": redraws,
    }


class Stream:
    """Writes frames into shared memory at their pace and reads them as the kiosk does."""

    def __init__(
        self, paint: Callable[[Picture], None], width: int, height: int, phase: float
    ) -> None:
        self._paint, self._phase = paint, phase
        self._frames = _moving(width, height)
        self._reader = FrameReader("bench")
        self._writer = FrameWriter(self._reader.memory_fd, self._reader.eventfd)
        self.arrived_at = 0.0
        self.writing_s = 0.0
        asyncio.get_running_loop().add_reader(self._reader.eventfd, self._show)

    async def play(self) -> None:
        loop = asyncio.get_running_loop()
        due_at = loop.time() + self._phase / FPS
        while True:
            for frame in self._frames:
                await asyncio.sleep(max(0.0, due_at - loop.time()))
                due_at += 1 / FPS
                began = time.thread_time()
                self._writer.write(frame)
                # Another process does this in the kiosk.
                self.writing_s += time.thread_time() - began

    def _show(self) -> None:
        picture = self._reader.take()
        if picture is not None:
            self.arrived_at = time.perf_counter()
            self._paint(picture)
            self._reader.release()


class FlipMeter:
    """Main-thread time of each displayed frame: all that is not the flip, and the flip."""

    def __init__(self, streams: list[Stream]) -> None:
        self._streams = streams
        self.reset()

    def reset(self) -> None:
        self.interface_ms: list[float] = []
        self.flip_ms: list[float] = []
        self.shown_ms: list[float] = []
        self._since = self._used()

    def _used(self) -> float:
        return time.thread_time() - sum(each.writing_s for each in self._streams)

    def around(self, flip: Callable[[], None]) -> Callable[[], None]:
        """Return `flip`, measured."""

        def measured() -> None:
            before = self._used()
            self.interface_ms.append(1e3 * (before - self._since))
            flip()
            self._since = self._used()
            self.flip_ms.append(1e3 * (self._since - before))
            self.shown_ms.append(1e3 * (time.perf_counter() - self._streams[0].arrived_at))

        return measured


def _moving(width: int, height: int) -> list[av.VideoFrame]:
    found = []
    for luma in range(60, 180, 8):
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane, value in zip(frame.planes, (luma, 120, 134), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        found.append(frame)
    return found


if __name__ == "__main__":
    main()
