"""From frames and times to figures. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hardware.mark import NUMBERS
from tests.bench.media.sides import Frame

GAP_MS = 200.0
"""A picture that stands still for longer is a gap."""
IMPOSSIBLE_MS = 10_000.0


@dataclass(frozen=True, slots=True)
class Delay:
    """One-way delay of the picture."""

    p50_ms: float
    p95_ms: float
    all_ms: list[float]


@dataclass(frozen=True, slots=True)
class Gaps:
    """What stood still for over 200 ms."""

    count: int
    longest_ms: float
    total_ms: float


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 100) of the samples lie below. Raises when empty."""
    if not samples:
        raise ValueError("no samples")
    return float(np.percentile(np.asarray(samples), share))


def clock_delays(frames: Sequence[Frame]) -> Delay:
    """Delays of frames that were marked with the wall clock in ms when they were drawn."""
    found = [(each.at_ms - each.number) % NUMBERS for each in frames if each.number is not None]
    return _delay([each for each in found if each < IMPOSSIBLE_MS])


def numbered_delays(frames: Sequence[Frame], own: Sequence[Frame], fps: int) -> Delay:
    """Delays of frames that were marked with their number, counted from when each was due.

    The camera's schedule is what the earliest frames of the self-view show; later ones were late.
    """
    began_ms = min(each.at_ms - each.number * 1000 / fps for each in own if each.number is not None)
    found = [
        each.at_ms - began_ms - each.number * 1000 / fps
        for each in frames
        if each.number is not None
    ]
    return _delay([each for each in found if 0 <= each < IMPOSSIBLE_MS])


def gaps(at_ms: Sequence[float]) -> Gaps:
    """Gaps between things that happened."""
    between = np.diff(np.asarray(at_ms))
    longest = float(between.max()) if between.size else 0.0
    over = between[between > GAP_MS]
    return Gaps(int(over.size), longest, float(over.sum()))


def median(samples: Sequence[float]) -> float:
    """Return the median."""
    return float(statistics.median(samples))


def _delay(found: list[float]) -> Delay:
    return Delay(percentile(found, 50), percentile(found, 95), found)
