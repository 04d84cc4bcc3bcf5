"""Lips and voice together: how long a picture is held back for its sound. Pure.

Each stream's sender reports say which RTP time was which time of day at the sender (RFC 3550,
section 6.4.1). With that a picture and the sound that plays now have capture times on one clock;
the sender's clock and ours need not agree, since only the difference of two delays is used.

Sound 125 ms late or 45 ms early is what people begin to notice (ITU-R BT.1359); within
`TOLERATED_S` nothing is held, because a picture held is a picture late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["audio", "video"]

RATES_HZ: Final[dict[Kind, int]] = {"audio": 48_000, "video": 90_000}
TOLERATED_S: Final = 0.036
"""So that jitter of the measurement stays within 40 ms too; held is only what is beyond."""
MAX_HOLD_S: Final = 0.2
MAX_SKEW_S: Final = 1.0
"""Streams that are this far apart are not: the reports are wrong, and nothing is held."""
STEP_S: Final = 0.004
"""What is held changes by no more than this from one picture to the next."""
STALE_S: Final = 1.0
"""Sound that was played this long ago says nothing about now."""
MAX_REPORT_AGE_S: Final = 60.0
"""Reports come each few seconds; time further from the last one is not reckoned from it."""


@dataclass(frozen=True, slots=True)
class _Report:
    """One moment on both of a sender's clocks."""

    sent_s: float
    rtp: int


class LipSync:
    """One connection's two streams. What a hostile sender reports moves a picture 0.2 s at most."""

    def __init__(self) -> None:
        self._reports: dict[Kind, _Report] = {}
        self._sound_delay_s = 0.0
        self._played_at: float | None = None
        self._hold_s = 0.0

    def report(self, kind: Kind, ntp: int, rtp: int) -> None:
        """Note a sender report: `ntp` in 64 bits (32 of them fraction), `rtp` in 32.

        A sender that does not know the time reports zero (section 6.4.1), which says nothing.
        """
        if 0 < ntp < 1 << 64 and 0 <= rtp < 1 << 32:
            self._reports[kind] = _Report(ntp / (1 << 32), rtp)

    def played(self, rtp_timestamp: int, at: float) -> None:
        """Note which sound plays at the local time `at`."""
        captured_s = self._captured_s("audio", rtp_timestamp)
        if captured_s is not None:
            self._sound_delay_s = at - captured_s
            self._played_at = at

    def hold_s(self, rtp_timestamp: int, now: float) -> float:
        """Return how long to hold the picture that could be shown now; call it once for each.

        Below zero the sound is that much too early: show the picture at once, and let sound wait.
        """
        wanted_s = self._wanted_s(rtp_timestamp, now)
        self._hold_s += max(-STEP_S, min(STEP_S, wanted_s - self._hold_s))
        return self._hold_s

    def _wanted_s(self, rtp_timestamp: int, now: float) -> float:
        captured_s = self._captured_s("video", rtp_timestamp)
        if captured_s is None or self._played_at is None:
            return 0.0
        skew_s = self._sound_delay_s - (now - captured_s)
        if abs(now - self._played_at) > STALE_S or abs(skew_s) > MAX_SKEW_S:
            return 0.0
        if abs(skew_s) <= TOLERATED_S:
            return 0.0
        beyond_s = skew_s - TOLERATED_S if skew_s > 0 else skew_s + TOLERATED_S
        return max(-MAX_HOLD_S, min(MAX_HOLD_S, beyond_s))

    def _captured_s(self, kind: Kind, rtp_timestamp: int) -> float | None:
        """Return the sender's time at which something was captured; None when not known."""
        report = self._reports.get(kind)
        if report is None:
            return None
        ticks = (rtp_timestamp - report.rtp + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        since_s = ticks / RATES_HZ[kind]
        return report.sent_s + since_s if abs(since_s) <= MAX_REPORT_AGE_S else None
