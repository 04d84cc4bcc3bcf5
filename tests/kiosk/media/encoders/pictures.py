"""Moving pictures to encode, and what comes out of the payloads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache
from typing import Literal

import av
import numpy as np
from aiortc.codecs.h264 import h264_depayload
from aiortc.codecs.vpx import vp8_depayload
from av.video.codeccontext import VideoCodecContext

CAMERA_CLOCK = Fraction(1, 1_000_000)
"""V4L2 stamps its frames in microseconds."""


@cache
def _canvas(width: int, height: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return blobs of every size, larger than the picture that moves over them."""
    random = np.random.default_rng(7)
    made = np.full((height + 64, width + 64), 128, np.float64)
    for side in (8, 32, 128):
        rough = random.normal(0, 14, (height // side + 12, width // side + 12))
        made += np.kron(rough, np.ones((side, side)))[: height + 64, : width + 64]
    for axis in (0, 1):
        made = np.mean([np.roll(made, shift, axis) for shift in range(4)], axis=0)
    return made


def moving(
    width: int = 640, height: int = 480, *, count: int = 30, fps: int = 30, begin: int = 0
) -> Iterator[av.VideoFrame]:
    """Yield pictures that drift and rustle: every frame needs bits."""
    random = np.random.default_rng(begin)
    canvas = _canvas(width, height)
    for number in range(begin, begin + count):
        down, right = int(30 + 28 * np.sin(number / 9)), int(30 + 28 * np.cos(number / 11))
        picture = np.full((height * 3 // 2, width), 128, np.uint8)
        luma = canvas[down : down + height, right : right + width]
        picture[:height] = np.clip(luma + random.normal(0, 2, luma.shape), 0, 255)
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts, frame.time_base = number * 1_000_000 // fps, CAMERA_CLOCK
        yield frame


def decoded(
    payloads: Iterable[list[bytes]], kind: Literal["h264", "libvpx"]
) -> Iterator[av.VideoFrame]:
    """Yield what a browser would make of each frame's payloads. Raises av.FFmpegError."""
    decoder = av.CodecContext.create(kind, "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1
    unpack = h264_depayload if kind == "h264" else vp8_depayload
    for each in payloads:
        yield from decoder.decode(av.Packet(b"".join(unpack(payload) for payload in each)))


def kilobits(payloads: Iterable[list[bytes]]) -> float:
    """Return the size of some frames' payloads."""
    return sum(len(payload) for each in payloads for payload in each) * 8 / 1000


def psnr(seen: av.VideoFrame, shown: av.VideoFrame) -> float:
    """Return how well a luma plane was kept, in dB."""
    ours = seen.to_ndarray(format="gray").astype(float)
    error = np.mean((ours - shown.to_ndarray(format="gray").astype(float)) ** 2)
    return float(10 * np.log10(255**2 / error))
