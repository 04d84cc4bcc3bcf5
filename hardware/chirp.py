"""A short rising sweep at each whole second, and finding it again: mouth to ear, measured. Pure.

Two terminals, or a terminal and a browser, whose clocks agree need to tell each other nothing:
what was said at a whole second was heard so much after it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hardware.interfaces import SAMPLE_RATE_HZ, Block
from hardware.sweep import Sweep

CHIRP_S: Final = 0.1
FIRST_HZ: Final = 500.0
LAST_HZ: Final = 3500.0
AMPLITUDE: Final = 8_000
"""About -12 dBFS at the peaks."""
SURE: Final = 0.5
"""Correlation from which it is the chirp that was heard and nothing else."""
_SWEEP: Final = Sweep(FIRST_HZ, LAST_HZ, CHIRP_S, AMPLITUDE)


def said(wall_s: float, samples: int) -> Block:
    """Return what is said from a time (Unix seconds) on: a chirp at each whole second, silence."""
    at = (round(wall_s % 1.0 * SAMPLE_RATE_HZ) + np.arange(samples)) % SAMPLE_RATE_HZ
    block = np.zeros(samples, dtype=np.int16)
    sounding = at < _SWEEP.wave.size
    block[sounding] = _SWEEP.wave[at[sounding]].astype(np.int16)
    return block


def heard_at(sound: Block, wall_s: float) -> float | None:
    """Return when the clearest chirp in `sound` began (Unix seconds). None when there is none.

    `wall_s` is when `sound` began.
    """
    hit = _SWEEP.find(sound, SURE)
    return None if hit is None else wall_s + hit.begin_s


def after_ms(heard_at_s: float) -> float:
    """Return how long after the whole second that was."""
    return heard_at_s % 1.0 * 1000
