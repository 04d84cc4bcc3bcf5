"""Opus both ways: what is lost comes back, silence costs nothing, strangers break nothing."""

from __future__ import annotations

import random

import numpy as np
import pytest

from hardware import sound
from hardware.interfaces import BLOCK_SAMPLES, Block
from kiosk.media import opus
from tests.kiosk.media import room
from tests.kiosk.media.line import hum

SILENCE: Block = np.zeros(BLOCK_SAMPLES, dtype=np.int16)


def encoded(wave: Block, encoder: opus.Encoder, samples: int = 960) -> list[bytes]:
    starts = range(0, wave.size, samples)
    return [encoder.encode(wave[start : start + samples]) for start in starts]


@pytest.mark.parametrize("samples", opus.FRAMES)
def test_speech_goes_through_at_its_rate_and_level(samples: int) -> None:
    wave = hum(2)
    payloads = encoded(wave, opus.Encoder(dtx=False), samples)
    kbps = sum(map(len, payloads)) * 8 / 2000
    assert 24 < kbps < 36
    decoder = opus.Decoder()
    heard = np.concatenate([decoder.decode(each) for each in payloads])
    assert heard.size == wave.size
    assert sound.rms_dbfs(heard) == pytest.approx(sound.rms_dbfs(wave), abs=1.5)
    assert {opus.samples_in(each) for each in payloads} == {samples}


def test_the_rate_changes_while_it_runs() -> None:
    encoder = opus.Encoder(dtx=False)
    wave = hum(2)
    before = sum(map(len, encoded(wave, encoder)))
    encoder.retune(bitrate_bps=16_000, loss_pct=0)
    assert sum(map(len, encoded(wave, encoder))) < 0.7 * before


@pytest.mark.parametrize("samples", opus.FRAMES)
def test_a_lost_frame_comes_back_from_the_next_and_better_than_made_up(samples: int) -> None:
    said = room.int16(room.speech(4, 1))
    payloads = encoded(said, opus.Encoder(dtx=False), samples)
    whole = opus.Decoder()
    original = [whole.decode(each) for each in payloads]
    lost = [at - 1 for at, each in enumerate(payloads) if at > 10 and opus.carries_previous(each)]
    assert len(lost) > 20
    errors: dict[str, list[float]] = {"conceal": [], "recover": []}
    for at in lost:
        for way, found in errors.items():
            decoder = opus.Decoder()
            for payload in payloads[at - 5 : at]:
                decoder.decode(payload)
            made = (
                decoder.conceal(samples)
                if way == "conceal"
                else decoder.recover(payloads[at + 1], samples)
            )
            found.append(float(np.mean(np.square(made - original[at].astype(np.float64)))))
    assert np.mean(errors["recover"]) < 0.7 * np.mean(errors["conceal"])


def test_without_fec_no_packet_says_it_has_some() -> None:
    payloads = encoded(hum(1), opus.Encoder(fec=False))
    assert not any(map(opus.carries_previous, payloads))


def test_silence_is_sent_once_and_then_hardly_ever() -> None:
    encoder = opus.Encoder()
    encoded(hum(1), encoder)
    sizes = [len(encoder.encode(SILENCE)) for _ in range(100)]
    assert sizes.count(0) > 70
    first = sizes.index(0)
    assert 0 < sizes[first - 1] <= opus.SILENT_BYTES, "the one that says that silence begins"
    speaking = [len(each) for each in encoded(hum(0.2), encoder)]
    assert min(speaking) > opus.SILENT_BYTES, "speech is back at once"


def test_stereo_becomes_mono() -> None:
    """A packet of silence, coded stereo (RFC 6716, section 3.1: bit 2 of the first byte)."""
    silent_stereo = bytes([0xFC, 0xFF, 0xFE])
    assert opus.Decoder().decode(silent_stereo).shape == (960,)


def test_concealment_dies_away() -> None:
    decoder = opus.Decoder()
    for payload in encoded(hum(0.5), opus.Encoder()):
        last = decoder.decode(payload)
    made = [decoder.conceal(480) for _ in range(100)]
    assert sound.rms_dbfs(made[0]) > sound.rms_dbfs(last) - 6
    assert sound.rms_dbfs(made[-1]) < sound.rms_dbfs(last) - 30


@pytest.mark.parametrize("samples", [0, 100, 5880, -120])
def test_only_what_a_packet_may_hold_is_made_up(samples: int) -> None:
    with pytest.raises(ValueError, match=r"2\.5 ms"):
        opus.Decoder().conceal(samples)


@pytest.mark.parametrize("shape", [(240,), (481,), (1920,), (480, 1)])
def test_only_blocks_are_encoded(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="960"):
        opus.Encoder().encode(np.zeros(shape, dtype=np.int16))


@pytest.mark.parametrize(
    "payload", [b"", b"\xff", b"\xff\xff", b"\x03\x00", b"\x03\x31" + b"x" * 9]
)
def test_what_is_no_packet_is_refused(payload: bytes) -> None:
    decoder = opus.Decoder()
    with pytest.raises(opus.BadOpus):
        opus.samples_in(payload)
        decoder.decode(payload)
    if not payload:
        with pytest.raises(opus.BadOpus):
            decoder.decode(payload)
        with pytest.raises(opus.BadOpus):
            decoder.recover(payload, BLOCK_SAMPLES)


def test_ten_thousand_payloads_of_a_stranger() -> None:
    chance = random.Random(6716)
    real = encoded(hum(1), opus.Encoder())
    decoder = opus.Decoder()
    refused = 0
    for number in range(10_000):
        if number % 3:
            payload = chance.randbytes(chance.choice([1, 2, 3, 40, 120, 1275, 4000]))
        else:
            broken = bytearray(chance.choice(real))
            broken[chance.randrange(len(broken))] = chance.randrange(256)
            payload = bytes(broken)
        opus.carries_previous(payload)
        try:
            block = decoder.decode(payload)
            decoder.recover(payload, BLOCK_SAMPLES)
        except opus.BadOpus:
            refused += 1
        else:
            assert 0 < block.size == opus.samples_in(payload) <= opus.MAX_SAMPLES
    assert 1000 < refused < 9000, "both kinds were among them"
    for payload in real:
        block = decoder.decode(payload)
    assert sound.rms_dbfs(block) == pytest.approx(sound.rms_dbfs(hum(1)), abs=6), (
        "and it still works"
    )
