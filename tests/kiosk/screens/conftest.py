"""A display of its own, the real root widget on it, and a real pointer."""

from __future__ import annotations

import base64
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from Xlib import X
from Xlib.display import Display
from Xlib.ext import xtest

from kiosk.screens.layout import Box, Frame

DEADLINE_S = 20.0
REPOSITORY = Path(__file__).parents[3]


class Pointer:
    """Presses as a finger would: through the display server."""

    def __init__(self, display: Display) -> None:
        self._display = display

    def move(self, x: float, y: float) -> None:
        xtest.fake_input(self._display, X.MotionNotify, x=round(x), y=round(y))
        self._display.sync()

    def button(self, down: bool, number: int = 1) -> None:
        xtest.fake_input(self._display, X.ButtonPress if down else X.ButtonRelease, number)
        self._display.sync()


class Stage:
    """The program under test, on its own X server."""

    def __init__(self, width: int, height: int) -> None:
        self.frame = Frame(width, height)
        read, write = os.pipe()
        screen = f"{width}x{height}x24"
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", screen, "-nolisten", "tcp"],
            pass_fds=(write,),
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as pipe:
            name = f":{pipe.readline().strip()}"
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.kiosk.screens.stage", str(width), str(height)],
            env={**os.environ, "DISPLAY": name, "SDL_VIDEODRIVER": "x11"},
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, name="stage-reader")
        self._reader.start()
        self._display = Display(name)
        self.pointer = Pointer(self._display)
        self.posted: list[str] = []

    def _read(self) -> None:
        assert self._program.stdout is not None
        for line in self._program.stdout:
            self._lines.put(json.loads(line))

    def close(self) -> None:
        assert self._program.stdin is not None
        self._program.stdin.close()
        self._program.wait(DEADLINE_S)
        self._reader.join()
        self._display.close()
        self._server.terminate()
        self._server.wait(DEADLINE_S)
        assert self._program.returncode == 0

    def do(self, **command: Any) -> dict[str, Any]:
        """Let the program do something, wait until it has; intents go to `posted`."""
        assert self._program.stdin is not None
        self._program.stdin.write(json.dumps(command).encode() + b"\n")
        self._program.stdin.flush()
        while "done" not in (line := self._lines.get(timeout=DEADLINE_S)):
            self.posted.append(line["posted"])
        return line

    def show(self, sample: str, **how: Any) -> dict[str, Any]:
        return self.do(show=sample, **how)

    def show_picture(self, which: str, planes: list[npt.NDArray[np.uint8]], **how: Any) -> Any:
        coded = [base64.b64encode(each.tobytes()).decode() for each in planes]
        return self.do(picture=which, planes=coded, **how)

    def play_one(self) -> None:
        """Show one picture of each camera, and have the screen drawn for the family's."""
        self.do(play=True)

    def press(self, box: Box, release: Box | None = None, button: int = 1) -> None:
        """Press the middle of a box of the design and let go (over another box, if given)."""
        self.pointer.move(*self.frame.point(*box.centre))
        self.pointer.button(True, button)
        if release is not None:
            # Kivy looks at the pointer once a frame: it has to see where it went down.
            self.pass_frames(2)
            self.pointer.move(*self.frame.point(*release.centre))
        self.pointer.button(False, button)

    def pass_frames(self, frames: int) -> None:
        """Wait until the program has gone round its loop so often."""
        start = self.do(counts=True)["frames"]
        self.until(lambda: self.do(counts=True)["frames"] >= start + frames, "no more frames")

    def next_intent(self) -> str:
        """Wait for the next intent."""
        if self.posted:
            return self.posted.pop(0)
        return str(self._lines.get(timeout=DEADLINE_S)["posted"])

    def picture(self) -> npt.NDArray[np.uint8]:
        """Return what the display shows, as rows of RGB."""
        w, h = int(self.frame.width), int(self.frame.height)
        raw = self._display.screen().root.get_image(0, 0, w, h, X.ZPixmap, 0xFFFFFFFF)
        pixels = np.frombuffer(raw.data, np.uint8).reshape(h, w, 4)
        return pixels[:, :, 2::-1]

    def pixel(self, x: float, y: float) -> tuple[int, int, int]:
        """Return the colour at a point of the design."""
        at_x, at_y = self.frame.point(x, y)
        r, g, b = self.picture()[int(at_y), int(at_x)]
        return int(r), int(g), int(b)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until the window shows it; a frame later at most, in truth."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline, what
            time.sleep(0.01)

    def until_pixel(self, x: float, y: float, colour: tuple[int, int, int], off: int = 2) -> None:
        """Wait until a point of the design has a colour, up to `off` per channel."""
        seen: list[tuple[int, int, int]] = []

        def is_so() -> bool:
            seen[:] = [self.pixel(x, y)]
            return all(abs(a - b) <= off for a, b in zip(seen[0], colour, strict=True))

        try:
            self.until(is_so, "")
        except AssertionError:
            pytest.fail(f"({x}, {y}) is {seen[0]}, not {colour}")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    made = Stage(1280, 800)
    yield made
    made.close()


@pytest.fixture(scope="module", params=[(1920, 1080), (800, 480)], ids=["1080p", "480p"])
def other_size(request: pytest.FixtureRequest) -> Iterator[Stage]:
    made = Stage(*request.param)
    yield made
    made.close()
