"""Measuring sound: level and pitch of int16 samples. Pure."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from hardware.interfaces import SAMPLE_RATE_HZ, Block

SILENCE_DBFS: Final = -96.0
"""What nothing at all measures; the least that 16 bits can tell from it."""
MIN_PITCH_HZ: Final = 50.0


def rms_dbfs(samples: Block) -> float:
    """Root mean square level; a full-scale sine measures -3 dBFS."""
    if samples.size == 0:
        return SILENCE_DBFS
    mean_square = float(np.mean(np.square(samples.astype(np.float64))))
    return _dbfs(math.sqrt(mean_square))


def peak_dbfs(samples: Block) -> float:
    """Level of the loudest sample."""
    if samples.size == 0:
        return SILENCE_DBFS
    return _dbfs(float(np.max(np.abs(samples.astype(np.float64)))))


def loudest_hz(samples: Block) -> float | None:
    """The loudest pitch above 50 Hz, or None in silence; good to about 1 Hz over half a second."""
    if samples.size < 2048 or rms_dbfs(samples) < -60:
        return None
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    bin_hz = SAMPLE_RATE_HZ / samples.size
    first = int(MIN_PITCH_HZ / bin_hz) + 1
    peak = first + int(np.argmax(spectrum[first:-1]))
    # A parabola through the peak and its neighbours (in dB) finds the pitch between the bins.
    left, middle, right = np.log(spectrum[peak - 1 : peak + 2] + 1e-9)
    curve = left - 2 * middle + right
    shift = 0.5 * (left - right) / curve if curve else 0.0
    return float((peak + shift) * bin_hz)


def _dbfs(amplitude: float) -> float:
    return max(SILENCE_DBFS, 20 * math.log10(amplitude / 32768)) if amplitude else SILENCE_DBFS
