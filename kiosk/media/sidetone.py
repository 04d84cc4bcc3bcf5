"""One's own voice in one's own ear, so that a handset does not sound dead.

The delay is what is heard of it: 10 ms for the microphone's block, and at most 30 ms here. As
blocks arrive on the loop and the sound card takes them at its own pace, what waits settles by
itself: who runs dry fades out, and starts again with the next block. Two clocks that
drift apart do the same every few minutes, in 10 ms that nobody notices at this level.
"""

from __future__ import annotations

import threading
from typing import Final

import numpy as np
import numpy.typing as npt

from hardware.interfaces import SAMPLE_RATE_HZ, Block

NONE_DB: Final = -60.0
"""At this level and below there is no sidetone at all."""
MAX_WAITING: Final = SAMPLE_RATE_HZ * 30 // 1000
KEPT: Final = SAMPLE_RATE_HZ * 20 // 1000
"""Overflow: with more than 30 ms waiting, all but the newest 20 ms are skipped and counted."""


class Sidetone:
    """`put` on the loop, `take` in the sound card's thread; neither waits nor raises."""

    def __init__(self, level_db: float) -> None:
        self.skipped = 0
        """Samples that came faster than they were taken."""
        self.dried = 0
        """How often nothing was there in time."""
        self._gain = np.float32(10 ** (level_db / 20) if level_db > NONE_DB else 0.0)
        self._lock = threading.Lock()
        self._waiting: Block = np.zeros(0, dtype=np.int16)
        self._flowing = False

    def put(self, block: Block) -> None:
        """Add what the microphone just gave."""
        if not self._gain:
            return
        with self._lock:
            waiting = np.concatenate([self._waiting, block])
            over = waiting.size - 2 * MAX_WAITING
            if over > 0:
                # What comes next and what is newest stay, so that `take` can blend the two.
                waiting = np.concatenate([waiting[:MAX_WAITING], waiting[-MAX_WAITING:]])
                self.skipped += over
            self._waiting = waiting

    def take(self, samples: int) -> Block:
        """Return the next samples at sidetone level; silence when there is no microphone."""
        if not self._gain:
            return np.zeros(samples, dtype=np.int16)
        with self._lock:
            waiting = self._waiting
            skip = waiting.size - KEPT if waiting.size > MAX_WAITING else 0
            self._waiting = waiting[skip + samples :]
            self.skipped += skip
        if waiting.size < samples:
            return self._dry(waiting, samples)
        sound = waiting[skip : skip + samples] * self._gain
        if not self._flowing:
            sound *= _rise(samples)
        elif skip:
            rise = _rise(samples)
            sound = sound * rise + waiting[:samples] * self._gain * (1 - rise)
        self._flowing = True
        return sound.astype(np.int16)

    def _dry(self, rest: Block, samples: int) -> Block:
        """Return the rest, faded out, and silence."""
        told = np.zeros(samples, dtype=np.int16)
        if self._flowing:
            self.dried += 1
            self._flowing = False
            told[: rest.size] = rest * self._gain * (1 - _rise(rest.size))
        return told


def _rise(samples: int) -> npt.NDArray[np.float32]:
    return np.linspace(0, 1, samples, dtype=np.float32)
