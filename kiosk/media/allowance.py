"""How fast the camera's picture may be sent. Pure.

The family's browser reports what it believes the path carries (REMB). It begins at 300 kb/s and
rises by a few per cent a second, whatever the path could do: followed to the letter, the first
half minute of every visit would look poor on a network that is idle. So while nothing is lost and
nothing queues up, the picture gets what suits its size; as soon as packets are lost or the round
trip grows, the browser's word counts, and afterwards the rate climbs back in steps.
"""

from __future__ import annotations

from typing import Final

LOSS_SHARE: Final = 0.02
"""More packets lost than this, and the path is full. (WebRTC's own sender lets 2 % pass, too.)"""
QUEUE_S: Final = 0.1
"""A round trip longer by this than the shortest one stands in a queue."""
FORGET: Final = 0.002
"""Seconds a second by which the shortest round trip known grows: a path that has become longer for
good (another network) is a queue no more after a minute or so."""
CALM_S: Final = 5.0
"""After a sign of trouble the rate rises again when there was none for this long."""
FALL: Final = 0.85
RISE_A_SECOND: Final = 0.25
LOWEST_BPS: Final = 150_000
UNLIMITED_BPS: Final = 20_000_000


class Allowance:
    """Bits per second that the encoder may use at most. Tell it what is heard, in order of time."""

    def __init__(self) -> None:
        self._told_bps: float = UNLIMITED_BPS
        self._now_bps: float = UNLIMITED_BPS
        self._shortest_rtt_s: float | None = None
        self._heard_at: float | None = None
        self._trouble_at: float | None = None
        self._risen_at = 0.0

    @property
    def bps(self) -> int:
        """The most that may be sent; far more than any picture needs while the path is free."""
        return int(self._now_bps)

    def told(self, bps: int) -> None:
        """Take the browser's estimate (REMB)."""
        self._told_bps = max(LOWEST_BPS, bps)

    def heard(self, loss_share: float, rtt_s: float | None, sent_bps: float, now: float) -> None:
        """Take a receiver report: share of packets lost since the last, round trip, rate sent."""
        if rtt_s is not None:
            known = rtt_s if self._shortest_rtt_s is None else self._shortest_rtt_s
            self._shortest_rtt_s = min(rtt_s, known + FORGET * (now - (self._heard_at or now)))
            self._heard_at = now
        queued = rtt_s is not None and rtt_s > (self._shortest_rtt_s or rtt_s) + QUEUE_S
        if loss_share > LOSS_SHARE or queued:
            self._trouble_at = self._risen_at = now
            lower = min(self._now_bps, max(sent_bps, LOWEST_BPS)) * FALL
            self._now_bps = max(LOWEST_BPS, min(lower, self._told_bps))
        elif self._trouble_at is not None and now - self._trouble_at > CALM_S:
            self._rise(now)

    def _rise(self, now: float) -> None:
        step = 1 + RISE_A_SECOND * min(1.0, now - self._risen_at)
        self._risen_at = now
        self._now_bps = min(self._now_bps * step, UNLIMITED_BPS)
