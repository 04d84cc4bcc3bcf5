"""How regularly a stream's packets arrive: what its playout must wait for. Pure.

A packet's transit is its arrival minus its RTP time: its absolute value means nothing, since the
two clocks have different zeros, but the differences are the network's jitter.
"""

from __future__ import annotations

from collections import deque
from typing import Final

WINDOW_S: Final = 1.4
"""Jitter is remembered this long, so that the buffer is back to its least 2 s after the last."""
CATCHING_UP_S: Final = 0.002
"""A packet whose transit is this much shorter than the one's before comes out of the same queue."""
MAX_PACKETS: Final = 160
"""So many are remembered at most: a flood must not make remembering dear."""
CLOCK_JUMP_S: Final = 1.0
"""Transit that changes by this much is no network: the sender's clock was set, or it paused."""
MAX_SPREAD_S: Final = 0.19
"""What is waited for at most, however late packets come."""


class Arrivals:
    """Watches transits and says which one playout must allow for."""

    def __init__(self) -> None:
        self._waits: deque[tuple[float, float]] = deque(maxlen=MAX_PACKETS)
        """(transit_s, arrived_at) of the packets that something held up."""
        self._all: deque[tuple[float, float]] = deque(maxlen=MAX_PACKETS)
        """(transit_s, arrived_at): the shortest transit within the window, and those that will be
        it when older ones have left (a monotonic queue)."""
        self._last: tuple[float, float] | None = None
        self.worst_s = 0.0
        """The transit to allow for: the second longest within the window, and bounded.

        The second, because a single late packet is better concealed than waited for by all.
        """

    def add(self, arrived_at: float, transit_s: float) -> None:
        """Note one packet, in the order of arrival.

        After a stall the packets behind it arrive together, each with less delay than the one
        before: that is one event, and only its first packet counts.
        """
        if self._last is not None:
            last_at, last_s = self._last
            if abs(transit_s - last_s) > CLOCK_JUMP_S or arrived_at - last_at > WINDOW_S:
                self._waits.clear()
                self._all.clear()
                self._last = None
        if self._last is None or transit_s > self._last[1] - CATCHING_UP_S:
            self._waits.append((transit_s, arrived_at))
        while self._all and self._all[-1][0] >= transit_s:
            self._all.pop()
        self._all.append((transit_s, arrived_at))
        self._last = (arrived_at, transit_s)
        for window in (self._waits, self._all):
            while len(window) > 1 and window[0][1] < arrived_at - WINDOW_S:
                window.popleft()
        second_s = sorted(self._waits)[-2:][0][0]
        self.worst_s = min(second_s, self._all[0][0] + MAX_SPREAD_S)
