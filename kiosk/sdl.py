"""What SDL knows of the screen. Kivy does not say, so the library is asked itself."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Final, Protocol

from hardware.display import Screen

INIT_VIDEO: Final = 0x20  # SDL_INIT_VIDEO


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


class _DisplayMode(ctypes.Structure):
    """SDL_DisplayMode."""

    _fields_ = (
        ("format", ctypes.c_uint32),
        ("w", ctypes.c_int),
        ("h", ctypes.c_int),
        ("refresh_rate", ctypes.c_int),
        ("driverdata", ctypes.c_void_p),
    )


def desktop() -> tuple[int, int]:
    """Return the first screen's own size in pixels, by SDL_GetDesktopDisplayMode.

    Call before there is a window: it opens SDL's video and closes it again.

    Raises OSError: SDL has no screen.
    """
    # The smallest of Kivy's modules that loads SDL; it makes no window.
    from kivy.graphics.cgl_backend import cgl_sdl2  # noqa: F401, PLC0415 - after the lock

    library = _loaded()
    mode = _DisplayMode()
    if library.SDL_InitSubSystem(INIT_VIDEO):
        raise OSError("SDL has no screen")
    try:
        failed = library.SDL_GetDesktopDisplayMode(0, ctypes.byref(mode))
    finally:
        library.SDL_QuitSubSystem(INIT_VIDEO)
    if failed:
        raise OSError("SDL does not know the screen's size")
    return mode.w, mode.h


def _loaded() -> ctypes.CDLL:
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = line.partition("/")[2]
        if Path(path).name.startswith(("libSDL2-2", "libSDL2-2.0")):
            return ctypes.CDLL(f"/{path}")  # loaded already: the same one again
    raise OSError("SDL is not loaded")
