"""What the hardware bench makes of chirps and times."""

from __future__ import annotations

import numpy as np
import pytest

from hardware import chirp
from hardware.interfaces import SAMPLE_RATE_HZ, Block
from tests.bench.hardware import delays
from tests.bench.hardware.__main__ import MEASURES

BEGAN = 1_000_000.25
BLOCK = 480
LENGTH_S = 4.0


def blocks(began: float) -> list[tuple[float, Block]]:
    """Return 10 ms blocks of what is said, each with when its first sample is."""
    count = round(LENGTH_S * SAMPLE_RATE_HZ / BLOCK)
    times = [began + number * BLOCK / SAMPLE_RATE_HZ for number in range(count)]
    return [(at, chirp.said(at, BLOCK)) for at in times]


def test_the_microphones_delay_is_that_of_a_blocks_first_sample() -> None:
    delivered = [(at + 0.013, block) for at, block in blocks(BEGAN)]
    found = delays.to_track_ms(delivered)
    assert found == pytest.approx([13.0] * 3, abs=0.3)


def test_the_earpieces_delay_is_from_its_asking() -> None:
    given = blocks(BEGAN)
    asked = [at for at, _ in given]
    sounded = [(at + 0.0257, block) for at, block in given]
    found = delays.to_ear_ms(asked, BEGAN, BLOCK, sounded)
    assert found == pytest.approx([25.7] * 3, abs=0.3)


def test_recordings_in_other_blocks_measure_the_same() -> None:
    given = blocks(BEGAN)
    whole = np.concatenate([block for _, block in given])
    sounded = [
        (BEGAN + 0.02 + first / SAMPLE_RATE_HZ, whole[first : first + 240])
        for first in range(0, whole.size, 240)
    ]
    found = delays.to_ear_ms([at for at, _ in given], BEGAN, BLOCK, sounded)
    assert found == pytest.approx([20.0] * 3, abs=0.3)


def test_silence_measures_nothing() -> None:
    silent = [(at, np.zeros(BLOCK, np.int16)) for at, _ in blocks(BEGAN)]
    assert delays.to_track_ms(silent) == []
    assert delays.to_track_ms([]) == []


def test_there_is_something_to_measure() -> None:
    assert "sound" in MEASURES
