"""A camera's frame as a PNG file's bytes. Pure."""

from __future__ import annotations

from fractions import Fraction

import av


def png(frame: av.VideoFrame) -> bytes:
    """Return the frame (any format) as a PNG of 8 bits a colour."""
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "rgb24"
    encoder.time_base = Fraction(1, 1)
    rgb = frame.reformat(format="rgb24")
    rgb.pts, rgb.time_base = 0, encoder.time_base
    return b"".join(bytes(packet) for packet in [*encoder.encode(rgb), *encoder.encode(None)])
