"""A frame's PNG is the frame."""

from __future__ import annotations

import io

import av
import numpy as np

from hardware.png import png


def test_the_pixels_come_back() -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    data = png(av.VideoFrame.from_ndarray(pixels, format="rgb24"))
    assert data.startswith(b"\x89PNG")
    with av.open(io.BytesIO(data), "r") as container:
        back = next(container.decode(video=0)).to_ndarray(format="rgb24")
    np.testing.assert_array_equal(back, pixels)


def test_odd_sizes_and_a_cameras_format_will_do() -> None:
    assert png(av.VideoFrame(34, 18, "yuv420p")).startswith(b"\x89PNG")
