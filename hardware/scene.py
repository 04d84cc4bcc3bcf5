"""The picture that a simulated camera sees: somebody in a room, moving a little. Cheap to draw."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from hardware import mark

Plane = npt.NDArray[np.uint8]

SWAY_PERIOD_S: Final = 4.0


class Scene:
    """A still room, painted once, and a person who sways, pasted into each frame.

    The planes are those of yuv420p stacked as PyAV's `from_ndarray` wants them: height * 3 / 2
    rows of width bytes. Width and height must be multiples of 4.
    """

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._room = _room(width, height)
        self._person_y, self._mask_y = _person(width, height)
        self._person_u, self._person_v = _skin(self._person_y)
        self._mask_c = self._mask_y[::2, ::2]

    def draw(self, number: int, seconds: float) -> Plane:
        """Return a new frame: the scene at a time, marked with a frame number."""
        frame = self._room.copy()
        height, width = self._height, self._width
        sway = math.sin(2 * math.pi * seconds / SWAY_PERIOD_S)
        rows, columns = self._person_y.shape
        x = int((width - columns) / 2 + sway * width / 12) & ~1
        y = (height - rows) & ~1
        luma = frame[:height]
        np.copyto(luma[y : y + rows, x : x + columns], self._person_y, where=self._mask_y)
        quarter = height // 4
        for start, patch in ((height, self._person_u), (height + quarter, self._person_v)):
            chroma = frame[start : start + quarter].reshape(height // 2, width // 2)
            region = chroma[y // 2 : (y + rows) // 2, x // 2 : (x + columns) // 2]
            np.copyto(region, patch, where=self._mask_c)
        mark.draw(luma, number)
        return frame


def _room(width: int, height: int) -> Plane:
    """A wall, lighter towards a window, above a table; muted blue and warm wood."""
    ys, xs = np.mgrid[0:height, 0:width]
    wall = 150 - 50 * np.hypot(xs / width - 0.8, ys / height - 0.2)
    table = 90 + 10 * np.sin(xs / width * 40)
    is_table = ys > height * 0.85
    luma = np.where(is_table, table, wall)
    table_c = is_table[::2, ::2]
    u = np.where(table_c, 112, 136)
    v = np.where(table_c, 146, 122)
    stacked = np.concatenate([luma.ravel(), u.ravel(), v.ravel()]).astype(np.uint8)
    return stacked.reshape(height * 3 // 2, width)


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
