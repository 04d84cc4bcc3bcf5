"""A camera's own H.264 goes through untouched, and never with a hole in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import av
import pytest

from hardware.interfaces import EncodedFrame
from kiosk.media.encoders import avc
from kiosk.media.encoders.h264 import H264Encoder
from kiosk.media.encoders.passthrough import ASK_AGAIN_FRAMES, Passthrough
from tests.kiosk.media.encoders.pictures import decoded, moving, psnr


@dataclass
class Camera:
    """A camera that encodes: x264 stands for its chip."""

    answers: bool = True
    repeats_headers: bool = True
    asked: int = 0
    rates: list[int] = field(default_factory=list)
    begin: int = 0
    chip: H264Encoder = field(default_factory=H264Encoder)
    _force: bool = False

    def force_key(self) -> None:
        self.asked += 1
        self._force = self.answers

    def set_bitrate(self, bps: int) -> None:
        self.rates.append(bps)

    def frames(self, count: int) -> Iterator[av.VideoFrame]:
        for number, picture in enumerate(moving(320, 240, count=count, begin=self.begin)):
            force, self._force = self._force, False
            data = self.chip.access_unit(picture, force)
            if not self.repeats_headers and self.begin + number:
                kept = [unit for unit in avc.units(data) if unit[0] & 31 not in (7, 8)]
                data = b"".join(b"\0\0\0\1" + unit for unit in kept)
            picture.opaque = EncodedFrame(data, self.begin + number, self)
            yield picture
        self.begin += count


class Ours(H264Encoder):
    """Our own encoder, which counts what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[bool] = []

    def encode(self, frame: av.VideoFrame, key: bool) -> list[bytes]:
        self.keys.append(key)
        return super().encode(frame, key)


@pytest.fixture
def ours() -> Ours:
    return Ours()


@pytest.fixture
def encoder(ours: Ours) -> Passthrough:
    return Passthrough(ours)


def check(payloads: list[list[bytes]], shown: list[av.VideoFrame]) -> None:
    """Every frame sent decodes to the picture shown: no hole, no smear."""
    seen = list(decoded(payloads, "h264"))
    assert len(seen) == len(shown)
    assert min(psnr(*pair) for pair in zip(seen, shown, strict=True)) > 26


def unit_of(frame: av.VideoFrame) -> bytes:
    made = frame.opaque
    assert isinstance(made, EncodedFrame)
    return made.data


def test_the_cameras_stream_passes_untouched(encoder: Passthrough, ours: Ours) -> None:
    shown = list(Camera().frames(30))
    payloads = [encoder.encode(frame, False) for frame in shown]
    assert payloads == [avc.payloads(unit_of(frame)) for frame in shown]
    assert ours.keys == []
    assert encoder.name == "camera"
    check(payloads, shown)


def test_a_stream_joined_in_its_middle_begins_with_our_key_frame(
    encoder: Passthrough, ours: Ours
) -> None:
    camera = Camera()
    list(camera.frames(7))  # while the gate was closed
    shown = list(camera.frames(1))
    payloads = [encoder.encode(shown[0], True)]
    assert camera.asked == 1
    shown += camera.frames(9)
    payloads += [encoder.encode(frame, False) for frame in shown[1:]]
    assert len(ours.keys) == 1, "the camera's own key frame was the next one"
    assert encoder.name == "camera"
    check(payloads, shown)


def test_a_lost_access_unit_is_never_passed_over(encoder: Passthrough, ours: Ours) -> None:
    camera = Camera()
    shown, payloads = [], []
    for number, frame in enumerate(camera.frames(30)):
        if number in (10, 11, 20):
            continue  # newest wins: nobody had time for it
        shown.append(frame)
        payloads.append(encoder.encode(frame, False))
    assert ours.keys == [True, True], "one frame of ours for each hole, then the camera's again"
    assert camera.asked == 2
    check(payloads, shown)


def test_a_camera_that_cannot_be_asked_is_not_waited_for(encoder: Passthrough, ours: Ours) -> None:
    camera = Camera(answers=False)
    shown, payloads = [], []
    for number, frame in enumerate(camera.frames(50 + 2 * ASK_AGAIN_FRAMES)):
        if number == 10:
            continue
        shown.append(frame)
        payloads.append(encoder.encode(frame, False))
    assert ours.keys[0] is True
    assert not any(ours.keys[1:])
    assert encoder.name == "libx264"
    assert 3 <= camera.asked <= 4, "once a second"
    check(payloads, shown)


def test_a_key_frame_asked_for_comes_at_once(encoder: Passthrough, ours: Ours) -> None:
    camera = Camera()
    shown, payloads = [], []
    for number, frame in enumerate(camera.frames(20)):
        shown.append(frame)
        payloads.append(encoder.encode(frame, number == 8))
    assert ours.keys == [True]
    assert camera.asked == 1
    check(payloads[8:], shown[8:])


def test_headers_that_come_only_once_are_repeated(encoder: Passthrough) -> None:
    camera = Camera(repeats_headers=False)
    shown, payloads = [], []
    for number, frame in enumerate(camera.frames(20)):
        shown.append(frame)
        payloads.append(encoder.encode(frame, number == 8))
    check(payloads[9:], shown[9:])
    assert payloads[9][0][0] & 31 == 24, "both sets before the camera's key frame"


def test_headers_that_nobody_saw_make_the_camera_no_use(encoder: Passthrough, ours: Ours) -> None:
    camera = Camera(repeats_headers=False)
    list(camera.frames(3))
    shown = list(camera.frames(10))
    payloads = [encoder.encode(frame, number == 0) for number, frame in enumerate(shown)]
    assert len(ours.keys) == 10
    check(payloads, shown)


def test_a_camera_opened_again_is_another_stream(encoder: Passthrough) -> None:
    shown = [*Camera().frames(5), *list(Camera().frames(9))[4:]]
    # The count of the second happens to go on where the first's ended.
    payloads = [encoder.encode(frame, False) for frame in shown]
    check(payloads, shown)


def test_the_rate_is_driven_at_the_camera(encoder: Passthrough, ours: Ours) -> None:
    camera = Camera()
    for number, frame in enumerate(camera.frames(12)):
        encoder.target_bps = (0, 600_000, 640_000, 300_000)[number // 3]
        encoder.encode(frame, number == 11)
    assert camera.rates == [600_000, 300_000]
    assert ours.target_bps == 300_000, "and for what we encode meanwhile"


def test_a_camera_that_does_not_encode_is_encoded_here(encoder: Passthrough, ours: Ours) -> None:
    encoder.warm(320, 240)
    shown = [*Camera().frames(3), *moving(320, 240, count=4, begin=3)]
    payloads = [encoder.encode(frame, False) for frame in shown]
    assert ours.keys == [True, False, False, False]
    check(payloads, shown)
    encoder.close()
