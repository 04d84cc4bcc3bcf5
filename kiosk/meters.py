"""What the screen's meters show, from the media process's measurements. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from kiosk.media.commands import Stats

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
