"""From chirps to delays. Pure.

A delay is that of a block's first sample, which waits longest: until the block is complete, or
until all before it was played.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from hardware import chirp
from hardware.interfaces import SAMPLE_RATE_HZ, Block

Timed = tuple[float, Block]
"""When (Unix seconds), and what."""

BEFORE_S: Final = 0.2
AFTER_S: Final = 0.6
"""A chirp that began at a whole second is looked for from so long before it until so long after."""


def chirps(blocks: Sequence[Timed]) -> Iterator[tuple[int, int, int]]:
    """Yield (second, block, sample in it): where each whole second's chirp begins."""
    if not blocks:
        return
    for second in range(math.ceil(blocks[0][0] + BEFORE_S), int(blocks[-1][0] - AFTER_S) + 1):
        numbers = [
            number
            for number, (at, _) in enumerate(blocks)
            if second - BEFORE_S <= at <= second + AFTER_S
        ]
        samples = np.concatenate([blocks[number][1] for number in numbers])
        found = chirp.heard_at(samples, 0.0)
        if found is None:
            continue
        place = round(found * SAMPLE_RATE_HZ)
        for number in numbers:
            size = blocks[number][1].size
            if place < size:
                yield second, number, place
                break
            place -= size


def to_track_ms(delivered: Sequence[Timed]) -> list[float]:
    """Return the microphone's delays: blocks and when each was delivered.

    What was said was heard at the whole second.
    """
    return [
        (delivered[number][0] - second + place / SAMPLE_RATE_HZ) * 1000
        for second, number, place in chirps(delivered)
    ]


def to_ear_ms(
    asked: Sequence[float], began: float, size: int, sounded: Sequence[Timed]
) -> list[float]:
    """Return the earpiece's delays, from when each block of `size` was asked for and what sounded.

    What was given was `chirp.said` from the time `began` on. A time of `sounded` is that of the
    block's first sample.
    """
    delays = []
    for second, number, place in chirps(sounded):
        given = round((second - began) * SAMPLE_RATE_HZ)
        if 0 <= given // size < len(asked):
            heard_at = sounded[number][0] + place / SAMPLE_RATE_HZ
            first_at = heard_at - given % size / SAMPLE_RATE_HZ
            delays.append((first_at - asked[given // size]) * 1000)
    return delays
