"""The screen is drawn when the family's picture came: not later, not more often."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from kivy.clock import ClockBase

from kiosk.screens.beat import MOST_PER_S, Beat

from .conftest import Stage

BEAT_PER_S = 30


class VirtualTime(asyncio.SelectorEventLoop):
    """A loop on which waiting takes no time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        really = self._selector.select  # type: ignore[attr-defined]

        def select(timeout: float | None) -> Any:
            self.now += timeout or 0.0
            return really(0)

        self._selector.select = select  # type: ignore[attr-defined]

    def time(self) -> float:
        return self.now


def rounds(play: Callable[[Beat], Awaitable[None]]) -> tuple[list[float], list[float]]:
    """Return when Kivy's own clock went round while pictures played, and its time steps."""
    loop = VirtualTime()
    clock = ClockBase()
    clock.time = loop.time
    clock._max_fps = BEAT_PER_S
    clock._last_tick = loop.now
    at: list[float] = []
    steps: list[float] = []

    async def go_round() -> None:
        while True:
            await clock.async_tick()
            at.append(loop.now)
            steps.append(clock.frametime)

    async def main() -> None:
        going = asyncio.create_task(go_round())
        await play(Beat(clock))
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)

    loop.run_until_complete(main())
    loop.close()
    return at, steps


async def pictures(beat: Beat, gaps_s: list[float], came: list[float]) -> None:
    for gap in gaps_s:
        await asyncio.sleep(gap)
        came.append(asyncio.get_running_loop().time())
        beat.hurry()
    await asyncio.sleep(0.001)


def test_without_pictures_the_beat_is_steady() -> None:
    at, steps = rounds(lambda beat: asyncio.sleep(2))
    assert len(at) == pytest.approx(2 * BEAT_PER_S, abs=1)
    assert steps[5] == pytest.approx(1 / BEAT_PER_S)


def test_each_picture_is_drawn_at_once_and_nothing_between() -> None:
    jitter_s = [0.0, 0.006, -0.006, 0.003, -0.003]
    gaps = [1 / 30 + jitter_s[each % 5] for each in range(60)]
    came: list[float] = []
    at, _ = rounds(lambda beat: pictures(beat, gaps, came))
    after_first = [each for each in at if each >= came[1]]
    assert after_first == pytest.approx(came[1:], abs=1e-6)


def test_a_flood_of_pictures_is_drawn_60_times_a_second() -> None:
    came: list[float] = []
    at, steps = rounds(lambda beat: pictures(beat, [1 / 500] * 1000, came))
    assert len(at) == pytest.approx(2 * MOST_PER_S, abs=2)
    assert min(steps[2:]) >= 1 / MOST_PER_S - 1e-6


def test_the_beat_is_back_when_pictures_end() -> None:
    async def play(beat: Beat) -> None:
        await pictures(beat, [1 / 30] * 10, [])
        await asyncio.sleep(1)

    at, _ = rounds(play)
    last = [each for each in at if each > at[-1] - 0.9]
    assert len(last) == pytest.approx(0.9 * BEAT_PER_S, abs=2)


def test_nothing_is_drawn_while_nothing_changes(stage: Stage) -> None:
    stage.show("k5-visit")
    stage.pass_frames(3)
    before = stage.do(counts=True)
    stage.pass_frames(30)
    after = stage.do(counts=True)
    assert (after["drawn"], after["redrawn"]) == (before["drawn"], before["redrawn"])


def test_a_picture_is_drawn_once(stage: Stage) -> None:
    """With one's own picture before it: both stand on the screen after one drawing."""
    stage.show("k5-visit")
    stage.play_one()
    for _ in range(10):
        stage.pass_frames(3)
        before = stage.do(counts=True)["drawn"]
        stage.play_one()
        stage.pass_frames(3)
        assert stage.do(counts=True)["drawn"] == before + 1
