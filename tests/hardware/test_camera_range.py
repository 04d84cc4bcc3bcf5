"""Whatever range a camera's pictures have, what is encoded of them is limited, and says so."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange

from hardware.camera import V4l2Camera, fitted
from hardware.interfaces import VideoMode

MODE = VideoMode(320, 240, 30)


def black_to_white(pix_fmt: str) -> av.VideoFrame:
    """Return a full-range picture, black at its left and white at its right."""
    frame = av.VideoFrame(MODE.width, MODE.height, pix_fmt)
    luma = frame.planes[0]
    row = np.linspace(0, 255, luma.line_size).astype(np.uint8)
    luma.update(np.tile(row, (MODE.height, 1)).tobytes())
    for plane in frame.planes[1:]:
        plane.update(b"\x80" * plane.buffer_size)
    frame.color_range = ColorRange.JPEG
    frame.time_base = Fraction(1, MODE.fps)
    return frame


def jpeg(pix_fmt: str) -> bytes:
    codec = av.CodecContext.create("mjpeg", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = MODE.width, MODE.height, pix_fmt
    codec.time_base = Fraction(1, MODE.fps)
    pictures = [*codec.encode(black_to_white(pix_fmt)), *codec.encode(None)]
    return b"".join(bytes(each) for each in pictures)


def span(frame: av.VideoFrame) -> tuple[int, int]:
    """Return the darkest and the brightest luma."""
    plane = frame.planes[0]
    luma = np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, plane.line_size)
    return int(luma[:, : frame.width].min()), int(luma[:, : frame.width].max())


@pytest.mark.parametrize("pix_fmt", ["yuvj420p", "yuvj422p"])
async def test_a_motion_jpeg_camera_keeps_its_blacks_and_whites(
    pix_fmt: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("camera") / "camera.mjpeg"
    path.write_bytes(jpeg(pix_fmt) * 3)

    def opener(_: str, options: dict[str, str]) -> InputContainer:
        return av.open(str(path), format="mjpeg", options={"framerate": options["framerate"]})

    camera = V4l2Camera("/dev/video0", MODE, opener)
    await camera.open()
    frame = await camera.frame()
    await camera.close()
    assert (frame.format.name, frame.color_range) == ("yuv420p", ColorRange.MPEG)
    assert span(frame) == pytest.approx((16, 235), abs=1)


def test_full_range_in_the_usual_format_is_fitted_too() -> None:
    """As FFmpeg decodes a camera's H.264 whose header says full range."""
    frame = fitted(black_to_white("yuv420p"))
    assert frame.color_range == ColorRange.MPEG
    assert span(frame) == pytest.approx((16, 235), abs=1)


@pytest.mark.parametrize("said", [ColorRange.UNSPECIFIED, ColorRange.MPEG])
def test_what_fits_is_not_copied(said: ColorRange) -> None:
    frame = av.VideoFrame(MODE.width, MODE.height, "yuv420p")
    frame.color_range = said
    assert fitted(frame) is frame


@pytest.mark.parametrize("said", [ColorRange.UNSPECIFIED, ColorRange.MPEG])
def test_a_raw_camera_s_luma_is_left_as_it_is(said: ColorRange) -> None:
    frame = av.VideoFrame(MODE.width, MODE.height, "yuyv422")
    packed = frame.planes[0]
    packed.update(b"\xf5\x80" * (packed.buffer_size // 2))
    frame.color_range = said
    assert span(fitted(frame)) == (245, 245)
