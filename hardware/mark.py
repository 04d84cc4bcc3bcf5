"""A frame number drawn into a picture in coarse blocks, and read back after any codec or scaling.

Tests draw it into a camera's picture at one end and read it at the other: what is seen is then
provably what was sent. Fifteen blocks wide and five high, each block 1/40 of the picture's width
(16 px at 640):

    ...............     black margin
    .W.W.W.W.W.W.W.     sync row: thirteen blocks, alternating, found at any scale and place
    .dddddddddddddd.    16 bits of number and 10 of checksum, most significant first, in two rows
    ...............     black margin

It stands 7/40 of the width below the top edge: a picture cropped to a wider screen keeps it, and a
self-view at the top of the screen does not cover it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

BLOCKS_ACROSS: Final = 40
"""Blocks in one width of the picture."""
COLUMNS: Final = 13
LEFT_BLOCKS: Final = 2
TOP_BLOCKS: Final = 7
"""Where the margin's corner stands."""
NUMBERS: Final = 1 << 16
_CHECK_BITS: Final = 10
_BLACK: Final = 16
_WHITE: Final = 235
_LUMA_OF_BIT: Final = bytes.maketrans(b"01", bytes([_BLACK, _WHITE]))

Luma = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark found in a picture; pixels."""

    number: int
    x: float
    y: float
    block_px: float


def draw(y_plane: Luma, number: int) -> None:
    """Draw `number` (modulo 65536) into a luma plane (height by width), in place."""
    side = y_plane.shape[1] // BLOCKS_ACROSS
    cells = _pattern(number % NUMBERS)
    top, left = TOP_BLOCKS * side, LEFT_BLOCKS * side
    for row, samples in enumerate(np.repeat(cells, side, axis=1)):
        at = top + row * side
        y_plane[at : at + side, left : left + len(samples)] = samples


def read(y_plane: Luma) -> int | None:
    """Return the number of the largest whole mark in a luma plane, or None."""
    found = find(y_plane)
    return found[0].number if found else None


def read_rgb(image: npt.NDArray[np.uint8]) -> int | None:
    """Return the number of the largest whole mark in a picture (height, width, 3 or 4), or None."""
    return read(luma_of(image))


def luma_of(image: npt.NDArray[np.uint8]) -> Luma:
    """Return the grey of an RGB or RGBA picture."""
    weighted = image[:, :, :3].astype(np.uint16) @ np.array([77, 150, 29], dtype=np.uint16)
    return (weighted >> 8).astype(np.uint8)


def find(y_plane: Luma) -> list[Mark]:
    """Return every whole mark, the largest first; a wrong checksum is no mark."""
    white = y_plane > (_BLACK + _WHITE) // 2
    found: list[Mark] = []
    for y in range(0, y_plane.shape[0], 2):
        for x, pitch in _sync_rows(white[y]):
            if any(abs(x - m.x) < pitch and abs(y - m.y) < 2 * m.block_px for m in found):
                continue
            mark = _decode(y_plane, white, x, y, pitch)
            if mark is not None:
                found.append(mark)
    return sorted(found, key=lambda mark: -mark.block_px)


def _pattern(number: int) -> Luma:
    bits = f"{number << _CHECK_BITS | _checksum(number):0{2 * COLUMNS}b}"
    rows = ("", "10" * (COLUMNS // 2) + "1", bits[:COLUMNS], bits[COLUMNS:], "")
    cells = "".join(f"0{row:0<{COLUMNS}}0" for row in rows).encode().translate(_LUMA_OF_BIT)
    return np.frombuffer(cells, np.uint8).reshape(len(rows), COLUMNS + 2)


def _checksum(number: int) -> int:
    return zlib.crc32(number.to_bytes(2, "big")) & ((1 << _CHECK_BITS) - 1)


def _sync_rows(row: npt.NDArray[np.bool_]) -> Iterator[tuple[float, float]]:
    """Yield (left edge, block width) of each thirteen alternating runs that begin with white."""
    edges = np.flatnonzero(row[1:] != row[:-1]) + 1
    if len(edges) < COLUMNS + 1:
        return
    widths = np.diff(edges)
    for first in range(len(widths) - COLUMNS + 1):
        runs = widths[first : first + COLUMNS]
        pitch = (edges[first + COLUMNS] - edges[first]) / COLUMNS
        even = np.all(np.abs(runs - pitch) <= max(1.2, 0.35 * pitch))
        if row[edges[first]] and pitch >= 3 and even:
            yield float(edges[first]), float(pitch)


def _decode(
    y_plane: Luma, white: npt.NDArray[np.bool_], x: float, y: int, pitch: float
) -> Mark | None:
    # The scan line lies anywhere in the sync row: climb its first block to the row's top edge.
    column = white[:, int(x + pitch / 2)]
    top = y
    while top > 0 and column[top - 1] and y - top < pitch:
        top -= 1
    bits = 0
    half = max(1, int(pitch / 4))
    for place in range(2 * COLUMNS):
        centre_y = int(top + pitch * (1.5 + place // COLUMNS))
        centre_x = int(x + pitch * (0.5 + place % COLUMNS))
        if centre_y + half > y_plane.shape[0] or centre_x + half > y_plane.shape[1]:
            return None
        block = y_plane[centre_y - half : centre_y + half, centre_x - half : centre_x + half]
        bits = bits << 1 | int(block.mean() > (_BLACK + _WHITE) / 2)
    number, check = bits >> _CHECK_BITS, bits & ((1 << _CHECK_BITS) - 1)
    return Mark(number, x, top, pitch) if check == _checksum(number) else None
