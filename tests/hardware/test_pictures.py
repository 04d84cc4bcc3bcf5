"""From a camera's bytes to pictures: whole, of limited range, or not at all."""

from __future__ import annotations

import contextlib

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, VideoReformatter

from hardware.pictures import Damaged, JpegDecoder, RawCopier, fitted, is_introduction
from hardware.v4l2 import Picture
from tests.hardware.fake_camera import access_units, jpeg, ramp

WIDTH, HEIGHT = 320, 240


def span(frame: av.VideoFrame) -> tuple[int, int]:
    """Return the darkest and the brightest luma."""
    plane = frame.planes[0]
    luma = np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, plane.line_size)
    return int(luma[:, : frame.width].min()), int(luma[:, : frame.width].max())


def raw(pixel_format: str, line: int, *, full: bool = False) -> RawCopier:
    return RawCopier(Picture(pixel_format, WIDTH, HEIGHT, line, 0, full))


def copied(copier: RawCopier, data: bytes) -> av.VideoFrame:
    frame = copier.decode(memoryview(data), 0)
    assert frame is not None
    return frame


@pytest.mark.parametrize("pix_fmt", ["yuvj420p", "yuvj422p"])
def test_motion_jpeg_keeps_its_blacks_and_whites(pix_fmt: str) -> None:
    data = jpeg(ramp(WIDTH, HEIGHT, pix_fmt))
    frame = JpegDecoder().decode(memoryview(data), 0)
    assert frame is not None
    assert (frame.format.name, frame.color_range) == ("yuv420p", ColorRange.MPEG)
    assert span(frame) == pytest.approx((16, 235), abs=1)


def test_a_jpeg_that_is_damaged_is_not_shown_and_the_next_is() -> None:
    whole = jpeg(ramp(WIDTH, HEIGHT, "yuvj422p"))
    decoder = JpegDecoder()
    half = len(whole) // 2
    damaged = [
        whole[:half],
        whole[:half] + b"\xff\xd9",
        whole[:40],
        b"no JPEG",
        b"\xff\xd8\xff\xd9",
    ]
    for data in damaged:
        with pytest.raises(Damaged):
            decoder.decode(memoryview(data), 0)
        assert decoder.decode(memoryview(whole), 0) is not None


def test_a_jpeg_may_be_padded_or_lack_its_end() -> None:
    """As some cameras send them."""
    whole = jpeg(ramp(WIDTH, HEIGHT, "yuvj422p"))
    for data in (whole + bytes(1000), whole[:-2]):
        assert JpegDecoder().decode(memoryview(data), 0) is not None


def test_full_range_in_the_usual_format_is_fitted_too() -> None:
    """As FFmpeg decodes a camera's H.264 whose header says full range."""
    frame = fitted(ramp(WIDTH, HEIGHT, "yuv420p"), VideoReformatter())
    assert frame.color_range == ColorRange.MPEG
    assert span(frame) == pytest.approx((16, 235), abs=1)


@pytest.mark.parametrize("said", [ColorRange.UNSPECIFIED, ColorRange.MPEG])
def test_what_fits_is_not_copied(said: ColorRange) -> None:
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    frame.color_range = said
    assert fitted(frame, VideoReformatter()) is frame


def test_a_raw_camera_s_luma_is_left_as_it_is_unless_it_says_full_range() -> None:
    data = b"\xf5\x80" * (WIDTH * HEIGHT)
    assert span(copied(raw("YUYV", 0), data)) == (245, 245)
    bright = span(copied(raw("YUYV", 0, full=True), data))
    assert bright == pytest.approx((227, 227), abs=1)


def test_range_and_size_may_change_from_picture_to_picture() -> None:
    """What is kept from one to the next makes no difference."""
    reformatter = VideoReformatter()
    for width, pix_fmt in ((320, "yuv420p"), (64, "yuvj422p"), (320, "yuvj420p"), (320, "yuyv422")):
        frame = ramp(width, HEIGHT, pix_fmt) if pix_fmt != "yuyv422" else limited_grey(width)
        once = fitted(frame, VideoReformatter())
        again = fitted(frame, reformatter)
        assert (again.width, again.color_range) == (width, ColorRange.MPEG)
        assert (once.to_ndarray() == again.to_ndarray()).all()


def limited_grey(width: int) -> av.VideoFrame:
    frame = av.VideoFrame(width, HEIGHT, "yuyv422")
    frame.planes[0].update(b"\xc8\x80" * (frame.planes[0].buffer_size // 2))
    frame.color_range = ColorRange.MPEG
    return frame


@pytest.mark.parametrize("padding", [0, 32])
@pytest.mark.parametrize(
    ("pixel_format", "line", "rows"),
    [
        ("YUYV", WIDTH * 2, [(WIDTH * 2, HEIGHT)]),
        ("UYVY", WIDTH * 2, [(WIDTH * 2, HEIGHT)]),
        ("NV12", WIDTH, [(WIDTH, HEIGHT), (WIDTH, HEIGHT // 2)]),
        ("YU12", WIDTH, [(WIDTH, HEIGHT), *[(WIDTH // 2, HEIGHT // 2)] * 2]),
    ],
)
def test_lines_may_be_padded(
    pixel_format: str, line: int, rows: list[tuple[int, int]], padding: int
) -> None:
    """The padding is white, the picture another in each row."""
    data = b""
    for used, count in rows:
        padded = used * padding // line
        for row in range(count):
            level = 50 + row % 100 if used >= WIDTH and len(data) < line * HEIGHT * 2 else 128
            data += bytes([level]) * used + b"\xff" * padded
    frame = copied(raw(pixel_format, line + padding), data)
    assert (frame.format.name, frame.color_range) == ("yuv420p", ColorRange.MPEG)
    assert span(frame) == (50, 149)
    luma = np.frombuffer(bytes(frame.planes[0]), np.uint8).reshape(HEIGHT, -1)
    assert luma[7, 0] == luma[7, WIDTH - 1] == 57


def test_colours_of_red_green_blue() -> None:
    frame = copied(raw("BGR3", 0), b"\xff\x00\x00" * (WIDTH * HEIGHT))
    assert bytes(frame.planes[1])[0] > 200, "blue"
    assert span(frame) == pytest.approx((41, 41), abs=2)


def test_a_raw_picture_that_is_too_short_is_damaged() -> None:
    with pytest.raises(Damaged):
        raw("YUYV", 0).decode(memoryview(bytes(WIDTH * HEIGHT * 2 - 1)), 0)


def test_the_driver_has_its_buffer_back() -> None:
    """What was lent is nobody's any more, also when decoding fails."""
    whole = jpeg(ramp(WIDTH, HEIGHT, "yuvj422p"))
    for decoder, data in (
        (JpegDecoder(), whole),
        (JpegDecoder(), whole[:500]),
        (raw("YUYV", 0), bytes(WIDTH * HEIGHT * 2)),
        (raw("YUYV", 0), b"short"),
    ):
        lent = memoryview(bytearray(data))
        with contextlib.suppress(Damaged):
            decoder.decode(lent, 0)
        lent.release()  # raises while anybody looks into it


def parameters_of(unit: bytes) -> bytes:
    return unit[: unit.index(b"\0\0\1\x65")]


def test_only_what_is_no_picture_waits_for_one() -> None:
    first, second = access_units(WIDTH, HEIGHT, 2)
    assert is_introduction(parameters_of(first))
    assert not is_introduction(b"") and not is_introduction(b"no H.264")
    assert not is_introduction(first) and not is_introduction(second)
    assert not is_introduction(parameters_of(first) * 2000), "nor does it without end"
