"""Which part of the picture is used, and which parts are blacked out, before anything sees it.

Percentages become even pixels: chroma is halved both ways (yuv420p). Pure but for the painting.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import av

from hardware.scene import rows_of

BLACK: Final = (16, 128, 128)
"""Y, U, V of black in limited range (ITU-R BT.601, section 2.5.3)."""
MIN_PIXELS: Final = 16
"""Less than this in width or height no encoder takes."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a picture, in whole percent of it."""

    left: int
    top: int
    width: int
    height: int

    @classmethod
    def of(cls, text: str) -> Part:
        """Return what "LEFT TOP WIDTH HEIGHT" says. Raises ValueError."""
        left, top, width, height = map(int, text.split())
        return cls(left, top, width, height)


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture, in pixels; all four even (but at the far edges of an odd picture)."""

    left: int
    top: int
    width: int
    height: int


ALL: Final = Part(0, 0, 100, 100)


def kept(part: Part, width: int, height: int) -> Box:
    """Return the box of `part` to keep, in a picture of this size: nothing outside it shows."""
    left, right = _inside(part.left, part.width, width)
    top, bottom = _inside(part.top, part.height, height)
    return Box(left, top, right - left, bottom - top)


def hidden(part: Part, width: int, height: int) -> Box:
    """Return the box of `part` to black out, in a picture of this size: nothing inside it shows."""
    left, right = _around(part.left, part.width, width)
    top, bottom = _around(part.top, part.height, height)
    return Box(left, top, right - left, bottom - top)


def cropped(frame: av.VideoFrame, box: Box) -> av.VideoFrame:
    """Return the box of a yuv420p frame as a frame of its own.

    One copy, of what is kept only: PyAV has no frame that looks into another's planes.
    """
    made = av.VideoFrame(box.width, box.height, "yuv420p")
    made.color_range, made.colorspace = frame.color_range, frame.colorspace
    for source, target, part in zip(frame.planes, made.planes, _per_plane(box), strict=True):
        rows = rows_of(source, padded=True)[part.top : part.top + part.height]
        rows_of(target, padded=True)[:, : part.width] = rows[:, part.left : part.left + part.width]
    return made


def black_out(frame: av.VideoFrame, boxes: Iterable[Box]) -> None:
    """Paint boxes of a yuv420p frame of limited range black; the frame must be nobody else's."""
    for box in boxes:
        for plane, part, level in zip(frame.planes, _per_plane(box), BLACK, strict=True):
            rows = rows_of(plane, padded=True)[part.top : part.top + part.height]
            rows[:, part.left : part.left + part.width] = level


class View:
    """The part of the picture that is used, and those that are blacked out."""

    def __init__(self, crop: Part, masks: tuple[Part, ...]) -> None:
        self._crop = crop
        self._masks = masks

    @property
    def is_whole(self) -> bool:
        """Whether all that the camera sees is shown."""
        return self._crop == ALL and not self._masks

    def size_of(self, width: int, height: int) -> tuple[int, int]:
        """Return the size of what is left of a picture, in pixels."""
        box = kept(self._crop, width, height)
        return box.width, box.height

    def of(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return what may be shown of a frame that is nobody else's."""
        if self.is_whole and not (frame.width | frame.height) & 1:
            return frame
        box = kept(self._crop, frame.width, frame.height)
        if box != Box(0, 0, frame.width, frame.height):
            frame = cropped(frame, box)
        black_out(frame, (hidden(each, frame.width, frame.height) for each in self._masks))
        return frame


def _inside(start: int, length: int, pixels: int) -> tuple[int, int]:
    """Round inwards to even pixels, but leave the least that can be encoded."""
    first = min(-(-start * pixels // 200) * 2, pixels - MIN_PIXELS)
    return first, max((start + length) * pixels // 200 * 2, first + MIN_PIXELS)


def _around(start: int, length: int, pixels: int) -> tuple[int, int]:
    """Round outwards to even pixels."""
    first = start * pixels // 200 * 2
    return first, min(-(-(start + length) * pixels // 200) * 2, pixels)


def _per_plane(box: Box) -> tuple[Box, Box, Box]:
    chroma = Box(box.left // 2, box.top // 2, box.width // 2, box.height // 2)
    return box, chroma, chroma
