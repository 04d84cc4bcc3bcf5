"""A watch tells a black or frozen camera and a dead line, once, and when it is well again."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import av
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hardware.interfaces import BLOCK_SAMPLES
from hardware.scene import Scene, rows_of
from hardware.simulated import TONE_AMPLITUDE
from kiosk.media.commands import Fault, Report
from kiosk.media.watch import ASLEEP_S, PictureWatch, SoundWatch

FPS = 10
SCENE = Scene(160, 120)


class Told(list[tuple[str, bool]]):
    """Codes, and whether they were said to be mended."""

    def __call__(self, report: Report) -> None:
        assert isinstance(report, Fault)
        self.append((report.code, report.mended))


class Clock:
    now = 50.0

    def __call__(self) -> float:
        return self.now


def person(number: int) -> av.VideoFrame:
    return SCENE.draw(number, number / FPS)


def still(_: int) -> av.VideoFrame:
    return SCENE.draw(0, 0.0)


def black(number: int) -> av.VideoFrame:
    """A capped lens: the sensor's noise about black."""
    frame = SCENE.draw(0, 0.0)
    noise = np.random.default_rng(number).integers(16, 24, (120, 160))
    rows_of(frame.planes[0])[:] = noise
    return frame


def dead(_: int) -> av.VideoFrame:
    frame = SCENE.draw(0, 0.0)
    rows_of(frame.planes[0])[:] = 16
    return frame


def watched(*acts: tuple[Callable[[int], av.VideoFrame], float], told: Told | None = None) -> Told:
    """Let a watch see each picture for so many seconds."""
    told, clock = told if told is not None else Told(), Clock()
    watch = PictureWatch(told, clock)
    number = 0
    for draw, seconds in acts:
        for _ in range(round(seconds * FPS)):
            watch.take(draw(number))
            clock.now += 1 / FPS
            number += 1
    return told


def test_somebody_who_moves_is_no_fault() -> None:
    assert watched((person, 20)) == []


def test_black_is_told_after_three_seconds_and_mended_at_once() -> None:
    assert watched((person, 3), (black, 1.5), (person, 5)) == [], "a hand that passes"
    assert watched((person, 3), (black, 4)) == [("CAM-02", False)]
    assert watched((black, 4), (person, 1.1)) == [("CAM-02", False), ("CAM-02", True)]


def test_frozen_is_told_after_five_seconds_and_mended_at_once() -> None:
    assert watched((person, 2), (still, 4)) == []
    assert watched((person, 2), (still, 7)) == [("CAM-03", False)]
    assert watched((still, 7), (person, 1.1)) == [("CAM-03", False), ("CAM-03", True)]


def test_a_dead_sensor_is_black_and_not_frozen_too() -> None:
    assert watched((dead, 12)) == [("CAM-02", False)]
    assert watched((still, 7), (dead, 4)) == [
        ("CAM-03", False),
        ("CAM-03", True),
        ("CAM-02", False),
    ]


def test_what_was_before_a_loss_is_not_counted_on() -> None:
    told, clock = Told(), Clock()
    watch = PictureWatch(told, clock)
    for _ in range(4):
        watch.take(dead(0))
        clock.now += ASLEEP_S + 0.1
    assert told == []


@given(st.lists(st.sampled_from([person, still, black, dead]), max_size=12))
def test_every_fault_is_told_once_and_mended_once(
    acts: list[Callable[[int], av.VideoFrame]],
) -> None:
    told = watched(*((act, 3.0) for act in acts), (person, 3.0))
    for code in ("CAM-02", "CAM-03"):
        flags = [mended for each, mended in told if each == code]
        assert flags == [False, True] * (len(flags) // 2)


def heard(levels: Iterable[tuple[int, float]], *, up: bool = True) -> Told:
    """Let a watch hear blocks of an amplitude for so many seconds each."""
    told = Told()
    watch = SoundWatch(told, lambda: up)
    for amplitude, seconds in levels:
        for _ in range(round(seconds * 100)):
            block = np.zeros(BLOCK_SAMPLES, np.int16)
            block[0] = amplitude
            watch.take(block)
    return told


def test_zeros_for_five_seconds_are_told_and_mended_by_the_first_sound() -> None:
    assert heard([(TONE_AMPLITUDE, 1), (0, 4.9), (1, 0.01), (0, 4.9)]) == []
    assert heard([(0, 30)]) == [("MIC-02", False)]
    assert heard([(0, 6), (1, 0.01)]) == [("MIC-02", False), ("MIC-02", True)]


def test_a_handset_that_hangs_may_be_silent() -> None:
    assert heard([(0, 60)], up=False) == []
