"""The chirp that both ends know, and finding it in what was heard. Pure.

A chirp is sent at each whole second of the wall clock, so when it is heard says how long it took.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

RATE_HZ: Final = 48_000
SECOND_MS: Final = 1000.0
FOUND: Final = 0.4
"""Least correlation (0 to 1) with the chirp's shape that is no chance likeness."""

Samples = npt.NDArray[np.float64]


def _chirp() -> Samples:
    seconds = np.arange(RATE_HZ // 50) / RATE_HZ
    sweep = np.sin(2 * np.pi * (1000 + 75_000 * seconds) * seconds)
    return np.asarray(16_000 * np.hanning(seconds.size) * sweep, dtype=np.float64)


CHIRP: Final = _chirp()


@dataclass(frozen=True, slots=True)
class Heard:
    """A run of sound, and when each block of it was pulled from the call: (wall ms, samples)."""

    samples: Samples
    rate_hz: int
    pulled: Sequence[tuple[float, int]]

    @staticmethod
    def of_page(told: dict[str, Any]) -> Heard:
        """From what `takeSound` of the page returns."""
        raw = np.frombuffer(base64.b64decode(told["samples"]), dtype=np.int16)
        pulled = [(wall, count) for wall, count in told["pulled"]]
        return Heard(raw.astype(np.float64), int(told["rate"]), pulled)


def delays_ms(heard: Heard, chirp: Samples) -> list[float]:
    """Return how long after its whole second each chirp was heard, in order."""
    if heard.samples.size < 2 * chirp.size or heard.rate_hz != RATE_HZ:
        raise ValueError(f"{heard.samples.size} samples at {heard.rate_hz} Hz were heard")
    found = []
    for at in places(heard.samples, chirp):
        found.append(_wall_ms(heard, at) % SECOND_MS)
    return found


def places(samples: Samples, chirp: Samples) -> list[int]:
    """Return the sample at which each chirp begins, at most one in half a second."""
    size = 1 << int(samples.size + chirp.size).bit_length()
    spectrum = np.fft.rfft(samples, size) * np.conj(np.fft.rfft(chirp, size))
    matched = np.abs(np.fft.irfft(spectrum, size)[: samples.size - chirp.size])
    power = np.concatenate([[0.0], np.cumsum(np.square(samples))])
    local = np.sqrt(np.maximum(power[chirp.size :] - power[: -chirp.size], 1.0))[: matched.size]
    likeness = matched / (local * np.sqrt(np.sum(np.square(chirp))))
    found: list[int] = []
    step = RATE_HZ // 2
    for start in range(0, likeness.size, step):
        at = start + int(np.argmax(likeness[start : start + step]))
        if likeness[at] < FOUND:
            continue
        if found and at - found[-1] < step:
            if likeness[at] > likeness[found[-1]]:
                found[-1] = at
        else:
            found.append(at)
    return found


def _wall_ms(heard: Heard, place: int) -> float:
    """When a sample was pulled, but for the lateness of single reads: by the least late around."""
    ends = np.cumsum([count for _, count in heard.pulled])
    begins = np.concatenate([[0], ends[:-1]])
    near = np.abs(begins - place) < heard.rate_hz
    walls = np.array([wall for wall, _ in heard.pulled])
    per_sample = 1000 / heard.rate_hz
    return float(np.min((walls - begins * per_sample)[near])) + place * per_sample
