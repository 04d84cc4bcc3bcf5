"""What SDL has opened as the screen. Kivy does not say, so the library is asked itself."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Protocol

from hardware.display import Screen


class Window(Protocol):
    """Kivy's window."""

    system_size: tuple[int, int]


def opened(window: Window) -> Screen:
    """Return the screen that Kivy's window is on, by SDL_GetCurrentVideoDriver.

    Raises OSError: SDL is not loaded, so there is no window.
    """
    driver = _loaded().SDL_GetCurrentVideoDriver
    driver.restype = ctypes.c_char_p
    name: bytes = driver() or b"none"
    width, height = (int(each) for each in window.system_size)
    return Screen(name.decode(errors="replace"), width, height)


def _loaded() -> ctypes.CDLL:
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = line.partition("/")[2]
        if Path(path).name.startswith(("libSDL2-2", "libSDL2-2.0")):
            return ctypes.CDLL(f"/{path}")  # loaded already: the same one again
    raise OSError("SDL is not loaded")
