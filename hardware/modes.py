"""Which format, size and rate is asked of a camera, out of those that it lists. Pure.

The policy, in this order:

1. The format that was asked for in terminal.toml, where the camera has it.
2. The size that is wanted; else the smallest that is no smaller in width or height; else the
   largest there is: a picture can be scaled down without loss, and not up.
3. A format that is fast enough at that size: USB has no room for large raw pictures at 30 a second.
4. Raw up to 640x480, Motion JPEG above: raw costs no decoding and shows no blocks.
5. Of its rates the lowest that is fast enough; else the highest.

H.264 is never chosen unasked. A camera that lists nothing is asked for what is wanted, in each
format, and is taken at what it makes of that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

RAW: Final = ("YU12", "NV12", "YUYV", "UYVY", "RGB3", "BGR3")
"""Pixel formats that need no decoding (linux/videodev2.h), those that take least work first."""
JPEG: Final = ("MJPG", "JPEG")
H264: Final = ("H264",)
LARGE_PIXELS: Final = 640 * 480
"""Above, USB 2 has no room for raw pictures at 30 a second."""
FAST_ENOUGH: Final = 0.9
"""Of the wanted rate: 29.97 and 27.5 are 30."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of a camera, in pixels: one, or all from the least to the most by a step."""

    least_width: int
    most_width: int
    step_width: int
    least_height: int
    most_height: int
    step_height: int

    def nearest(self, width: int, height: int) -> tuple[int, int]:
        """Return the size of these that is nearest to the wanted one, not smaller if possible."""
        return (
            _stepped(width, self.least_width, self.most_width, self.step_width),
            _stepped(height, self.least_height, self.most_height, self.step_height),
        )


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of a camera, in frames a second: one (both the same), or all between two."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """What terminal.toml asks for; `format` is "auto", "raw", "mjpeg" or "h264"."""

    width: int
    height: int
    fps: int
    format: str = "auto"


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a camera."""

    pixel_format: str
    width: int
    height: int
    fps: float


Listing = Callable[[str, int, int], tuple[Rates, ...]]
"""The rates that a camera lists for a format, width and height."""


def asks(wanted: Wanted, sizes: Mapping[str, tuple[Sizes, ...]], rates: Listing) -> list[Ask]:
    """Return what to ask for, the best first.

    `sizes` has every pixel format that the camera lists, with its sizes (none: not told). Empty
    when it lists formats but none that is understood (or that may be chosen).
    """
    formats = allowed(wanted)
    listed = [each for each in formats if each in sizes] if sizes else formats
    ranked = []
    for preference, pixel_format in enumerate(listed):
        width, height = size_of(wanted, sizes.get(pixel_format, ()))
        fps = rate_of(wanted.fps, rates(pixel_format, width, height))
        ask = Ask(pixel_format, width, height, fps)
        ranked.append((_merit(wanted, ask), preference, ask))
    return [ask for _, _, ask in sorted(ranked, key=lambda each: each[:2])]


def allowed(wanted: Wanted) -> list[str]:
    """Return the pixel formats that may be asked for, the preferred ones first."""
    is_large = wanted.width * wanted.height > LARGE_PIXELS
    usual = [*JPEG, *RAW] if is_large or wanted.format == "mjpeg" else [*RAW, *JPEG]
    if wanted.format == "raw":
        usual = [*RAW, *JPEG]
    return [*H264, *usual] if wanted.format == "h264" else usual


def size_of(wanted: Wanted, listed: tuple[Sizes, ...]) -> tuple[int, int]:
    """Return the size to ask for, in pixels."""
    if not listed:
        return wanted.width, wanted.height
    return min(
        (each.nearest(wanted.width, wanted.height) for each in listed),
        key=lambda size: _far(wanted, *size),
    )


def rate_of(fps: float, listed: tuple[Rates, ...]) -> float:
    """Return the rate to ask for, in frames a second."""
    if any(each.least <= fps <= each.most for each in listed):
        return fps
    enough = [each.least for each in listed if each.least >= fps * FAST_ENOUGH]
    return min(enough) if enough else max((each.most for each in listed), default=fps)


def _merit(wanted: Wanted, ask: Ask) -> tuple[object, ...]:
    """Return what a sort puts the best first by; the order of formats decides between equals."""
    is_other = ask.pixel_format not in _asked(wanted.format)
    is_slow = ask.fps < wanted.fps * FAST_ENOUGH
    return (is_other, _far(wanted, ask.width, ask.height), is_slow)


def _asked(word: str) -> tuple[str, ...]:
    return {"raw": RAW, "mjpeg": JPEG, "h264": H264}.get(word, RAW + JPEG)


def _far(wanted: Wanted, width: int, height: int) -> tuple[bool, int]:
    """Return how far a size is from the wanted one: not smaller first, then by pixels."""
    is_smaller = width < wanted.width or height < wanted.height
    pixels = width * height
    return (is_smaller, -pixels if is_smaller else pixels)


def _stepped(wanted: int, least: int, most: int, step: int) -> int:
    """Return the step at or above `wanted`, within the range."""
    steps = -(-(min(max(wanted, least), most) - least) // step)
    return min(least + steps * step, least + (most - least) // step * step)
