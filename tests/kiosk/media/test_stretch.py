"""Shorter and longer without a click, a change of pitch, or more than was asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware import sound
from hardware.interfaces import SAMPLE_RATE_HZ, Block
from kiosk.media import stretch
from tests.kiosk.media.line import hum

STRETCHED = 960
"""As much as the buffer stretches at once: two periods of any voice above 100 Hz."""


def tone(hz: float, samples: int) -> Block:
    wave: Block = (8000 * np.sin(2 * np.pi * hz / SAMPLE_RATE_HZ * np.arange(samples))).astype(
        np.int16
    )
    return wave


@pytest.mark.parametrize("way", ["shorten", "lengthen"])
@pytest.mark.parametrize("hz", [110.0, 160.0, 235.0, 390.0])
def test_a_steady_pitch_stays_as_it_is(hz: float, way: str) -> None:
    """Cut and repeated again and again, a tone has no step anywhere and the same pitch."""
    parts = []
    for start in range(0, SAMPLE_RATE_HZ, STRETCHED):
        # Each block begins where the one before ended, as when one decoder gives both.
        phase = 2 * np.pi * hz / SAMPLE_RATE_HZ * (start + np.arange(STRETCHED))
        block = (8000 * np.sin(phase)).astype(np.int16)
        parts.append(getattr(stretch, way)(block, 480, 0.9))
    changed = np.concatenate(parts)
    ratio = changed.size / SAMPLE_RATE_HZ
    assert 0.45 < ratio < 0.9 if way == "shorten" else 1.1 < ratio < 1.55
    assert sound.loudest_hz(changed) == pytest.approx(hz, rel=0.01)
    steepest = 8000 * 2 * np.pi * hz / SAMPLE_RATE_HZ
    assert np.abs(np.diff(changed.astype(int))).max() < 2 * steepest + 2


def test_noise_is_left_alone_unless_it_must_not_be() -> None:
    noise = (3000 * np.random.default_rng(1).standard_normal(STRETCHED)).astype(np.int16)
    assert stretch.shorten(noise, 480, 0.85) is noise
    assert stretch.lengthen(noise, 480, 0.85) is noise
    assert stretch.shorten(noise, 480, 0.0).size < noise.size


def test_silence_is_cut_to_the_sample() -> None:
    silence = np.full(STRETCHED, 3, dtype=np.int16)
    for samples in (1, 77, 480, 840):
        assert stretch.shorten(silence, samples, 1.0).size == STRETCHED - samples
    assert stretch.shorten(silence, 5000, 1.0).size == stretch.SEAM
    assert stretch.lengthen(silence, 300, 1.0).size == STRETCHED + 300


@given(
    size=st.integers(1, 5760),
    samples=st.integers(1, 5760),
    likeness=st.floats(0, 1),
    start=st.integers(0, 40_000),
    quiet=st.booleans(),
)
def test_any_block_any_wish(
    size: int, samples: int, likeness: float, start: int, quiet: bool
) -> None:
    block = VOICE[start : start + size] // (300 if quiet else 1)
    shorter = stretch.shorten(block, samples, likeness)
    assert 0 <= block.size - shorter.size <= samples and shorter.size
    longer = stretch.lengthen(block, samples, likeness)
    assert 0 <= longer.size - block.size <= max(samples, stretch.MAX_PERIOD)
    assert shorter.dtype == longer.dtype == np.int16


VOICE = hum(1)
