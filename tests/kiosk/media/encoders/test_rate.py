"""Rates that suit a picture, and time that only rises."""

from __future__ import annotations

from itertools import pairwise

import pytest

from kiosk.media.encoders import rate
from tests.kiosk.media.encoders.pictures import moving


def test_larger_pictures_may_have_more() -> None:
    sizes = [(320, 240), (640, 480), (1280, 720), (1920, 1080)]
    highest = [rate.highest_bps(*size) / 1e6 for size in sizes]
    assert highest == pytest.approx([0.45, 1.2, 2.6, 4.6], abs=0.05)


def test_a_wanted_rate_is_kept_in_its_bounds() -> None:
    fitted = [rate.fit_bps(bps, 640, 480) for bps in (0, 1, 400_000, 9_000_000)]
    assert fitted == [450_000, 100_000, 400_000, 1_200_000]


def test_the_band_is_wider_upwards() -> None:
    assert [rate.in_band(bps, 100) for bps in (84, 85, 140, 141)] == [False, True, True, False]


def test_the_clock_follows_the_camera() -> None:
    clock = rate.FrameClock()
    ticks = [clock.tick(frame) for frame in moving(16, 16, count=60, fps=15)]
    assert {later - earlier for earlier, later in pairwise(ticks[1:])} == {6_000}
    assert clock.fps == pytest.approx(15, abs=0.1)


def test_a_pause_passes_but_is_no_frame_rate() -> None:
    clock = rate.FrameClock()
    first = clock.tick(next(moving(16, 16)))
    assert clock.tick(next(moving(16, 16, begin=300))) - first == 10 * rate.CLOCK
    assert clock.fps == pytest.approx(30)


def test_time_rises_when_the_camera_begins_anew() -> None:
    clock = rate.FrameClock()
    late = clock.tick(next(moving(16, 16, begin=300)))
    assert clock.tick(next(moving(16, 16))) == late + rate.CLOCK // 30
