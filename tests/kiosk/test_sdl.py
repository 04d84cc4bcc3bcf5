"""Which screen SDL took, asked of SDL itself in a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from kiosk import sdl

CHILD = """
from kivy.core.window import Window
from kiosk import sdl
print(sdl.opened(Window))
"""


def test_the_driver_and_size_are_sdls_own(tmp_path: Path) -> None:
    words = {"KIVY_NO_ARGS": "1", "KIVY_HOME": str(tmp_path), "KIVY_NO_FILELOG": "1"}
    said = subprocess.run(
        [sys.executable, "-c", CHILD],
        env=os.environ | words | {"SDL_VIDEODRIVER": "offscreen"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    size, _, driver = said.stdout.strip().partition(" by ")
    assert driver == "offscreen"
    assert all(int(each) >= 400 for each in size.split("x"))


def test_without_sdl_there_is_no_screen() -> None:
    if "libSDL2-2" in Path("/proc/self/maps").read_text():
        pytest.skip("another test of this process has loaded SDL")
    with pytest.raises(OSError, match="not loaded"):
        sdl.opened(SimpleNamespace(system_size=(1, 1)))


def test_the_desktop_has_the_size_of_sdls_own_screen(tmp_path: Path) -> None:
    words = {"KIVY_NO_ARGS": "1", "KIVY_HOME": str(tmp_path), "KIVY_NO_FILELOG": "1"}
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from kiosk import sdl; "
            "print(sdl.desktop(), 'kivy.core.window' in sys.modules)",
        ],
        env=os.environ | words | {"SDL_VIDEODRIVER": "offscreen"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert said.stdout.strip() == "(1024, 768) False"
