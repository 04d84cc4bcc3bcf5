"""H.264 as browsers want it, at the rate asked for, without a key frame that nobody asked for."""

from __future__ import annotations

import pytest

from kiosk.media.encoders import avc
from kiosk.media.encoders.h264 import H264Encoder, level
from tests.kiosk.media.encoders.pictures import decoded, kilobits, moving, psnr

KEY = {7, 8, 5}
"""Unit types of a key frame: sequence and picture parameter sets, and the picture (IDR)."""


def kinds(access_unit: bytes) -> set[int]:
    return {unit[0] & 31 for unit in avc.units(access_unit)} - {6}


def keys(units: list[bytes]) -> list[int]:
    return [number for number, unit in enumerate(units) if avc.is_key(unit)]


def test_the_picture_arrives() -> None:
    encoder = H264Encoder()
    encoder.warm(640, 480)
    encoder.target_bps = 1_000_000
    shown = list(moving(count=20))
    payloads = [encoder.encode(frame, False) for frame in shown]
    seen = list(decoded(payloads, "h264"))
    assert len(seen) == len(shown), "no frame waits for the next"
    assert min(psnr(*pair) for pair in zip(seen, shown, strict=True)) > 28
    assert max(len(payload) for each in payloads for payload in each) <= 1_200


def test_each_key_frame_brings_its_headers_and_comes_only_when_asked_for() -> None:
    encoder = H264Encoder()
    units = [
        encoder.access_unit(frame, number in (20, 21))
        for number, frame in enumerate(moving(count=40))
    ]
    assert keys(units) == [0, 20, 21]
    assert [kinds(units[number]) for number in (0, 20, 21)] == [KEY] * 3
    assert {len(list(avc.units(unit))) for unit in units[1:20]} == {1}, "one slice"


def test_a_new_scene_is_no_key_frame() -> None:
    encoder = H264Encoder()
    scenes = [*moving(count=5), *moving(count=5, begin=500)]
    assert keys([encoder.access_unit(frame, False) for frame in scenes]) == [0]


def test_any_decoder_for_constrained_baseline_takes_it() -> None:
    sps = avc.parameter_sets(H264Encoder().access_unit(next(moving()), True))[0]
    assert sps[1] == 66, "baseline"
    assert sps[2] & 0b1100_0000 == 0b1100_0000, "constrained"
    assert sps[3] == 31


@pytest.mark.parametrize(
    ("size", "expected"),
    [((640, 480, 30), 31), ((1280, 720, 30), 31), ((1280, 720, 60), 32), ((1920, 1080, 30), 40)],
)
def test_the_level_is_the_lowest_that_fits(size: tuple[int, int, float], expected: int) -> None:
    assert level(*size) == expected


def test_what_is_beyond_every_level_is_said() -> None:
    with pytest.raises(ValueError, match="3840x2160"):
        level(3840, 2160)


def test_1080p_says_level_4() -> None:
    encoder = H264Encoder()
    sps = avc.parameter_sets(encoder.access_unit(next(moving(1920, 1080)), True))[0]
    assert sps[3] == 40


def test_the_rate_follows_while_it_runs_and_costs_no_key_frame() -> None:
    encoder = H264Encoder()
    units: list[bytes] = []
    second = []
    for number, frame in enumerate(moving(count=360)):
        encoder.target_bps = (900_000, 300_000, 900_000)[number // 120]
        units.append(encoder.access_unit(frame, False))
        if number % 30 == 29:
            second.append(kilobits([units[-30:]]))
    assert keys(units) == [0]
    assert second[3] == pytest.approx(900, rel=0.15)
    assert second[4] < 450, "most of a second's bits at the old rate would be 900"
    assert second[5:8] == pytest.approx([300] * 3, rel=0.15)
    assert second[8] > 600
    assert second[9:] == pytest.approx([900] * 3, rel=0.15)


def test_a_dark_room_has_fewer_frames_but_no_fewer_bits() -> None:
    encoder = H264Encoder()
    encoder.target_bps = 500_000
    payloads = [encoder.encode(frame, False) for frame in moving(count=75, fps=15)]
    assert kilobits(payloads[-45:]) / 3 == pytest.approx(500, rel=0.15)


def test_the_rate_has_its_bounds() -> None:
    encoder = H264Encoder()
    encoder.target_bps = 50_000_000
    payloads = [encoder.encode(frame, False) for frame in moving(count=90)]
    assert kilobits(payloads[-30:]) < 1_300


def test_no_frame_is_much_larger_than_the_buffer() -> None:
    encoder = H264Encoder()
    encoder.target_bps = 600_000
    sizes = [
        len(encoder.access_unit(frame, number % 40 == 0))
        for number, frame in enumerate(moving(count=90))
    ]
    assert max(sizes) * 8 < 300_000, "half a second at this rate"


def test_a_new_size_begins_anew() -> None:
    encoder = H264Encoder()
    units = [encoder.access_unit(frame, False) for frame in moving(count=3)]
    units += [encoder.access_unit(frame, False) for frame in moving(320, 240, count=3)]
    assert keys(units) == [0, 3]


def test_the_frame_keeps_its_time_for_who_comes_next() -> None:
    frame = next(moving(begin=7))
    before = (frame.pts, frame.time_base)
    H264Encoder().encode(frame, True)
    assert (frame.pts, frame.time_base) == before


def test_a_camera_that_counts_from_nothing_again_disturbs_nothing() -> None:
    encoder = H264Encoder()
    shown = [*moving(count=5, begin=50), *moving(count=5), next(moving(begin=900))]
    shown[-1].pts = None  # one that has no time at all
    assert len(list(decoded([encoder.encode(f, False) for f in shown], "h264"))) == 11
