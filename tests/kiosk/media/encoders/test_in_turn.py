"""Two connections encode the same pictures at once: each is as it would be alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import av
import pytest

from config.schema import Network
from hardware.interfaces import EncodedFrame
from kiosk.media.commands import Setup
from kiosk.media.encoders import InTurn, VideoEncoder, avc
from kiosk.media.encoders.h264 import H264Encoder
from kiosk.media.encoders.passthrough import Passthrough
from kiosk.media.encoders.vp8 import Vp8Encoder
from kiosk.media.process import Media
from tests.kiosk.media.encoders.pictures import moving
from tests.kiosk.media.wall import devices

FRAMES = 90


class Times(H264Encoder):
    """Notes what it read as each frame's time."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[int | None] = []

    def encode(self, frame: av.VideoFrame, key: bool) -> list[bytes]:
        self.read.append(frame.pts)
        return super().encode(frame, key)


def is_key(payloads: list[bytes]) -> bool:
    return any(each[0] & 0x1F == 24 for each in payloads)  # the parameter sets, together


@pytest.mark.parametrize("second", [H264Encoder, Vp8Encoder])
def test_frames_stay_as_they_were_and_keys_go_to_who_asked(second: type[VideoEncoder]) -> None:
    turn, first = threading.Lock(), Times()
    one, other = InTurn(first, turn), InTurn(second(), turn)
    for each in (one, other):
        each.warm(640, 480)
    expected = []
    with ThreadPoolExecutor(1) as here, ThreadPoolExecutor(1) as there:
        for number, frame in enumerate(moving(count=FRAMES)):
            was = (frame.pts, frame.time_base)
            expected.append(frame.pts)
            key = number % 10 == 0
            mine = here.submit(one.encode, frame, key)
            theirs = there.submit(other.encode, frame, not key and number % 10 == 5)
            assert is_key(mine.result()) == key
            theirs.result()
            assert (frame.pts, frame.time_base) == was
    assert first.read == expected


def test_it_is_the_encoder_that_it_stands_for() -> None:
    encoder = H264Encoder()
    made: VideoEncoder = InTurn(encoder, threading.Lock())
    made.target_bps = 300_000
    assert (encoder.target_bps, made.target_bps, made.name) == (300_000, 300_000, "libx264")
    made.warm(640, 480)
    assert encoder._codec is not None
    made.close()
    assert encoder._codec is None


class Camera:
    """A camera's encoder that is never asked."""

    def force_key(self) -> None: ...

    def set_bitrate(self, bps: int) -> None: ...


def test_what_the_camera_encoded_passes() -> None:
    unit = H264Encoder().access_unit(next(moving(count=1)), True)
    frame = next(moving(count=1))
    frame.opaque = EncodedFrame(unit, 0, Camera())
    made = InTurn(Passthrough(H264Encoder()), threading.Lock())
    assert made.encode(frame, True) == avc.payloads(unit)
    assert made.name == "camera"


def test_a_failure_gives_the_turn_on() -> None:
    class Fails(H264Encoder):
        def encode(self, frame: av.VideoFrame, key: bool) -> list[bytes]:
            raise ValueError("no picture")

    turn = threading.Lock()
    with pytest.raises(ValueError, match="no picture"):
        InTurn(Fails(), turn).encode(next(moving(count=1)), False)
    assert InTurn(H264Encoder(), turn).encode(next(moving(count=1)), True)


def test_all_encoders_of_a_process_share_one_turn() -> None:
    class Nowhere:
        def tell(self, report: object) -> None: ...

    nowhere: Any = Nowhere()
    setup = Setup(devices=devices(), network=Network())
    media = Media(setup, nowhere, nowhere, nowhere, nowhere)
    one, other = (media._make_encoder(mime) for mime in ("video/H264", "video/VP8"))
    assert isinstance(one, InTurn) and isinstance(other, InTurn)
    assert one._turn is other._turn
