"""Whether the screen is the one that was asked for. Pure.

SDL falls back in silence: to a driver that shows nothing, or to a size of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

INVISIBLE: Final = ("dummy", "offscreen", "evdev")
"""SDL's drivers without a screen; its offscreen one has 1024x768, as some real ones do."""
LEAST: Final = (640, 400)
"""In pixels. Under this the text is not readable from where one stands."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What SDL has opened."""

    driver: str
    width: int
    height: int

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.width}x{self.height} by {self.driver}"


def complaint(screen: Screen, driver: str, width: int, height: int, *, fullscreen: bool) -> str:
    """Return what is wrong with the screen, and what to do; "" when nothing is.

    `width` and `height` are what terminal.toml names, 0 where it names none. A full screen that
    has another size works, scaled; it is said all the same, because it is seldom meant: a cable or
    an adapter told the wrong size.
    """
    if screen.driver.lower() not in driver.lower().split(","):  # SDL takes a list of them too
        return f"SDL took {screen.driver}, not {driver}: nothing may be seen; look at its log"
    if screen.driver.lower() in INVISIBLE:
        return f"{screen.driver} shows nothing: set SDL_VIDEODRIVER to x11 or KMSDRM"
    if screen.width < LEAST[0] or screen.height < LEAST[1]:
        return f"{screen} is under {LEAST[0]}x{LEAST[1]}: look at the cable and the screen's menu"
    named = (width or screen.width, height or screen.height)
    if fullscreen and (screen.width, screen.height) != named:
        return (
            f"{screen}, not {named[0]}x{named[1]}: look at the cable and the "
            "screen's menu, or take width and height out of [display]"
        )
    return ""
