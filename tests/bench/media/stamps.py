"""Reading the mark of `hardware.mark` where it is known to stand: cheap enough for every frame.

The page does the same in stamps.js. A reading whose checksum is wrong is None.
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

from hardware.mark import BLOCKS_ACROSS, COLUMNS, LEFT_BLOCKS, NUMBERS, TOP_BLOCKS

_CHECK_BITS = 10
_THRESHOLD = 125


def read_at_place(luma: npt.NDArray[np.uint8]) -> int | None:
    """Return the number drawn into a whole picture, of any size but not cropped."""
    side = luma.shape[1] / BLOCKS_ACROSS
    half = max(1, int(side / 4))
    bits = 0
    for place in range(2 * COLUMNS):
        x = int((LEFT_BLOCKS + 1.5 + place % COLUMNS) * side)
        y = int((TOP_BLOCKS + 2.5 + place // COLUMNS) * side)
        block = luma[y - half : y + half, x - half : x + half]
        bits = bits << 1 | int(int(block.sum()) > _THRESHOLD * block.size)
    number, check = bits >> _CHECK_BITS, bits & ((1 << _CHECK_BITS) - 1)
    right = zlib.crc32(number.to_bytes(2, "big")) & ((1 << _CHECK_BITS) - 1)
    return number if check == right else None


def since(number: int, now: float) -> float:
    """Return how much later than `number` the count `now` is, both modulo 65536."""
    return (now - number) % NUMBERS
