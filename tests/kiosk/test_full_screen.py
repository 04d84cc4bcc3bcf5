"""A full screen fills real X screens of several sizes, without a window manager: their pixels."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from Xlib import X
from Xlib.display import Display

from kiosk.__main__ import START_AGAIN
from kiosk.screens import theme
from kiosk.screens.layout import GATE, IDLE_TOUCH, Box, Frame

REPOSITORY = Path(__file__).parents[2]
TOLERANCE = 3


@contextmanager
def x_server(size: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """An X server of our own; yields its DISPLAY and process."""
    ours, theirs = os.pipe()
    options = ["-displayfd", str(theirs), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(
        ["Xvfb", *options, "-noreset"], pass_fds=[theirs], stderr=subprocess.DEVNULL
    )
    os.close(theirs)
    try:
        with os.fdopen(ours) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}", server
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def idle_screen(display: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The idle screen on it; yields what the program complains of, and its process."""
    home = folder / "kivy-home"
    home.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.kiosk.filled_screen", str(home)],
        cwd=REPOSITORY,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "DISPLAY": display,
            "SDL_VIDEODRIVER": "x11",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"it ended with {process.wait(10)}"
        yield line.strip(), process
    finally:
        process.kill()
        process.wait(10)


class Shown:
    """What stands on a whole X screen."""

    def __init__(self, display: str) -> None:
        connection = Display(display)
        try:
            root = connection.screen().root
            geometry = root.get_geometry()
            self.width, self.height = geometry.width, geometry.height
            image = root.get_image(0, 0, self.width, self.height, X.ZPixmap, 0xFFFFFFFF)
            self._data = image.data
        finally:
            connection.close()

    def is_near(self, x: float, y: float, colour: str) -> bool:
        """Whether the pixel has the colour, "#RRGGBB"."""
        at = (int(y) * self.width + int(x)) * 4
        blue, green, red = self._data[at : at + 3]
        wanted = bytes.fromhex(colour[1:])
        return all(abs(a - b) <= TOLERANCE for a, b in zip((red, green, blue), wanted, strict=True))


def corners(box: Box, inset: float) -> list[tuple[float, float]]:
    """Return four points within a box, that far from its corners."""
    inner = box.inset(inset)
    return [(x, y) for x in (inner.x, inner.right) for y in (inner.y, inner.bottom)]


@pytest.mark.parametrize("size", ["1280x800", "1920x1080", "1024x768", "800x1280"])
def test_the_idle_screen_lies_where_the_layout_says(size: str, tmp_path: Path) -> None:
    with x_server(size) as (display, _), idle_screen(display, tmp_path) as (complaint, _kiosk):
        shown = Shown(display)
    assert complaint == ""
    frame = Frame(shown.width, shown.height)
    sign = frame.pixels(GATE)
    for x, y in corners(sign, 8 * frame.scale):  # within its round corners, beside its number
        assert shown.is_near(x, y, theme.SUN), (x, y)
    for x in (sign.x - 4, sign.right + 3):
        assert shown.is_near(x, sign.y + sign.h / 2, theme.PAPER), x
    panel = frame.pixels(IDLE_TOUCH, "trb")
    assert shown.is_near(panel.x + 4, shown.height - 2, theme.PINE)
    assert shown.is_near(shown.width - 2, 2, theme.PINE)
    assert shown.is_near(shown.width - 2, shown.height - 2, theme.PINE)
    assert shown.is_near(2, 2, theme.PAPER)
    assert shown.is_near(2, shown.height - 2, theme.PAPER)


def test_a_display_that_falls_ends_the_kiosk_at_once_and_as_no_failure(tmp_path: Path) -> None:
    """A kiosk that hung there would be killed, and a failure ends in the screen for staff."""
    with x_server("640x400") as (display, server), idle_screen(display, tmp_path) as (_, kiosk):
        server.kill()
        assert kiosk.wait(5) == START_AGAIN
