"""VP8 in payloads that fit, at the rate asked for."""

from __future__ import annotations

import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor

from kiosk.media.encoders.vp8 import PICTURE_IDS, Vp8Encoder, payloads
from tests.kiosk.media.encoders.pictures import decoded, kilobits, moving, psnr


def is_key(payload: bytes) -> bool:
    """RFC 7741, section 4.3: the lowest bit of the payload header is 0 in a key frame."""
    return not VpxPayloadDescriptor.parse(payload)[1][0] & 1


def test_the_picture_arrives() -> None:
    encoder = Vp8Encoder()
    encoder.warm(640, 480)
    shown = list(moving(count=20))
    made = [encoder.encode(frame, False) for frame in shown]
    seen = list(decoded(made, "libvpx"))
    assert len(seen) == len(shown)
    assert min(psnr(*pair) for pair in zip(seen, shown, strict=True)) > 28
    assert max(len(payload) for each in made for payload in each) <= 1_200


def test_descriptors_say_where_a_frame_begins_and_which_it_is() -> None:
    data = bytes(range(256)) * 20
    parsed = [VpxPayloadDescriptor.parse(each) for each in payloads(data, 300)]
    assert [said.partition_start for said, _ in parsed] == [1, 0, 0, 0, 0]
    assert {(said.partition_id, said.picture_id) for said, _ in parsed} == {(0, 300)}
    assert b"".join(rest for _, rest in parsed) == data
    assert max(len(rest) for _, rest in parsed) - min(len(rest) for _, rest in parsed) <= 1


@pytest.mark.parametrize("size", [1, 1_195, 1_196, 1_197, 2_392, 2_393])
def test_payloads_of_every_size_fit(size: int) -> None:
    made = payloads(b"x" * size, 0)
    assert max(map(len, made)) <= 1_200
    assert len(made) == -(-size // 1_196)
    assert sum(len(VpxPayloadDescriptor.parse(each)[1]) for each in made) == size


def test_nothing_encoded_is_nothing_sent() -> None:
    assert payloads(b"", 0) == []


def test_picture_ids_go_round() -> None:
    encoder = Vp8Encoder()
    encoder._picture_id = PICTURE_IDS - 2
    made = [encoder.encode(frame, False) for frame in moving(160, 128, count=4)]
    ids = [VpxPayloadDescriptor.parse(each[0])[0].picture_id for each in made]
    assert ids == [PICTURE_IDS - 2, PICTURE_IDS - 1, 0, 1]


def test_key_frames_come_when_asked_for_and_when_the_rate_leaves_its_band() -> None:
    encoder = Vp8Encoder()
    encoder.target_bps = 600_000
    keys = []
    for number, frame in enumerate(moving(count=40)):
        if number == 20:
            encoder.target_bps = 700_000  # inside the band
        if number == 30:
            encoder.target_bps = 300_000
        if is_key(encoder.encode(frame, number == 10)[0]):
            keys.append(number)
    assert keys == [0, 10, 30]


@pytest.mark.parametrize("fps", [15, 30])
def test_the_rate_is_the_one_asked_for(fps: int) -> None:
    encoder = Vp8Encoder()
    encoder.target_bps = 500_000
    made = [encoder.encode(frame, False) for frame in moving(count=4 * fps, fps=fps)]
    assert kilobits(made[-2 * fps :]) / 2 == pytest.approx(500, rel=0.2)
