"""When the screen is drawn: as soon as the family's next picture came, else at a steady beat.

Kivy's loop goes round at a beat of its own (`maxfps`) and draws when something changed. A picture
would wait for the next beat, 17 ms on average at 30 a second, and pictures at nearly the same pace
would be dropped and doubled in turn. So `Beat` stands for the clock's `async_idle` (Kivy 2.3,
kivy/clock.py, ClockBaseBehavior) and ends its sleep early. Kivy's own "interrupt" clock does not
do: its `async_idle` raises TimeoutError whenever nothing interrupts it.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from kivy.clock import Clock

MOST_PER_S: Final = 60
"""Pictures may come faster than this; the screen is not drawn more often for them."""
SLOWER: Final = 1.5
"""While pictures set the beat, Kivy's own waits this many times as long: it would be drawing just
before each. What else changes (one's own picture, the time left) is drawn with the next of them."""


class Beat:
    """Sets the pace of Kivy's loop from now on. Use only from the thread that draws."""

    def __init__(self, clock: Any = Clock) -> None:
        self._clock = clock
        self._waiting: asyncio.Future[None] | None = None
        self._wanted = self._hurried = False
        clock.async_idle = self._idle

    def hurry(self) -> None:
        """Have the loop go round at once, or as soon as MOST_PER_S allows."""
        self._wanted = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def _idle(self) -> float:
        """Wait for the next round; return the clock's time, as Kivy's `async_idle` does."""
        clock = self._clock
        period_s = 1 / clock._max_fps * (SLOWER if self._hurried else 1)
        last = clock._last_tick
        if not self._wanted:
            await self._sleep(last + period_s - clock.time())
        self._hurried = self._wanted
        early_s = last + 1 / MOST_PER_S - clock.time()
        # Sleeps once even when late: nothing else on the loop may starve.
        await asyncio.sleep(max(0.0, early_s) if self._hurried else 0)
        self._wanted = False
        now: float = clock.time()
        clock._dt, clock._last_tick = now - last, now
        return now

    async def _sleep(self, seconds: float) -> None:
        """Sleep until `hurry`, at most so long."""
        if seconds <= 0:
            return
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        timer = loop.call_later(seconds, self._wake, self._waiting)
        try:
            await self._waiting
        finally:
            timer.cancel()
            self._waiting = None

    @staticmethod
    def _wake(waiting: asyncio.Future[None]) -> None:
        if not waiting.done():
            waiting.set_result(None)
