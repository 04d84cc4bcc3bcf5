"""One connection is heard, at its volume, beside one's own voice, and nothing clicks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hardware.interfaces import PLAYED_SAMPLES, Block
from hardware.sound import SILENCE_DBFS
from kiosk.media.ear import Ear


class Steady:
    """A connection whose sound is one value."""

    def __init__(self, value: int) -> None:
        self.value = value
        self.pulled = 0

    def pull(self, samples: int) -> Block:
        self.pulled += samples
        return np.full(samples, self.value, dtype=np.int16)


class Mirror:
    """A voice that keeps what was played."""

    def __init__(self, own: int = 0) -> None:
        self.own = own
        self.blocks: list[Block] = []

    def sidetone(self, samples: int) -> Block:
        return np.full(samples, self.own, dtype=np.int16)

    def played(self, block: Block) -> None:
        self.blocks.append(block.copy())


def settled(ear: Ear) -> int:
    """What is played once fades are over."""
    ear.source(PLAYED_SAMPLES)
    return int(ear.source(PLAYED_SAMPLES)[-1])


def test_silence_until_somebody_is_heard() -> None:
    ear = Ear(Mirror())
    assert not ear.source(PLAYED_SAMPLES).any()
    assert ear.take_dbfs() == SILENCE_DBFS


@pytest.mark.parametrize(("volume", "expected"), [(0, 0), (4, 250), (8, 1000)])
def test_volume_and_level(volume: int, expected: int) -> None:
    ear = Ear(Mirror())
    ear.volume = volume
    ear.listen(1, Steady(1000))
    assert settled(ear) == expected
    ear.take_dbfs()
    ear.source(PLAYED_SAMPLES)
    level = 20 * np.log10(expected / 32768) if expected else SILENCE_DBFS
    assert ear.take_dbfs() == pytest.approx(level, abs=0.1)
    assert ear.take_dbfs() == SILENCE_DBFS


def test_the_newest_connection_is_heard_and_an_older_one_again() -> None:
    ear = Ear(Mirror())
    ear.volume = 8
    old, new = Steady(100), Steady(200)
    ear.listen(2, new)
    ear.listen(1, old)
    assert settled(ear) == 200 and old.pulled == 0
    ear.forget(2)
    assert settled(ear) == 100
    ear.forget(1)
    ear.forget(1)
    assert settled(ear) == 0


def test_nothing_clicks() -> None:
    """Start, switch, volume, stop: no step over a hundredth of the sound."""
    mirror = Mirror()
    ear = Ear(mirror)
    steps: list[Callable[[], None]] = [
        lambda: ear.listen(1, Steady(10_000)),
        lambda: ear.listen(2, Steady(-10_000)),
        lambda: setattr(ear, "volume", 8),
        lambda: setattr(ear, "volume", 0),
        lambda: setattr(ear, "volume", 6),
        lambda: ear.forget(2),
        lambda: ear.forget(1),
    ]
    for step in steps:
        settled(ear)
        step()
    settled(ear)
    played = np.concatenate(mirror.blocks).astype(int)
    assert np.abs(played).max() == 10_000
    assert np.abs(np.diff(played)).max() <= 100


def test_ones_own_voice_is_mixed_in_and_the_sum_is_what_was_played() -> None:
    mirror = Mirror(own=70)
    ear = Ear(mirror)
    ear.volume = 8
    assert settled(ear) == 70
    ear.listen(1, Steady(1000))
    assert settled(ear) == 1070
    assert int(mirror.blocks[-1][-1]) == 1070
    mirror.own = 32_000
    ear.listen(1, Steady(32_000))
    assert 32_000 < settled(ear) <= 32_767, "it bends, it does not wrap around"
