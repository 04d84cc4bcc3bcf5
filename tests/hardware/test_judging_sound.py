"""A microphone in any room passes; one that is dead, torn or humming is told for what it is."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware import chirp
from hardware.interfaces import SAMPLE_RATE_HZ, Block
from hardware.judging_sound import (
    SURE,
    SWEEP,
    Played,
    hum_db,
    judge_earpiece,
    judge_loop,
    judge_microphone,
)

Wave = npt.NDArray[np.float64]


def noise(dbfs: float, seconds: float = 1.0, seed: int = 0) -> Wave:
    """White noise of a level."""
    random = np.random.default_rng(seed)
    return random.normal(0, 32_768 * 10 ** (dbfs / 20), int(seconds * SAMPLE_RATE_HZ))


def tone(hz: float, dbfs: float, seconds: float = 1.0) -> Wave:
    """A steady tone of a level."""
    time_s = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    wave: Wave = 32_768 * math.sqrt(2) * 10 ** (dbfs / 20) * np.sin(2 * math.pi * hz * time_s)
    return wave


def samples(wave: Wave) -> Block:
    """The wave as a microphone gives it."""
    block: Block = np.clip(np.round(wave), -32_768, 32_767).astype(np.int16)
    return block


def voice(pitch_hz: float, dbfs: float) -> Wave:
    """A sung vowel: all multiples of a trembling pitch, strongest about 500 and 1500 Hz."""
    time_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    phase = (
        2 * math.pi * pitch_hz * (time_s + 0.02 / (2 * math.pi * 5) * np.sin(10 * math.pi * time_s))
    )
    total = np.zeros(SAMPLE_RATE_HZ)
    for number in range(1, int(4000 / pitch_hz)):
        hz = number * pitch_hz
        strength = 1 / (1 + ((hz - 500) / 150) ** 2) + 0.5 / (1 + ((hz - 1500) / 200) ** 2)
        total += strength * np.sin(number * phase)
    wave: Wave = total * 32_768 * 10 ** (dbfs / 20) / np.std(total)
    return wave


def test_a_quiet_room_passes_and_its_level_is_told() -> None:
    found = judge_microphone(samples(noise(-52)))
    assert (found.passed, found.detail, found.code) == (True, "hears -52 dBFS", "")


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        (np.zeros(SAMPLE_RATE_HZ), "nothing but zeros"),
        (np.full(SAMPLE_RATE_HZ, 500.0), "less than any room"),  # an offset and nothing else
        (noise(-92), "less than any room"),  # an input with nothing in its socket
    ],
)
def test_silence_is_told(given_: Wave, words: str) -> None:
    found = judge_microphone(samples(given_))
    assert (found.passed, found.code) == (False, "MIC-02")
    assert words in found.detail
    assert "Unmute" in found.fix


def test_clipping_is_told_and_a_knock_is_none() -> None:
    found = judge_microphone(samples(tone(440, 3) + noise(-50)))
    assert found.code == "MIC-04"
    assert found.detail.startswith("clipping")
    knock = noise(-50)
    knock[1000:1030] = 40_000
    assert judge_microphone(samples(knock)).passed


@pytest.mark.parametrize("mains_hz", [50, 60])
def test_hum_is_told_with_its_frequency(mains_hz: int) -> None:
    earth = sum((tone(mains_hz * k, -34 - 4 * k) for k in (1, 2, 3, 5, 7)), noise(-62))
    found = judge_microphone(samples(earth))
    assert (found.passed, found.code) == (False, "MIC-04")
    assert found.detail.startswith(f"humming at {mains_hz} Hz")
    assert found.usable


def test_no_sound_is_frozen() -> None:
    assert judge_microphone(np.zeros(0, np.int16)).code == "MIC-03"


@given(level=st.floats(-72, -14), seed=st.integers(0, 1000))
def test_no_rooms_noise_is_called_a_fault(level: float, seed: int) -> None:
    assert judge_microphone(samples(noise(level, seed=seed))).passed


@given(pitch=st.floats(80, 300), level=st.floats(-50, -15))
def test_no_voice_is_called_hum(pitch: float, level: float) -> None:
    assert judge_microphone(samples(voice(pitch, level) + noise(-60))).passed


@pytest.mark.parametrize("hz", [200, 250, 300, 440, 700, 1000])
def test_a_test_tone_is_no_hum(hz: float) -> None:
    assert judge_microphone(samples(tone(hz, -15))).passed


@given(
    mains_hz=st.sampled_from([50.0, 60.0]),
    drift=st.floats(-0.2, 0.2),
    over=st.floats(12, 40),
    strongest=st.integers(1, 3),
)
def test_all_hum_that_is_well_above_the_rest_is_told(
    mains_hz: float, drift: float, over: float, strongest: int
) -> None:
    base = mains_hz + drift
    parts = [tone(base * k, -42 - (0 if k == strongest else 6)) for k in (1, 2, 3)]
    level = 10 * math.log10(10**-4.2 + 2 * 10**-4.8)
    found = judge_microphone(samples(sum(parts, noise(level - over))))
    assert found.detail.startswith(f"humming at {mains_hz:.0f} Hz"), found


def test_the_level_of_hum_is_the_tones() -> None:
    level, over = hum_db(samples(tone(50, -30) + noise(-60)), 50.0)
    assert level == pytest.approx(-30, abs=0.2)
    assert over == pytest.approx(30, abs=2)


def test_an_earpiece_is_judged_by_its_pace() -> None:
    assert judge_earpiece(Played(48_000, 1.0)).passed
    assert judge_earpiece(Played(48_000, 1.1)).passed
    assert judge_earpiece(Played(48_000, 0.5)).code == "EAR-04"
    assert judge_earpiece(Played(48_000, 2.0)).code == "EAR-04"
    assert judge_earpiece(None).code == "EAR-03"


def heard(room: Wave, at_s: float, gain_db: float) -> Block:
    """A room in which the sweep arrives at a time."""
    at, wave = int(at_s * SAMPLE_RATE_HZ), room.copy()
    wave[at : at + SWEEP.wave.size] += SWEEP.wave * 10 ** (gain_db / 20)
    return samples(wave)


def test_the_sweep_hurts_nobody() -> None:
    assert np.max(np.abs(SWEEP.wave)) <= 32_768 / 10
    assert SWEEP.wave.size == 0.3 * SAMPLE_RATE_HZ


@given(delay_ms=st.integers(0, 600), gain_db=st.floats(-35, 0), seed=st.integers(0, 99))
def test_the_sweep_is_found_with_its_delay_and_level(
    delay_ms: int, gain_db: float, seed: int
) -> None:
    recording = heard(noise(-58, 2.0, seed), 1.0 + delay_ms / 1000, gain_db)
    found = judge_loop(recording, 1.0)
    assert found.passed
    assert found.proved
    words = found.detail.split()
    assert abs(int(words[-3]) - delay_ms) <= 1, found
    level = 20 * math.log10(float(np.std(SWEEP.wave)) / 32_768) + gain_db
    assert abs(int(words[words.index("dBFS,") - 1]) - level) <= 1, found


@pytest.mark.parametrize(
    "room",
    [
        *[noise(-30, 2.0, seed) for seed in range(20)],
        *[tone(hz, -12, 2.0) for hz in (300, 440, 1000, 2999)],
        *[np.tile(voice(pitch, -15), 2) for pitch in (90, 130, 220)],
        np.tile(chirp.said(0.0, SAMPLE_RATE_HZ).astype(np.float64), 2),
        np.zeros(2 * SAMPLE_RATE_HZ),
    ],
)
def test_nothing_else_is_taken_for_the_sweep(room: Wave) -> None:
    assert SWEEP.find(samples(room), SURE) is None
    found = judge_loop(samples(room), 0.0)
    assert (found.passed, found.proved, found.code) == (True, False, "")
    assert "press the earpiece to the mouthpiece" in found.fix
