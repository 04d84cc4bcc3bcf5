"""The short queue before an earpiece, shared by the real and the simulated one."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

import numpy as np

from hardware.interfaces import BLOCK_SAMPLES, Block

MAX_BLOCKS: Final = 5
START_BLOCKS: Final = 2
"""Sound starts (again, after running dry) once this many wait: 40 ms against arrival jitter."""


class Playout:
    """Blocks on their way to the ear; `put` on the loop, `take` in the device's thread.

    Overflow: the oldest block is dropped and counted. Underflow: silence.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._lock = threading.Lock()
        self._blocks: deque[Block] = deque()
        self._running = False

    def put(self, block: Block) -> None:
        """Queue 20 ms. Raises ValueError for anything but 960 int16 samples."""
        if block.dtype != np.int16 or block.shape != (BLOCK_SAMPLES,):
            raise ValueError(f"a block is {BLOCK_SAMPLES} int16 samples, got {block.shape}")
        with self._lock:
            if len(self._blocks) >= MAX_BLOCKS:
                self._blocks.popleft()
                self.dropped += 1
            self._blocks.append(block)

    def take(self) -> Block:
        """Return the next 20 ms, or silence."""
        with self._lock:
            if not self._blocks:
                self._running = False
            elif not self._running:
                self._running = len(self._blocks) >= START_BLOCKS
            if self._running:
                return self._blocks.popleft()
        return np.zeros(BLOCK_SAMPLES, dtype=np.int16)
