"""Pictures that wait a moment for their sound."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import av

MAX_WAITING: Final = 8
"""200 ms of 30 pictures a second, and some; then the oldest is dropped."""
AT_ONCE_S: Final = 0.002
"""A shorter wait is none."""


class Showing:
    """Shows each picture when its time has come, in order. For the loop's thread."""

    def __init__(self, show: Callable[[av.VideoFrame], None]) -> None:
        self.dropped = 0
        """Pictures that gave way because too many waited."""
        self._show = show
        self._waiting: deque[tuple[float, av.VideoFrame]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def put(self, picture: av.VideoFrame, hold_s: float) -> None:
        """Show a picture after `hold_s`, and not before those that came before it."""
        if hold_s <= AT_ONCE_S and not self._waiting:
            self._show(picture)
            return
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append((time.monotonic() + hold_s, picture))
        if self._timer is None:
            self._set_timer()

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self) -> None:
        loop = asyncio.get_running_loop()
        delay_s = max(0.0, self._waiting[0][0] - time.monotonic())
        self._timer = loop.call_later(delay_s, self._due)

    def _due(self) -> None:
        self._timer = None
        now = time.monotonic() + AT_ONCE_S
        while self._waiting and self._waiting[0][0] <= now:
            self._show(self._waiting.popleft()[1])
        if self._waiting:
            self._set_timer()
