"""Chirps at whole seconds of the wall clock (hardware/chirp.py), found in a page's sound. Pure."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from hardware import chirp

RATE_HZ: Final = 48_000
LATEST_S: Final = 0.6
"""A chirp that comes later after its second was not heard."""
CHIRP: Final = chirp.said(0.0, round(chirp.CHIRP_S * RATE_HZ))


@dataclass(frozen=True, slots=True)
class Heard:
    """A run of sound, and when each block of it was pulled from the call: (wall ms, samples)."""

    samples: npt.NDArray[np.int16]
    rate_hz: int
    pulled: Sequence[tuple[float, int]]

    @staticmethod
    def of_page(told: dict[str, Any]) -> Heard:
        """From what `takeSound` of the page returns."""
        samples = np.frombuffer(base64.b64decode(told["samples"]), dtype=np.int16)
        return Heard(samples, int(told["rate"]), [(wall, count) for wall, count in told["pulled"]])


def delays_ms(heard: Heard) -> list[float | None]:
    """Return how long after each whole second its chirp began; None where there was none.

    Raises ValueError when less than two seconds were heard.
    """
    if heard.samples.size < 2 * RATE_HZ or heard.rate_hz != RATE_HZ:
        raise ValueError(f"{heard.samples.size} samples at {heard.rate_hz} Hz were heard")
    span = round((LATEST_S + chirp.CHIRP_S) * RATE_HZ)
    found: list[float | None] = []
    began_s = began_at_s(heard, 0)
    second = math.ceil(began_s)
    while True:
        # The page's clock and the card's may drift: each second is placed anew.
        guess = round((second - began_s) * RATE_HZ)
        if guess + span > heard.samples.size:
            return found
        start_s = began_at_s(heard, guess) + guess / RATE_HZ
        at_s = chirp.heard_at(heard.samples[guess : guess + span], start_s)
        found.append(None if at_s is None else chirp.after_ms(at_s))
        second += 1


def began_at_s(heard: Heard, near: int) -> float:
    """When sample 0 was pulled (Unix seconds), judged by the blocks within a second of `near`.

    A page may read a block late but never early: the least late of them is right.
    """
    ends = np.cumsum([count for _, count in heard.pulled])
    begins = np.concatenate([[0], ends[:-1]])
    walls_s = np.array([wall for wall, _ in heard.pulled]) / 1000
    around = np.abs(begins - near) <= RATE_HZ
    return float(np.min((walls_s - begins / RATE_HZ)[around]))
