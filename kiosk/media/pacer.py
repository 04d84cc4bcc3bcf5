"""Sends the packets of one picture spread over a few milliseconds.

A key frame is 15 to 60 kB. Sent at once it fills a queue on the way (a switch port, a Wi-Fi card)
in which sound then waits, or is lost. libwebrtc paces for the same reason. Sound does not come
here: whoever sends it sends it at once, between these packets.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

T = TypeVar("T")

BURST_PACKETS: Final = 8
"""Sent at once: a picture between key frames is rarely more, and waits for nothing."""
MAX_PACKETS: Final = 512
"""0.6 MB may wait: more than any key frame has. Over it, the oldest pictures are dropped."""
TICK_S: Final = 0.001
"""What is due within this time goes together: libuv's timers know only milliseconds."""


class Timer(Protocol):
    """What a loop returns for a call that it will make."""

    def cancel(self) -> None:
        """Do not make the call."""


class Loop(Protocol):
    """What is needed of an event loop."""

    def time(self) -> float:
        """Return the monotonic time in seconds."""

    def call_at(self, when: float, callback: Callable[[], object], /) -> Timer:
        """Call later."""


@dataclass(slots=True)
class _Picture(Generic[T]):
    packets: deque[T]
    begin: float
    step_s: float
    sent: int = 0

    @property
    def due(self) -> float:
        """When its next packet goes."""
        return self.begin + max(0, self.sent + 1 - BURST_PACKETS) * self.step_s


class Pacer(Generic[T]):
    """Spreads the packets of each picture within its deadline, in order. For the loop's thread.

    A packet leaves at its picture's deadline at the latest, as far as the loop runs; so what
    waits is bounded by time as well as by MAX_PACKETS. After an overflow pictures are missing:
    `on_drop` is called once for it and ought to ask the encoder for a key frame.
    """

    def __init__(
        self,
        send: Callable[[T], object],
        on_drop: Callable[[], object] = lambda: None,
        loop: Loop | None = None,
    ) -> None:
        self.dropped = 0
        """Pictures dropped because too many packets waited."""
        self._send = send
        self._on_drop = on_drop
        self._loop: Loop = loop or asyncio.get_running_loop()
        self._waiting: deque[_Picture[T]] = deque()
        self._packets = 0
        self._timer: Timer | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """Packets not yet sent."""
        return self._packets

    def put(self, packets: list[T], deadline_s: float) -> None:
        """Send a picture: up to 8 packets now, if none waits, and the last within `deadline_s`."""
        if self._closed or not packets:
            return
        now = self._loop.time()
        end = now + max(0.0, deadline_s - TICK_S)  # a timer may be one tick late
        spread = len(packets) - BURST_PACKETS
        # After those that wait: behind the last one's deadline, but never behind its own.
        begin = min(self._end(now), end)
        step_s = (end - begin) / spread if spread > 0 else 0.0
        self._waiting.append(_Picture(deque(packets), begin, step_s))
        self._packets += len(packets)
        dropped = self._drop_oldest()
        self._flush(now)
        if dropped:
            self._on_drop()

    def close(self) -> None:
        """Forget what waits; nothing is sent after this."""
        self._closed = True
        self._waiting.clear()
        self._packets = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, now: float) -> float:
        """When the last packet that waits goes."""
        if not self._waiting:
            return now
        last = self._waiting[-1]
        total = last.sent + len(last.packets)
        return max(now, last.begin + max(0, total - BURST_PACKETS) * last.step_s)

    def _drop_oldest(self) -> int:
        dropped = 0
        while self._packets > MAX_PACKETS:
            self._packets -= len(self._waiting.popleft().packets)
            dropped += 1
        self.dropped += dropped
        return dropped

    def _on_timer(self) -> None:
        self._timer = None
        self._flush(self._loop.time() + TICK_S / 2)

    def _flush(self, until: float) -> None:
        """Send what is due and set the timer for the rest."""
        due: list[T] = []
        while self._waiting and self._waiting[0].due <= until:
            picture = self._waiting[0]
            due.append(picture.packets.popleft())
            picture.sent += 1
            if not picture.packets:
                self._waiting.popleft()
        self._packets -= len(due)
        self._set_timer()
        for packet in due:
            self._send(packet)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            when = max(self._waiting[0].due, self._loop.time() + TICK_S)
            self._timer = self._loop.call_at(when, self._on_timer)
