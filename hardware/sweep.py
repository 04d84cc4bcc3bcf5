"""A rising tone, and finding it again in a recording by a matched filter. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from hardware.interfaces import SAMPLE_RATE_HZ, Block

_STEP: Final = 6
"""It is looked for at 8 kHz, so it is found to an eighth of a millisecond."""

Wave = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hit:
    """Where in a recording a sweep was found."""

    begin_s: float
    """Seconds after the recording's first sample."""
    likeness: float
    """Correlation: 1 is the sweep and nothing else."""
    level_dbfs: float
    """Root mean square level of the sweep alone."""


class Sweep:
    """A tone that rises evenly; its first and last twentieths fade, so that nothing clicks."""

    def __init__(self, first_hz: float, last_hz: float, length_s: float, amplitude: float) -> None:
        samples = int(length_s * SAMPLE_RATE_HZ)
        edge = samples // 20
        time_s = np.arange(samples) / SAMPLE_RATE_HZ
        rise_hz = (last_hz - first_hz) / length_s
        wave = np.sin(2 * math.pi * (first_hz + rise_hz / 2 * time_s) * time_s)
        fade = np.sin(np.linspace(0, math.pi / 2, edge)) ** 2
        wave[:edge] *= fade
        wave[-edge:] *= fade[::-1]
        self.wave: Wave = amplitude * wave
        self._rms = float(np.sqrt(np.mean(np.square(self.wave))))
        self._coarse = coarse(self.wave)

    def find(self, recording: Block, sure: float) -> Hit | None:
        """Return the loudest sweep whose likeness is `sure` or more; None when there is none.

        A quiet likeness is an echo's: the loudest of what is alike is the sweep itself.
        """
        heard, sweep = coarse(recording.astype(np.float64)), self._coarse
        if heard.size < sweep.size:
            return None
        size = 1 << (heard.size + sweep.size).bit_length()
        products = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sweep, size)), size)
        sums = np.concatenate([[0.0], np.cumsum(np.square(heard))])
        energies = sums[sweep.size :] - sums[: -sweep.size]
        own = float(np.sum(np.square(sweep)))
        alike = products[: energies.size] / np.sqrt(energies * own + 1.0)
        products = np.where(alike >= sure, products[: energies.size], 0.0)
        begin = int(np.argmax(products))
        if products[begin] <= 0:
            return None
        share = products[begin] / own
        level_dbfs = 20 * math.log10(max(share * self._rms / 32_768, 1e-6))
        return Hit(begin * _STEP / SAMPLE_RATE_HZ, float(alike[begin]), level_dbfs)


def coarse(wave: Wave) -> Wave:
    """Return a wave at a sixth of its rate."""
    means: Wave = wave[: wave.size // _STEP * _STEP].reshape(-1, _STEP).mean(1)
    return means
