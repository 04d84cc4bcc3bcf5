"""What an earpiece plays in its test: silence, and once the sweep."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from hardware.interfaces import Block
from hardware.judging_sound import SWEEP, Played


class SweepPlayer:
    """Gives silence until `start`, then the sweep once, then silence again.

    `pull` belongs to the earpiece's thread, all else to the loop; each attribute is set by one of
    them only, and whole.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.began_at: float | None = None
        """When the earpiece asked for the sweep's first sample."""
        self.played: Played | None = None
        """How it has asked so far; None until it has asked for all of the sweep."""
        self._clock = clock
        self._wave: Block = SWEEP.wave.astype(np.int16)
        self._started = False
        self._asked = 0
        """Samples since the sweep's first. Before, a card that is being opened asks in fits."""

    def start(self) -> None:
        """Play the sweep from the next block on."""
        self._started = True

    def pull(self, samples: int) -> Block:
        """Return the next samples; neither waits nor raises."""
        block = np.zeros(samples, dtype=np.int16)
        if not self._started:
            return block
        now = self._clock()
        if self.began_at is None:
            self.began_at = now
        if self._asked >= self._wave.size:
            self.played = Played(self._asked, now - self.began_at)
        part = self._wave[self._asked : self._asked + samples]
        block[: part.size] = part
        self._asked += samples
        return block
