"""The earpiece gets silence, the sweep once, and silence, and its pace is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.interfaces import Block
from hardware.judging_sound import SWEEP, judge_earpiece
from hardware.sweep_player import SweepPlayer


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@given(size=st.integers(1, 4800), before=st.integers(0, 5), pace=st.floats(0.95, 1.05))
def test_the_sweep_is_played_once_whole(size: int, before: int, pace: float) -> None:
    clock = Clock()
    player = SweepPlayer(clock)

    def pulled(blocks: int) -> Block:
        found = []
        for _ in range(blocks):
            found.append(player.pull(size))
            clock.now += size / 48_000 / pace
        return np.concatenate([*found, np.zeros(0, np.int16)])

    assert not pulled(before).any()
    assert player.played is None
    player.start()
    began_at = clock.now
    whole = pulled(SWEEP.wave.size // size + 3)
    np.testing.assert_array_equal(whole[: SWEEP.wave.size], SWEEP.wave.astype(np.int16))
    assert not whole[SWEEP.wave.size :].any()
    assert player.began_at == began_at
    assert player.played is not None
    rate = player.played.samples / player.played.elapsed_s
    assert rate == pytest.approx(48_000 * pace)
    assert judge_earpiece(player.played).passed


def test_an_earpiece_that_asks_for_a_part_only_has_not_played() -> None:
    player = SweepPlayer(Clock())
    player.start()
    player.pull(SWEEP.wave.size - 1)
    assert player.played is None
