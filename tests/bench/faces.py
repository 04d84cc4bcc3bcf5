"""A face that talks before a camera: what an inmate's picture is made of, from a fixed seed.

scikit-image ships a portrait (NASA's of Eileen Collins, public domain). Its head turns, nods and
leans before a still background; mouth and eyelids move; a camera's noise lies over all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from skimage import data
from skimage.transform import resize, warp

Plane = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]
"""yuv420p as PyAV takes it: luma above both chroma planes."""

FPS = 30
NOISE = 2.0
"""Standard deviation of the camera's noise in luma: a webcam in a lit room."""
SEED = 20_261_123

# Where things are in the portrait, as shares of its side: (down, right).
HEAD = (0.24, 0.43)
MOUTH = (0.325, 0.43)
EYES = (0.205, 0.43)


def portrait(width: int, height: int) -> Plane:
    """Return the portrait, head and shoulders, filling width x height, as RGB from 0 to 1."""
    image = data.astronaut()  # type: ignore[no-untyped-call]
    side = image.shape[0]
    rows = round(side * height / width)
    made: Plane = resize(image[:rows], (height, width), anti_aliasing=True)  # type: ignore[no-untyped-call]
    return made.astype(np.float32)


def clean(width: int, height: int, seconds: float) -> Iterator[Picture]:
    """Yield the scene as it is, without the camera's noise."""
    rgb = portrait(width, height)
    luma = rgb @ np.array([65.5, 128.6, 25.0], np.float32) + 16
    blue = rgb @ np.array([-37.8, -74.2, 112.0], np.float32) + 128
    red = rgb @ np.array([112.0, -93.8, -18.2], np.float32) + 128
    planes = (luma, blue[::2, ::2], red[::2, ::2])
    grids = [np.mgrid[: p.shape[0], : p.shape[1]].astype(np.float32) for p in planes]
    for number in range(round(seconds * FPS)):
        moved = [
            moved_as(plane, where(grid, width / plane.shape[1], width, number / FPS))
            for plane, grid in zip(planes, grids, strict=True)
        ]
        flat = np.concatenate([each.ravel() for each in moved])
        yield np.clip(flat + 0.5, 0, 255).astype(np.uint8).reshape(height * 3 // 2, width)


def moved_as(plane: Plane, places: Plane) -> Plane:
    """Return the plane sampled at `places`."""
    made: Plane = warp(plane, places, order=1, mode="edge", preserve_range=True)  # type: ignore[no-untyped-call]
    return made


def where(grid: Plane, scale: float, side: int, at_s: float) -> Plane:
    """Return the place in the portrait that each sample of `grid` shows at a moment."""
    down, right = grid[0] * scale / side, grid[1] * scale / side
    turn = 0.05 * np.sin(2 * np.pi * 0.31 * at_s)
    nod, lean = 0.012 * np.sin(2 * np.pi * 0.73 * at_s), 0.03 * np.sin(2 * np.pi * 0.23 * at_s)
    of_head = bump(down, right, HEAD, 0.16)
    y, x = down - HEAD[0], right - HEAD[1]
    move_down, move_right = turn * x + nod, -turn * y + lean
    speech = max(0.0, np.sin(2 * np.pi * 0.4 * at_s)) * np.sin(2 * np.pi * 4.1 * at_s)
    lips = 0.02 * speech * bump(down, right, MOUTH, 0.03)
    blink = 0.012 * (at_s % 2.6 > 2.45) * bump(down, right, EYES, 0.03)
    sampled = (down + of_head * move_down + lips + blink, right + of_head * move_right)
    return np.stack(sampled) * np.float32(side / scale)


def bump(down: Plane, right: Plane, centre: tuple[float, float], radius: float) -> Plane:
    """Return 1 at the centre, falling smoothly to nothing."""
    squared = (down - centre[0]) ** 2 + (right - centre[1]) ** 2
    return np.exp(-squared / (2 * radius**2))


def noisy(pictures: list[Picture]) -> list[Picture]:
    """Return the pictures as a camera delivers them."""
    random = np.random.default_rng(SEED)
    height = pictures[0].shape[0] * 2 // 3
    seen = []
    for picture in pictures:
        luma = picture[:height] + random.normal(0, NOISE, picture[:height].shape)
        noised = picture.copy()
        noised[:height] = np.clip(np.round(luma), 0, 255)
        seen.append(noised)
    return seen


def frame(picture: Picture, number: int) -> av.VideoFrame:
    """Return a picture as a camera's frame at its time."""
    made = av.VideoFrame.from_ndarray(picture, format="yuv420p")
    made.pts, made.time_base = number * 90_000 // FPS, Fraction(1, 90_000)
    return made
