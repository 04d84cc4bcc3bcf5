"""The voice that leaves the terminal, in a simulated room. The long form is bench_echo."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from config.schema import Devices
from hardware.interfaces import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Block
from kiosk.media.limiter import mixed
from kiosk.media.voice import Kind, Voice
from tests.kiosk.media import room
from tests.kiosk.media.room import PLAYED_SAMPLES, level_db, seconds

LENGTH_S = 14.0
DELAY_SAMPLES = 720
"""What the library's filters hold back, all of them on."""
KINDS: tuple[Kind, ...] = ("handset", "speakerphone")
SILENCE: Block = np.zeros(PLAYED_SAMPLES, dtype=np.int16)


def noise() -> room.Signal:
    return room.noise(round(LENGTH_S * SAMPLE_RATE_HZ), -70, 5)


def cleaned(kind: Kind, far: room.Signal, heard: room.Signal) -> room.Signal:
    clock = room.Clock()
    return room.through(Voice(kind, clock=clock), clock, far, heard)


def test_a_speakerphone_at_full_volume_sends_next_to_no_echo() -> None:
    far = room.speech(LENGTH_S, 1)
    heard = room.echo(far, room.response(45, 120, 3)) + noise()
    out = cleaned("speakerphone", far, heard)
    less = level_db(seconds(heard, 8, LENGTH_S)) - level_db(seconds(out, 8, LENGTH_S))
    assert less > 30  # 38 measured; the gain that lifts the voice is in it


def test_an_echo_does_not_swallow_the_voice() -> None:
    far, near = room.speech(LENGTH_S, 1), room.speech(LENGTH_S, 2, 200.0)
    heard = near + room.echo(far, room.response(45, 120, 3)) + noise()
    out = cleaned("speakerphone", far, heard)
    said, left = seconds(near, 8, LENGTH_S), seconds(out, 8, LENGTH_S)
    assert room.likeness(said, left, DELAY_SAMPLES) > 0.6
    assert level_db(left) > level_db(said) - 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_voice_without_echo_passes_and_no_later_than_by_fifteen_ms(kind: Kind) -> None:
    near = room.speech(LENGTH_S, 2, 200.0)
    out = cleaned(kind, np.zeros(near.size), near + noise())
    said, left = seconds(near, 6, LENGTH_S), seconds(out, 6, LENGTH_S)
    assert room.likeness(said, left, DELAY_SAMPLES) > 0.9
    others = [room.likeness(said, left, delay) for delay in (0, 480, 960)]
    assert max(others) < room.likeness(said, left, DELAY_SAMPLES)


def test_a_handset_that_leaks_sends_no_echo_though_its_gain_lifts_the_voice() -> None:
    far, near = room.speech(LENGTH_S, 1), room.speech(LENGTH_S, 2, 200.0)
    near[: near.size * 4 // 7] = 0  # the family speaks alone for 8 s
    echo = room.echo(far, room.response(20, 10, 3), -25.0)
    out = cleaned("handset", far, near + echo + noise())
    assert level_db(seconds(out, 5, 8)) < level_db(seconds(echo, 5, 8))
    assert level_db(seconds(out, 10, LENGTH_S)) > level_db(seconds(near, 10, LENGTH_S))


@pytest.mark.parametrize("kind", KINDS)
def test_loud_and_soft_speech_come_closer_and_nothing_clips(kind: Kind) -> None:
    speech = room.speech(LENGTH_S, 9)
    silence = np.zeros(speech.size)
    loud, soft = (cleaned(kind, silence, speech * gain + noise()) for gain in (1.0, 0.15))
    # 16.5 dB apart at the mouth.
    apart = level_db(seconds(loud, 10, LENGTH_S)) - level_db(seconds(soft, 10, LENGTH_S))
    assert apart < 11
    for out in (loud, cleaned(kind, silence, np.clip(speech * 6, -0.9, 0.9))):
        assert np.max(np.abs(out)) < 0.999


def test_the_own_voice_is_in_the_ear_but_not_in_the_reference() -> None:
    voice = Voice("handset", -20.0)
    voice.heard(np.full(BLOCK_SAMPLES, 5000, dtype=np.int16))
    family = np.full(PLAYED_SAMPLES, 300, dtype=np.int16)
    for _ in range(4):
        voice.heard(np.full(BLOCK_SAMPLES, 5000, dtype=np.int16))
        own = voice.sidetone(PLAYED_SAMPLES)
        voice.played(mixed(family, own))
    assert own[-1] == 500
    assert set(np.unique(voice.reference.take(BLOCK_SAMPLES)).tolist()) <= {0, 300}


def test_the_configuration_says_what_it_is() -> None:
    voices = [Voice.of(Devices(sound=kind, sidetone_db=-6)) for kind in KINDS]
    for voice in voices:
        voice.heard(np.full(BLOCK_SAMPLES, 5000, dtype=np.int16))
    assert [voice.sidetone(PLAYED_SAMPLES)[-1] for voice in voices] == [2505, 0]


def test_there_is_no_sidetone_for_a_speakerphone_or_a_handset_that_hangs() -> None:
    speakerphone, handset = Voice("speakerphone", -20.0), Voice("handset", -20.0)
    handset.handset_up = False
    for voice in (speakerphone, handset):
        voice.heard(np.full(BLOCK_SAMPLES, 5000, dtype=np.int16))
        assert not voice.sidetone(PLAYED_SAMPLES).any()


def test_the_sound_cards_thread_and_the_loop_do_not_disturb_each_other() -> None:
    voice = Voice("handset", -20.0)
    failures: list[BaseException] = []
    stop = threading.Event()

    def card() -> None:
        try:
            while not stop.is_set():
                voice.played(mixed(SILENCE, voice.sidetone(PLAYED_SAMPLES)))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=card, name="card")
    thread.start()
    try:
        for number in range(300):
            block = np.full(BLOCK_SAMPLES, number, dtype=np.int16)
            assert voice.heard(block).shape == (BLOCK_SAMPLES,)
    finally:
        stop.set()
        thread.join()
    assert failures == []
