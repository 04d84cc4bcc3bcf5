"""What the screen's meters show, from the media process's measurements. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kiosk.media.commands import Stats

LEVEL_BLOCKS: Final = 16
LEVEL_FLOOR_DBFS: Final = -60.0
HEARD_DBFS: Final = -45.0
"""A microphone that peaks above this has heard somebody."""
SILENT_AFTER_S: Final = 5.0


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


def quality(stats: Stats) -> str:
    """Return the quality word for one second of the call."""
    rtt_ms = stats.rtt_ms or 0.0
    if stats.fps_in < 1:
        return "sound-only"
    if stats.fps_in < 8 or rtt_ms > 500:
        return "weak"
    if stats.fps_in < 14 or rtt_ms > 200:
        return "fair"
    return "good"
