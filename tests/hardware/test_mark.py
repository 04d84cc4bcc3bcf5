"""The frame number is read back after every codec, size and scaling that a visit goes through."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hardware import mark
from hardware.scene import Scene

SIZES = [(640, 480), (1280, 720)]
NUMBERS = [0, 1, 255, 256, 12_345, 0xAAAA, 0x5555, 65_535]


def scene_frame(width: int, height: int, number: int) -> av.VideoFrame:
    frame = Scene(width, height).draw(number, 1.0)
    frame.pts, frame.time_base = 0, Fraction(1, 30)
    return frame


def image_of(frame: av.VideoFrame) -> Image.Image:
    return Image.fromarray(frame.to_ndarray(format="rgb24"))


def luma(frame: av.VideoFrame) -> np.ndarray:
    return frame.to_ndarray()[: frame.height]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("number", NUMBERS)
def test_read_where_it_was_drawn(size: tuple[int, int], number: int) -> None:
    assert mark.read(luma(scene_frame(*size, number))) == number


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("codec", ["libvpx", "libx264"])
def test_survives_a_codec_at_a_low_rate(size: tuple[int, int], codec: str) -> None:
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt, encoder.time_base, encoder.bit_rate = "yuv420p", Fraction(1, 30), 300_000
    encoder.options = {
        "libvpx": {"deadline": "realtime", "cpu-used": "-12", "lag-in-frames": "0"},
        "libx264": {"preset": "ultrafast", "tune": "zerolatency"},
    }[codec]
    decoder = av.CodecContext.create("vp8" if codec == "libvpx" else "h264", "r")
    scene, numbers = Scene(*size), [n * 991 % mark.NUMBERS for n in range(20)]
    read = []
    for place, number in enumerate(numbers):
        frame = scene.draw(number, place / 30)
        frame.pts, frame.time_base = place, Fraction(1, 30)
        for packet in encoder.encode(frame):
            read += [mark.read(luma(each)) for each in decoder.decode(packet)]
    for packet in encoder.encode(None):
        read += [mark.read(luma(each)) for each in decoder.decode(packet)]
    read += [mark.read(luma(each)) for each in decoder.decode(None)]
    assert read == numbers


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("factor", [0.5, 0.61, 0.75, 1.25, 1.5, 1.73, 2.0])
def test_survives_scaling_and_colour_conversion(size: tuple[int, int], factor: float) -> None:
    image = image_of(scene_frame(*size, 54_321))
    scaled = image.resize(
        (round(size[0] * factor), round(size[1] * factor)), Image.Resampling.BILINEAR
    )
    assert mark.read_rgb(np.asarray(scaled)) == 54_321


def test_is_found_anywhere_in_a_screenshot_the_largest_first() -> None:
    screen = Image.new("RGB", (1280, 800), (245, 244, 240))
    screen.paste(image_of(scene_frame(640, 480, 111)).resize((960, 720)), (37, 41))
    screen.paste(image_of(scene_frame(640, 480, 222)).resize((240, 180)), (1021, 597))
    found = mark.find(mark.luma_of(np.asarray(screen)))
    assert [each.number for each in found] == [111, 222]
    assert found[0].block_px == pytest.approx(24, abs=0.5)


def test_survives_a_crop_to_a_wide_screen() -> None:
    image = image_of(scene_frame(640, 480, 7)).crop((0, 60, 640, 420))
    assert mark.read_rgb(np.asarray(image)) == 7


def test_no_mark_is_none() -> None:
    room = luma(Scene(640, 480).draw(1, 0.0)).copy()
    room[: 480 // 2] = 120
    assert mark.read(room) is None
    noise = np.random.default_rng(1).integers(0, 256, (480, 640), dtype=np.uint8)
    assert mark.read(noise) is None


def test_a_damaged_mark_is_none() -> None:
    plane = luma(scene_frame(640, 480, 12_345)).copy()
    # One data block, turned over: the checksum must notice.
    y, x = (mark.TOP_BLOCKS + 2) * 16, (mark.LEFT_BLOCKS + 3) * 16
    block = plane[y : y + 16, x : x + 16]
    block[:] = 251 - block
    assert mark.read(plane) is None


@given(st.integers(min_value=0, max_value=mark.NUMBERS - 1))
def test_every_number(number: int) -> None:
    plane = np.full((240, 320), 128, dtype=np.uint8)
    mark.draw(plane, number)
    assert mark.read(plane) == number
