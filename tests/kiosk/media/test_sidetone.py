"""One's own voice in the ear: level, delay, no clicks, bounded."""

from __future__ import annotations

import numpy as np
import pytest

from hardware import sound
from hardware.interfaces import Block
from kiosk.media.sidetone import MAX_WAITING, NONE_DB, Sidetone

ASKED = 480
GIVEN = 960
"""Twice what a microphone gives: two blocks that came together."""
LOUDEST_STEP = 140
"""A 217 Hz sine of 12,000 at -20 dB moves 34 a sample; a click would be hundreds."""


def sine(blocks: int) -> Block:
    at = np.arange(blocks * GIVEN)
    result: Block = (12_000 * np.sin(2 * np.pi * 217 * at / 48_000 + 1.0)).astype(np.int16)
    return result


def steps(samples: Block) -> int:
    return int(np.max(np.abs(np.diff(samples.astype(np.int32)))))


def test_it_is_twenty_decibels_softer() -> None:
    sidetone, voice = Sidetone(-20.0), sine(50)
    heard = []
    for start in range(0, voice.size, GIVEN):
        sidetone.put(voice[start : start + GIVEN])
        heard += [sidetone.take(ASKED), sidetone.take(ASKED)]
    told = np.concatenate(heard)
    assert sound.rms_dbfs(told[ASKED:]) - sound.rms_dbfs(voice) == pytest.approx(-20, abs=0.1)
    # After the first 10 ms, which fade in, what is spoken is what is heard, in order and at once.
    assert np.max(np.abs(told[ASKED:] - voice[ASKED:] * 0.1)) <= 1
    assert (sidetone.skipped, sidetone.dried) == (0, 0)


def test_a_microphone_that_stops_fades_and_comes_back_without_a_click() -> None:
    sidetone, voice = Sidetone(-20.0), sine(4)
    heard = []
    for start in (0, GIVEN):
        sidetone.put(voice[start : start + GIVEN])
        heard += [sidetone.take(400) for _ in range(3)]  # 240 are missing, then 480
    told = np.concatenate(heard)
    assert sidetone.dried == 2
    assert steps(told) < LOUDEST_STEP
    assert not told[-240:].any()


def test_what_came_in_a_burst_is_skipped_with_a_blend() -> None:
    sidetone, voice = Sidetone(-20.0), sine(8)
    heard = []
    for start in range(0, 2 * GIVEN, GIVEN):
        sidetone.put(voice[start : start + GIVEN])
        heard += [sidetone.take(ASKED), sidetone.take(ASKED)]
    for start in range(2 * GIVEN, 7 * GIVEN, GIVEN):
        sidetone.put(voice[start : start + GIVEN])
    heard += [sidetone.take(ASKED), sidetone.take(ASKED)]
    told = np.concatenate(heard)
    assert sidetone.skipped == 5 * GIVEN - GIVEN
    assert steps(told[ASKED:]) < LOUDEST_STEP
    newest = voice[7 * GIVEN - ASKED : 7 * GIVEN]
    assert np.max(np.abs(told[-ASKED:] - newest * 0.1)) <= 1, "20 ms behind, not 100"


def test_nobody_who_takes_does_not_fill_it() -> None:
    sidetone = Sidetone(-20.0)
    for _ in range(1000):
        sidetone.put(np.ones(GIVEN, dtype=np.int16))
    taken = 0
    while sidetone.dried == 0:
        sidetone.take(ASKED)
        taken += ASKED
    assert taken <= 2 * MAX_WAITING


def test_none_is_silent() -> None:
    sidetone = Sidetone(NONE_DB)
    sidetone.put(sine(1))
    assert not sidetone.take(ASKED).any()
    assert sidetone.dried == 0
