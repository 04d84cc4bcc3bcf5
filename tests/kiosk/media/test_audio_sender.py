"""The inmate's sound on its way out: only through an open gate, and with FEC."""

from __future__ import annotations

import itertools

import pytest

from hardware.interfaces import BLOCK_SAMPLES, SAMPLE_RATE_HZ
from kiosk.media import opus
from kiosk.media.audio_sender import AudioSender
from kiosk.media.tracks import Gate
from tests.kiosk.media import room
from tests.kiosk.media.line import hum
from tests.kiosk.media.parts import OPUS, Wire, sending


async def test_speech_leaves_with_the_packet_before_in_each() -> None:
    wire, gate = Wire(), Gate()
    gate.set(True)
    sender = AudioSender(wire, gate)
    await sender.send(sending(OPUS))
    for block in room.int16(room.speech(2, 1)).reshape(-1, BLOCK_SAMPLES):
        sender.take(block)
    await sender.stop()
    assert wire.rtp[0].marker
    for before, each in itertools.pairwise(wire.rtp):
        step = (each.timestamp - before.timestamp) & 0xFFFFFFFF
        assert each.marker == (step > BLOCK_SAMPLES), "the first after a silence, no other"
    spoken = [each.payload for each in wire.rtp if len(each.payload) > opus.SILENT_BYTES]
    assert len(spoken) > 150, "a voice that hardly pauses"
    assert sum(map(opus.carries_previous, spoken)) > 0.6 * len(spoken)


async def test_nothing_leaves_while_the_gate_is_shut_and_time_goes_on() -> None:
    wire, gate = Wire(), Gate()
    sender = AudioSender(wire, gate)
    await sender.send(sending(OPUS))
    first, second, third = hum(0.03).reshape(-1, BLOCK_SAMPLES)
    gate.set(True)
    sender.take(first)
    gate.set(False)
    sender.take(second)
    gate.set(True)
    sender.take(third)
    await sender.stop()
    assert len(wire.rtp) == 2
    before, after = wire.rtp
    assert (after.timestamp - before.timestamp) & 0xFFFFFFFF == 2 * BLOCK_SAMPLES
    assert (after.sequence_number - before.sequence_number) & 0xFFFF == 1


async def test_after_the_microphone_was_away_time_has_passed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wire, gate, now_s = Wire(), Gate(), [100.0]
    monkeypatch.setattr("kiosk.media.audio_sender.time.monotonic", lambda: now_s[0])
    gate.set(True)
    sender = AudioSender(wire, gate)
    await sender.send(sending(OPUS))
    first, late, back = hum(0.03).reshape(-1, BLOCK_SAMPLES)
    sender.take(first)
    now_s[0] += 0.2  # a busy machine: the blocks have waited, none is missing
    sender.take(late)
    now_s[0] += 3.0
    sender.take(back)
    monkeypatch.undo()
    await sender.stop()
    steps = [(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in itertools.pairwise(wire.rtp)]
    assert steps == [BLOCK_SAMPLES, BLOCK_SAMPLES + 3 * SAMPLE_RATE_HZ]
