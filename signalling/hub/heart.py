"""Whether clients are still there: one task asks the silent ones, and cuts who does not answer.

The library's own keepalive is a task with its timers for each connection, 1 KiB each, and pings
also whoever has just said something: as pages and terminals do every few seconds.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

TICKS: Final = 50
"""Clients are looked at in turn, so many ticks an interval."""
AT_ONCE: Final = 50
"""In one turn of the loop: less than a millisecond."""


class Beating(Protocol):
    """A connection."""

    @property
    def open(self) -> bool:
        """Whether it is worth to be asked."""

    @property
    def heard_at(self) -> float:
        """When anything last came from it, by the loop's clock."""

    def ask(self) -> None:
        """Send a ping, to which its other end has to answer."""

    def abort(self) -> None:
        """Cut it."""


class Heart:
    """Asks those that were silent for half of `every_s`; cuts who does not answer `within_s`.

    Anything that comes is an answer: a client that talks is there.
    """

    def __init__(self, every_s: float, within_s: float, clock: Callable[[], float]) -> None:
        self._every_s = every_s
        self._within_s = within_s
        self._clock = clock
        self._due: deque[tuple[float, Beating, float | None]] = deque()
        """When to look at each next, the soonest first, and since when it owes an answer."""
        self._beat_at = clock()
        self._late_at = 0.0
        """When this hub itself last came back from a long pause: what they answered meanwhile is
        still to be read."""

    def add(self, client: Beating) -> None:
        """Look after a connection until it is closed."""
        self._due.append((self._clock() + self._every_s, client, None))

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            more = self.beat()
            await asyncio.sleep(0 if more else self._every_s / TICKS)

    def beat(self) -> bool:
        """Look at those whose turn it is; whether there may be more of them."""
        now = self._clock()
        if now - self._beat_at > self._every_s / 2:
            self._late_at = now
        self._beat_at = now
        for _ in range(AT_ONCE):
            if not self._due or self._due[0][0] > now:
                return False
            _, client, asked_at = self._due.popleft()
            if client.open:
                self._look_at(client, asked_at, now)
        return True

    def _look_at(self, client: Beating, asked_at: float | None, now: float) -> None:
        heard_at = client.heard_at
        if asked_at is not None and heard_at >= asked_at:
            asked_at = None
        if asked_at is not None and now - max(asked_at, self._late_at) >= self._within_s:
            client.abort()
            return
        if now - heard_at >= self._every_s / 2:
            client.ask()
            asked_at = now if asked_at is None else asked_at
        self._due.append((now + self._every_s, client, asked_at))
