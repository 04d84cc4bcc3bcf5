"""How late the event loop is, and how long the garbage collector stops it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

EVERY_S: Final = 0.01
"""A pause is seen up to this much shorter than it was."""
REMEMBERED_S: Final = 60.0


class Pulse:
    """Tells `late(seconds)` of each beat; remembers the worst of the last minute."""

    def __init__(self, late: Callable[[float], None]) -> None:
        self._late = late
        self._worst: deque[tuple[float, float]] = deque()
        """Times and delays, each smaller than those before it: the first one is the worst."""
        self.longest_s = 0.0
        """The longest pause since the start."""

    async def run(self) -> None:
        """Beat until cancelled."""
        # Not the loop's own clock: uvloop reads that once a turn, before what makes it late.
        while True:
            due = time.monotonic() + EVERY_S
            await asyncio.sleep(EVERY_S)
            now = time.monotonic()
            self.note(now, max(0.0, now - due))

    def note(self, now: float, late_s: float) -> None:
        """One beat came this late."""
        self._late(late_s)
        self.longest_s = max(self.longest_s, late_s)
        while self._worst and self._worst[-1][1] <= late_s:
            self._worst.pop()
        self._worst.append((now, late_s))
        while self._worst[0][0] < now - REMEMBERED_S:
            self._worst.popleft()

    def worst_s(self) -> float:
        """Return the longest pause of the last minute of beats."""
        return self._worst[0][1] if self._worst else 0.0


@contextlib.contextmanager
def watched_gc(paused: Callable[[int, float], None]) -> Iterator[None]:
    """Tell `paused(generation, seconds)` of each pass of the garbage collector, in its thread."""
    began = 0.0

    def told(phase: str, info: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = time.perf_counter()
        else:
            paused(info["generation"], time.perf_counter() - began)

    gc.callbacks.append(told)
    try:
        yield
    finally:
        gc.callbacks.remove(told)
