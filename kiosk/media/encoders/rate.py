"""How many bits a second suit a picture, and how often pictures come."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

import av

MIN_BPS: Final = 100_000
CLOCK: Final = 90_000
"""RTP's video clock (RFC 6184 and RFC 7741, section 8.1 of the one, 4.1 of the other), in hertz."""
TIME_BASE: Final = Fraction(1, CLOCK)
RISE: Final = 1.4
FALL: Final = 0.85
"""A codec that cannot be retuned follows the target only once it has left this band around the
rate it runs at: a new rate is a new codec and a key frame there."""

_USUAL_TICKS: Final = CLOCK // 30
_LONGEST_TICKS: Final = CLOCK // 5
_EASE: Final = 1 / 8


def highest_bps(width: int, height: int) -> int:
    """Return the rate above which more bits do not show: 1.2 Mb/s at 640x480, 2.6 at 720p."""
    return int(1_200_000 * math.sqrt(width * height / (640 * 480)) ** 1.4)


def usual_bps(width: int, height: int) -> int:
    """Return the rate to run at until somebody asks for one: 0.45 Mb/s at 640x480.

    A talking face has .984 of SSIM there and .987 with twice as much (`make bench`, quality), and
    more bits cost encoder time here and a phone's volume there.
    """
    return highest_bps(width, height) * 3 // 8


def fit_bps(wanted: int, width: int, height: int) -> int:
    """Return the rate to run at for a wanted one; 0 stands for nobody having asked."""
    return max(MIN_BPS, min(wanted or usual_bps(width, height), highest_bps(width, height)))


def in_band(wanted: int, running: int) -> bool:
    """Return whether a codec that cannot be retuned stays as it is."""
    return FALL <= wanted / running <= RISE


class FrameClock:
    """Frame times that only ever rise, whatever the camera's did, and the rate they come at."""

    def __init__(self) -> None:
        self._source: int | None = None
        self._now = 0
        self._interval: float = _USUAL_TICKS

    @property
    def fps(self) -> float:
        """Frames a second, smoothed over about 8 frames; 5 or more."""
        return CLOCK / self._interval

    def tick(self, frame: av.VideoFrame) -> int:
        """Return the time of `frame` in ticks of 1/90,000 s, above every one before."""
        at = frame.time
        source = None if at is None else round(at * CLOCK)
        step = _USUAL_TICKS
        if source is not None and self._source is not None:
            step = source - self._source
        self._source = source
        if step <= 0:
            step = _USUAL_TICKS  # a camera that was opened again counts from 0
        if step <= _LONGEST_TICKS:  # longer is a pause, and says nothing of the rate
            self._interval += _EASE * (step - self._interval)
        self._now += step
        return self._now
