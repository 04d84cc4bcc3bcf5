"""What the screen shows and the hub is told of the media process's measurements. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from kiosk.media.commands import Stats
from signalling.messages import CallStats

LEVEL_BLOCKS: Final = 16
LEVEL_FLOOR_DBFS: Final = -60.0
HEARD_DBFS: Final = -45.0
"""A microphone that peaks above this has heard somebody."""
SILENT_AFTER_S: Final = 5.0

QUALITY_WORDS: Final = ("good", "fair", "weak", "sound-only")
"""Best first."""
QUALITY_HISTORY: Final = 4
"""Seconds: a word stands only when so many in a row were no better."""
SOUND_KBPS: Final = 8.0
"""Less than this is no speech: Opus takes 6 kbit/s at the very least, and RTP its own share."""

MOST_MS: Final = 3_600_000.0
MOST_KBPS: Final = 1_000_000.0
MOST_FPS: Final = 1000.0
MOST_COUNTED: Final = 1_000_000_000
"""The limits of `signalling.messages.CallStats`: beyond them the hub would close the link."""


@dataclass(slots=True)
class MicrophoneMeter:
    """Level and silence of the inmate's microphone while they wait."""

    level: int = 0
    silent: bool = False
    _quiet_since: float | None = None

    def heard(self, dbfs: float, now: float) -> None:
        """Take one measured peak."""
        share = 1.0 - max(LEVEL_FLOOR_DBFS, min(0.0, dbfs)) / LEVEL_FLOOR_DBFS
        self.level = round(share * LEVEL_BLOCKS)
        if dbfs >= HEARD_DBFS:
            self._quiet_since = None
            self.silent = False
            return
        if self._quiet_since is None:
            self._quiet_since = now
        self.silent = now - self._quiet_since >= SILENT_AFTER_S


@dataclass(slots=True)
class QualityMeter:
    """The quality word of the call: "good" until QUALITY_HISTORY seconds have said otherwise."""

    word: str = "good"
    _recent: deque[str] = field(default_factory=lambda: deque(maxlen=QUALITY_HISTORY))
    _connection: int = 0

    def measured(self, stats: Stats, *, picture_wanted: bool) -> None:
        """Take one second; the word is the best of the last few, so it is slow to worsen only.

        `picture_wanted` is whether the family sends a picture at all.
        """
        if stats.connection != self._connection:
            self.reset()
            self._connection = stats.connection
        self._recent.append(_word(stats, picture_wanted=picture_wanted))
        if len(self._recent) == QUALITY_HISTORY:
            self.word = min(self._recent, key=QUALITY_WORDS.index)

    def reset(self) -> None:
        """Nothing is to be measured, or something new is: what was says nothing about it."""
        self.word = "good"
        self._recent.clear()


def _word(stats: Stats, *, picture_wanted: bool) -> str:
    """Return the quality word for one second."""
    rtt_ms = stats.rtt_ms or 0.0
    fps_in = stats.fps_in if picture_wanted else float("inf")
    if fps_in < 1 and stats.kbps_in >= SOUND_KBPS:
        return "sound-only"
    if fps_in < 8 or rtt_ms > 500:
        return "weak"
    if fps_in < 14 or rtt_ms > 200:
        return "fair"
    return "good"


def call_stats(visit: str, stats: Stats) -> CallStats:
    """Return what the hub is told of one second.

    Every number is brought within the limits of the message: the media process, which strangers
    speak to, must not be able to cost the terminal its link.
    """

    def ms(value: float) -> float:
        return _within(value, MOST_MS)

    return CallStats(
        visit=visit,
        connection=stats.connection,
        rtt_ms=None if stats.rtt_ms is None else ms(stats.rtt_ms),
        video_kbps_in=_within(stats.video_kbps_in, MOST_KBPS),
        video_kbps_out=_within(stats.video_kbps_out, MOST_KBPS),
        fps_in=_within(stats.fps_in, MOST_FPS),
        fps_out=_within(stats.fps_out, MOST_FPS),
        lost_in=_count(stats.lost_in),
        lost_out=_count(stats.lost_out),
        jitter_ms=ms(stats.jitter_ms),
        sound_delay_ms=ms(stats.sound_delay_ms),
        concealed_ms=ms(stats.concealed_ms),
        longest_gap_ms=ms(stats.longest_gap_ms),
        dropped=_count(stats.dropped),
        target_kbps=_within(stats.target_kbps, MOST_KBPS),
    )


def _within(value: float, most: float) -> float:
    # In this order NaN, which no comparison is true of, becomes 0.
    return min(max(0.0, value), most)


def _count(value: int) -> int:
    return min(max(0, value), MOST_COUNTED)  # RTP counts duplicates as negative losses
