"""The picture that a simulated camera sees: somebody in a room, moving a little. Cheap to draw."""

from __future__ import annotations

import math
from typing import Final

import av
import numpy as np
import numpy.typing as npt

from hardware import mark

Plane = npt.NDArray[np.uint8]

SWAY_PERIOD_S: Final = 4.0


class Scene:
    """A still room, painted once, and a person who sways, pasted into each frame.

    Width and height must be multiples of 4. Each frame has memory of its own: an encoder's thread
    may still read the ones before.
    """

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        person, mask = _person(width, height)
        self._rows, self._columns = person.shape
        strides = [each.line_size for each in av.VideoFrame(width, height, "yuv420p").planes]
        masks = (mask, mask[::2, ::2], mask[::2, ::2])
        self._layers = [
            _Layer(room, figure, where, stride)
            for room, figure, where, stride in zip(
                _room(width, height), (person, *_skin(person)), masks, strides, strict=True
            )
        ]

    def draw(self, number: int, seconds: float) -> av.VideoFrame:
        """Return a new frame: the scene at a time, marked with a frame number."""
        frame = av.VideoFrame(self._width, self._height, "yuv420p")
        sway = math.sin(2 * math.pi * seconds / SWAY_PERIOD_S)
        x = int((self._width - self._columns) / 2 + sway * self._width / 12) & ~1
        y = (self._height - self._rows) & ~1
        luma, *chroma = frame.planes
        self._layers[0].paint(luma, x, y)
        for layer, plane in zip(self._layers[1:], chroma, strict=True):
            layer.paint(plane, x // 2, y // 2)
        mark.draw(rows_of(luma), number)
        return frame


class _Layer:
    """One plane of room and person, their rows as long as the frame's: painted as one long row.

    That is a pass over the room and one over the person, at the speed of memory; a masked copy,
    or one row after the other, takes several times as long.
    """

    def __init__(
        self, room: Plane, person: Plane, mask: npt.NDArray[np.bool_], stride: int
    ) -> None:
        self._stride = stride
        self._room = _long(room, stride)
        end = (person.shape[0] - 1) * stride + person.shape[1]
        self._person = _long(np.where(mask, person, 0), stride)[:end]
        self._around = ~_long(np.where(mask, 255, 0), stride)[:end]
        """255 where the room is seen beside the person."""

    def paint(self, plane: av.video.plane.VideoPlane, x: int, y: int) -> None:
        """Fill a plane, with the person's top left corner at (x, y)."""
        target, room = rows_of(plane, padded=True).reshape(-1), self._room
        start = y * self._stride + x
        end = start + len(self._person)
        target[:start], target[end:] = room[:start], room[end:]
        seen = target[start:end]
        np.bitwise_and(room[start:end], self._around, out=seen)
        np.bitwise_or(seen, self._person, out=seen)


def rows_of(plane: av.video.plane.VideoPlane, *, padded: bool = False) -> Plane:
    """Return a plane's rows, to be written in place; `padded`: as long as they lie in memory."""
    # A plane has the buffer protocol, which PyAV's types do not say.
    flat = np.frombuffer(plane, dtype=np.uint8)  # type: ignore[call-overload]
    used: Plane = flat[: plane.line_size * plane.height]
    rows = used.reshape(plane.height, plane.line_size)
    return rows if padded else rows[:, : plane.width]


def _long(rows: npt.NDArray[np.integer], stride: int) -> Plane:
    """Return rows filled up with 0 to `stride` samples, one after the other."""
    filled = np.zeros((rows.shape[0], stride), np.uint8)
    filled[:, : rows.shape[1]] = rows
    return filled.reshape(-1)


def _room(width: int, height: int) -> tuple[Plane, Plane, Plane]:
    """A wall, lighter towards a window, above a table; muted blue and warm wood."""
    ys, xs = np.mgrid[0:height, 0:width]
    wall = 150 - 50 * np.hypot(xs / width - 0.8, ys / height - 0.2)
    table = 90 + 10 * np.sin(xs / width * 40)
    is_table = ys > height * 0.85
    luma = np.where(is_table, table, wall)
    table_c = is_table[::2, ::2]
    u = np.where(table_c, 112, 136)
    v = np.where(table_c, 146, 122)
    return luma.astype(np.uint8), u.astype(np.uint8), v.astype(np.uint8)


def _person(width: int, height: int) -> tuple[Plane, npt.NDArray[np.bool_]]:
    """Head and shoulders with eyes and a mouth: luma and the mask of what is painted."""
    rows, columns = int(height * 0.72) & ~1, int(width * 0.5) & ~1
    ys, xs = np.mgrid[0:rows, 0:columns]
    x, y = xs / columns, ys / rows

    def oval(cx: float, cy: float, rx: float, ry: float) -> npt.NDArray[np.bool_]:
        inside: npt.NDArray[np.bool_] = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1
        return inside

    head = oval(0.5, 0.36, 0.22, 0.30)
    body = oval(0.5, 1.05, 0.45, 0.42)
    luma = np.full((rows, columns), 80.0)
    luma[head] = (185 - 40 * np.abs(x - 0.45))[head]
    luma[oval(0.5, 0.17, 0.24, 0.16) & (y < 0.24)] = 40
    for eye in (0.42, 0.58):
        luma[oval(eye, 0.36, 0.025, 0.025)] = 30
    luma[oval(0.5, 0.53, 0.07, 0.02)] = 95
    hair = oval(0.5, 0.17, 0.24, 0.16) & (y < 0.24)
    return luma.astype(np.uint8), head | body | hair


def _skin(luma: Plane) -> tuple[Plane, Plane]:
    """Chroma for the person: warm where light (skin), blue where dark (clothes, hair)."""
    light = luma[::2, ::2] > 90
    return np.where(light, 112, 138).astype(np.uint8), np.where(light, 148, 120).astype(np.uint8)
