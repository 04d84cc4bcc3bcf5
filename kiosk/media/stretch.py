"""Making speech a little shorter or longer without a change of pitch. Pure.

Whole pitch periods are cut or repeated, overlapped and added over one period (the time-domain
method of WSOLA and of NetEq's accelerate and expand). Silence is cut wherever wanted.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from hardware.interfaces import SAMPLE_RATE_HZ, Block

MIN_PERIOD: Final = SAMPLE_RATE_HZ // 400
MAX_PERIOD: Final = SAMPLE_RATE_HZ // 100
"""Periods looked for, in samples: 2.5 to 10 ms. A deeper voice's halves or doubles lie there."""
STEP: Final = 6
"""The search runs at 8 kHz, and then at 48 kHz around what it found."""
SEAM: Final = 120
"""Samples over which two cuts of silence are joined: 2.5 ms."""
SILENT_RMS: Final = 60.0
"""-55 dBFS: quieter blocks have no pitch worth keeping."""

_Wave = npt.NDArray[np.float32]


def shorten(block: Block, samples: int, likeness: float) -> Block:
    """Return `block` without about `samples` of it, or unchanged.

    `likeness` (a correlation, 0 to 1) is how alike two periods must be for one to be cut. Never
    more than `samples` are cut.
    """
    wave = block.astype(np.float32)
    if _is_silent(wave):
        cut = min(samples, wave.size - SEAM)
        return _cut(wave, cut, min(SEAM, wave.size - cut)) if cut > 0 else block
    period = _period(wave, likeness, min(samples, MAX_PERIOD))
    return _cut(wave, period, period) if period else block


def lengthen(block: Block, samples: int, likeness: float) -> Block:
    """Return `block` with about `samples` more, or unchanged; at most one period more."""
    wave = block.astype(np.float32)
    if _is_silent(wave):
        period = min(samples, wave.size // 2)
    else:
        period = _period(wave, likeness, MAX_PERIOD)
    if not period:
        return block
    rise = np.linspace(0.0, 1.0, period, endpoint=False, dtype=np.float32)
    seam = wave[period : 2 * period] * (1 - rise) + wave[:period] * rise
    return _to_block(np.concatenate([wave[:period], seam, wave[period:]]))


def _cut(wave: _Wave, samples: int, seam: int) -> Block:
    rise = np.linspace(0.0, 1.0, seam, endpoint=False, dtype=np.float32)
    joined = wave[:seam] * (1 - rise) + wave[samples : samples + seam] * rise
    return _to_block(np.concatenate([joined, wave[samples + seam :]]))


def _period(wave: _Wave, likeness: float, longest: int) -> int:
    """Return the period at which the start of `wave` repeats itself best; 0: not well enough."""
    longest = min(longest, wave.size // 2)
    if longest < MIN_PERIOD + STEP:
        return 0
    coarse = wave[: wave.size // STEP * STEP].reshape(-1, STEP).mean(axis=1)
    lags = longest // STEP
    head = coarse[: coarse.size - lags]
    products = np.correlate(coarse, head, "valid")
    energies = np.convolve(np.square(coarse), np.ones(head.size, dtype=np.float32), "valid")
    alike = products / np.sqrt(energies[0] * energies + 1.0)
    first = MIN_PERIOD // STEP
    lag = first + int(np.argmax(alike[first : lags + 1]))
    if alike[lag] < likeness:
        return 0
    return _refine(wave, lag * STEP, longest)


def _refine(wave: _Wave, period: int, longest: int) -> int:
    lags = range(max(MIN_PERIOD, period - STEP), min(longest, period + STEP) + 1)
    differences = [
        float(np.mean(np.square(wave[:lag:2] - wave[lag : 2 * lag : 2]))) for lag in lags
    ]
    return lags[int(np.argmin(differences))]


def _is_silent(wave: _Wave) -> bool:
    return float(np.mean(np.square(wave))) < SILENT_RMS**2


def _to_block(wave: _Wave) -> Block:
    return np.clip(np.rint(wave), -32768, 32767).astype(np.int16)
