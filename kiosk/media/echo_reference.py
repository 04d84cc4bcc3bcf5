"""What was played, kept until the microphone's block that heard it is cleaned.

The echo canceller (AEC3) finds by itself how far an echo lies behind its reference, 2 to 200 ms
measured, and follows slow change. It asks for two things, which are kept here:

- The reference comes first. A block is played some time after the card asked for it, and heard
  some time before the microphone delivers it; by those two latencies together the reference is
  early, and for less than that it may wait here. RESERVE_SAMPLES needs more than 10 ms of them
  together (13 do, with 10 nothing is cancelled: measured). One block of 10 ms is always under way
  in the card, a USB device adds some on either side, and PortAudio's own figures are 17 ms (low) to
  70 ms (high). A card whose thread comes too late for that has more buffer of its own to be late
  in, so when the reference has run dry it waits 10 ms more. No latency has to be configured.
- The distance does not jump: each jump costs about 0.75 s of audible echo (measured), while a
  single sample more or less costs nothing. So two clocks that drift apart are met by slipping
  sample by sample; 200 ppm are 10 a second.

How much waits is seen in steps of a whole block, so the time since the last block is added: that
makes a steady number of it, good to a fraction of a millisecond over some seconds.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np

from hardware.interfaces import SAMPLE_RATE_HZ, Block

RESERVE_SAMPLES: Final = SAMPLE_RATE_HZ // 50
"""20 ms wait after each take, the block that the card is just playing included."""
MORE_RESERVE_SAMPLES: Final = SAMPLE_RATE_HZ // 100
MAX_RESERVE_SAMPLES: Final = RESERVE_SAMPLES + MORE_RESERVE_SAMPLES
MAX_SAMPLES: Final = SAMPLE_RATE_HZ * 120 // 1000
"""Overflow: the oldest is dropped. As much as the microphone's own queue (100 ms) and two blocks:
after a stall of the loop both have lost the same."""
LEARN_TAKES: Final = 200
"""Two seconds of blocks tell how much waits when all is well."""
SMOOTH_TAKES: Final = 500
MAX_GAP_S: Final = 0.04
"""A card that asks less often than this has stalled; the time then says nothing."""
TOLERATED_SAMPLES: Final = 48
"""1 ms: inside, nothing is slipped, so that clocks that agree are left alone."""
CUT_SAMPLES: Final = SAMPLE_RATE_HZ // 100
CUT_TAKES: Final = 100
"""More than 10 ms too much for a whole second is no drift and no stall of the loop but sound that
the microphone never heard: it is cut at once."""
SLIP_OVER_TAKES: Final = 800
"""What is too much or too little is slipped away over 8 s, at most one sample a block."""


class EchoReference:
    """`put` in the sound card's thread, `take` on the loop; neither waits nor raises."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.missing = 0
        """Samples of silence that stood in for what came too late (underflow)."""
        self.dropped = 0
        """Samples that no microphone block was there for (overflow)."""
        self.slipped = 0
        """Samples taken too much, less those taken too little, against drift."""
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: Block = np.zeros(0, dtype=np.int16)
        self._put_at = 0.0
        self._running = False
        self._reserve = RESERVE_SAMPLES
        self._balance = _Balance()

    def put(self, block: Block) -> None:
        """Add what is being played."""
        with self._lock:
            waiting = np.concatenate([self._waiting, block])
            over = max(0, waiting.size - MAX_SAMPLES)
            # A microphone that is not open is no loss.
            self.dropped += over if self._running else 0
            self._waiting = waiting[over:]
            self._put_at = self._clock()

    def take(self, samples: int) -> Block:
        """Return what was played while the microphone heard its next `samples`; else silence."""
        with self._lock:
            if not self._running and not self._start(samples):
                return np.zeros(samples, dtype=np.int16)
            slip = self._balance.slip()
            taken = self._waiting[: samples + slip]
            self._waiting = self._waiting[taken.size :]
            if taken.size < samples + slip:
                return self._ran_dry(taken, samples)
            self._measure()
        self.slipped += slip
        return taken if slip == 0 else _fitted(taken, samples)

    def _start(self, samples: int) -> bool:
        """Begin, with the same reserve each time, once enough waits."""
        more = round(self._waiting.size + self._since_put() - samples - self._reserve)
        if more < 0 or not self._waiting.size:
            return False
        self._waiting = self._waiting[min(more, max(0, self._waiting.size - samples)) :]
        self._running = True
        self._balance = _Balance()
        return self._waiting.size >= samples

    def _ran_dry(self, rest: Block, samples: int) -> Block:
        self.missing += max(0, samples - rest.size)
        self._running = False
        # Nothing at all: the card was closed, which says nothing about how late it can be.
        if rest.size:
            self._reserve = min(MAX_RESERVE_SAMPLES, self._reserve + MORE_RESERVE_SAMPLES)
        return np.concatenate([rest, np.zeros(samples, dtype=np.int16)])[:samples]

    def _since_put(self) -> float:
        """Return how many samples the card has played since it last asked."""
        return min(self._clock() - self._put_at, MAX_GAP_S) * SAMPLE_RATE_HZ

    def _measure(self) -> None:
        self._balance.measured(self._waiting.size + self._since_put())
        cut = min(self._balance.cut(), self._waiting.size)
        self.dropped += cut
        self._waiting = self._waiting[cut:]


class _Balance:
    """How much waits, against how much waited when it was learnt. Samples."""

    def __init__(self) -> None:
        self._takes = 0
        self._usual = 0.0
        self._excess = 0.0
        self._owed = 0.0
        self._lately: deque[float] = deque(maxlen=CUT_TAKES)

    def measured(self, waiting: float) -> None:
        """Take one measurement, after each block."""
        if self._takes < LEARN_TAKES:
            self._takes += 1
            self._usual += (waiting - self._usual) / self._takes
            return
        excess = waiting - self._usual
        self._excess += (excess - self._excess) / SMOOTH_TAKES
        self._lately.append(excess)

    def slip(self) -> int:
        """Return how many samples more (or fewer) the next block takes: -1, 0 or 1."""
        if abs(self._excess) > TOLERATED_SAMPLES:
            self._owed += max(-1.0, min(1.0, self._excess / SLIP_OVER_TAKES))
        slip = int(self._owed)
        self._owed -= slip
        return slip

    def cut(self) -> int:
        """Return how many samples must go at once."""
        if len(self._lately) < CUT_TAKES or min(self._lately) < CUT_SAMPLES:
            return 0
        cut = round(min(self._lately))
        self._lately.clear()
        self._excess = self._owed = 0.0
        return cut


def _fitted(sound: Block, samples: int) -> Block:
    """Return `sound` stretched or squeezed by its one sample, without a step."""
    at = np.linspace(0, sound.size - 1, samples)
    result: Block = np.interp(at, np.arange(sound.size), sound).astype(np.int16)
    return result
