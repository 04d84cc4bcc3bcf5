"""All timers of a hub as one heap, so that a visit costs an entry and not a task."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
from collections.abc import Awaitable, Callable
from typing import Final

log = logging.getLogger(__name__)

LONGEST_SLEEP_S: Final = 30.0
"""Looked at the clock at least this often: somebody may have set it."""
RETRY_S: Final = 1.0
AT_ONCE: Final = 50
"""Timers that run side by side; more wait for these, in order of their time."""


class Timers:
    """One wake-up time per key. A later `set` replaces the earlier one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._heap: list[tuple[float, str]] = []
        self._due: dict[str, float] = {}
        self._changed = asyncio.Event()

    def set(self, key: str, at: float | None) -> None:
        """Wake `key` at `at` (seconds since the epoch); None: not at all."""
        if at is None:
            self._due.pop(key, None)
            return
        if self._due.get(key) == at:
            return
        self._due[key] = at
        heapq.heappush(self._heap, (at, key))
        if self._heap[0] == (at, key):
            self._changed.set()

    def look(self) -> None:
        """Look at the clock now: somebody set it."""
        self._changed.set()

    async def run(self, fire: Callable[[str], Awaitable[None]]) -> None:
        """Call `fire(key)` for each key that is due, until cancelled. A failing one is logged."""

        async def fire_one(key: str) -> None:
            try:
                await fire(key)
            except Exception:
                log.exception("timer of %s failed; trying again", key)
                self.set(key, self._clock() + RETRY_S)

        while True:
            due = self._take_due(self._clock())
            if due:
                await asyncio.gather(*(fire_one(key) for key in due))
                continue
            self._changed.clear()
            wait_s = self._heap[0][0] - self._clock() if self._heap else LONGEST_SLEEP_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, min(wait_s, LONGEST_SLEEP_S))):
                    await self._changed.wait()

    def _take_due(self, now: float) -> list[str]:
        due: list[str] = []
        while self._heap and len(due) < AT_ONCE:
            at, key = self._heap[0]
            stale = self._due.get(key) != at
            if not stale and at > now:
                break
            heapq.heappop(self._heap)
            if not stale:
                del self._due[key]
                due.append(key)
        return due
