"""A chirp is found where it is, through noise and beside its echo, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from hardware import chirp
from hardware.interfaces import SAMPLE_RATE_HZ, Block

WALL_S = 1_700_000_000.4


def recorded(delay_s: float) -> Block:
    """1.3 s of what was said, heard that much later."""
    return chirp.said(WALL_S - delay_s, int(1.3 * SAMPLE_RATE_HZ))


@pytest.mark.parametrize("delay_ms", [0.0, 12.5, 43.0, 250.0, 999.0])
def test_the_delay_is_found(delay_ms: float) -> None:
    at = chirp.heard_at(recorded(delay_ms / 1000), WALL_S)
    assert at is not None
    found = chirp.after_ms(at)
    assert min(abs(found - delay_ms), abs(found - 1000 - delay_ms)) < 0.3


def test_it_is_found_in_noise_and_before_its_echo() -> None:
    noise = 500 * np.random.default_rng(3).standard_normal(recorded(0).size)
    heard = 0.3 * recorded(0.05) + 0.1 * recorded(0.09) + noise
    at = chirp.heard_at(heard.astype(np.int16), WALL_S)
    assert at is not None
    assert chirp.after_ms(at) == pytest.approx(50, abs=0.5)


def test_what_is_no_chirp_is_not_taken_for_one() -> None:
    time_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    tone = (8000 * np.sin(2 * np.pi * 700 * time_s)).astype(np.int16)
    noise = (3000 * np.random.default_rng(1).standard_normal(tone.size)).astype(np.int16)
    for sound in (tone, noise, np.zeros_like(tone), tone[:100]):
        assert chirp.heard_at(sound, WALL_S) is None


def test_blocks_one_by_one_say_the_same_as_all_at_once() -> None:
    blocks = [chirp.said(WALL_S + at * 0.02, 960) for at in range(60)]
    assert np.array_equal(np.concatenate(blocks), chirp.said(WALL_S, 60 * 960))
