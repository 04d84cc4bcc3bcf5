"""A sweep is found where it begins, as loud as it is, among echoes and noise."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hardware.interfaces import SAMPLE_RATE_HZ
from hardware.sweep import Sweep

SWEEP = Sweep(300.0, 3000.0, 0.2, 8_000)


@given(at_ms=st.integers(0, 700), echo_ms=st.integers(15, 90), gain=st.floats(0.05, 1.0))
def test_the_loudest_is_the_sweep_itself(at_ms: int, echo_ms: int, gain: float) -> None:
    recording = np.zeros(SAMPLE_RATE_HZ + SWEEP.wave.size)
    for begin_ms, part in ((at_ms, gain), (at_ms + echo_ms, 0.3 * gain)):
        begin = begin_ms * SAMPLE_RATE_HZ // 1000
        end = min(recording.size, begin + SWEEP.wave.size)
        recording[begin:end] += part * SWEEP.wave[: end - begin]
    hit = SWEEP.find(recording.astype(np.int16), 0.5)
    assert hit is not None
    assert abs(hit.begin_s * 1000 - at_ms) < 0.3
    level = 20 * np.log10(gain * np.std(SWEEP.wave) / 32_768)
    assert abs(hit.level_dbfs - level) < 0.5


def test_a_recording_that_is_too_short_or_empty_has_none() -> None:
    assert SWEEP.find(np.zeros(100, np.int16), 0.1) is None
    assert SWEEP.find(np.zeros(SAMPLE_RATE_HZ, np.int16), 0.1) is None
