"""A short rising sweep at each whole second, and finding it again: mouth to ear, measured. Pure.

Two terminals, or a terminal and a browser, whose clocks agree need to tell each other nothing:
what was said at a whole second was heard so much after it.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from hardware.interfaces import SAMPLE_RATE_HZ, Block

CHIRP_S: Final = 0.1
FIRST_HZ: Final = 500.0
LAST_HZ: Final = 3500.0
AMPLITUDE: Final = 8_000
"""About -12 dBFS at the peaks."""
SURE: Final = 0.5
"""Correlation from which it is the chirp that was heard and nothing else."""
_STEP: Final = 6
"""It is looked for at 8 kHz, so it is found to an eighth of a millisecond."""
_SAMPLES: Final = int(CHIRP_S * SAMPLE_RATE_HZ)
_EDGE: Final = _SAMPLES // 20


def _sweep() -> npt.NDArray[np.float64]:
    time_s = np.arange(_SAMPLES) / SAMPLE_RATE_HZ
    rise_hz = (LAST_HZ - FIRST_HZ) / CHIRP_S
    wave = np.sin(2 * math.pi * (FIRST_HZ + rise_hz / 2 * time_s) * time_s)
    edge = np.sin(np.linspace(0, math.pi / 2, _EDGE)) ** 2
    wave[:_EDGE] *= edge
    wave[-_EDGE:] *= edge[::-1]
    return AMPLITUDE * wave


_SWEEP: Final = _sweep()


def said(wall_s: float, samples: int) -> Block:
    """Return what is said from a time (Unix seconds) on: a chirp at each whole second, silence."""
    at = (round(wall_s % 1.0 * SAMPLE_RATE_HZ) + np.arange(samples)) % SAMPLE_RATE_HZ
    block = np.zeros(samples, dtype=np.int16)
    sounding = at < _SAMPLES
    block[sounding] = _SWEEP[at[sounding]].astype(np.int16)
    return block


def heard_at(sound: Block, wall_s: float) -> float | None:
    """Return when the clearest chirp in `sound` began (Unix seconds). None when there is none.

    `wall_s` is when `sound` began.
    """
    coarse = _coarse(sound.astype(np.float64))
    sweep = _coarse(_SWEEP)
    if coarse.size < sweep.size:
        return None
    size = 1 << (coarse.size + sweep.size).bit_length()
    products = np.fft.irfft(np.fft.rfft(coarse, size) * np.conj(np.fft.rfft(sweep, size)), size)
    sums = np.concatenate([[0.0], np.cumsum(np.square(coarse))])
    energies = sums[sweep.size :] - sums[: -sweep.size]
    alike = products[: energies.size] / np.sqrt(energies * np.sum(np.square(sweep)) + 1.0)
    # A quiet likeness is an echo's: the loudest of what is alike is the chirp itself.
    products = np.where(alike >= SURE, products[: energies.size], 0.0)
    begin = int(np.argmax(products))
    if products[begin] <= 0:
        return None
    return wall_s + begin * _STEP / SAMPLE_RATE_HZ


def after_ms(heard_at_s: float) -> float:
    """Return how long after the whole second that was."""
    return heard_at_s % 1.0 * 1000


def _coarse(wave: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    means: npt.NDArray[np.float64] = wave[: wave.size // _STEP * _STEP].reshape(-1, _STEP).mean(1)
    return means
