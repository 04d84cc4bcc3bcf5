"""Which encoder a connection gets."""

from __future__ import annotations

from config.schema import Devices
from kiosk.media.encoders.h264 import H264Encoder
from kiosk.media.encoders.interface import VideoEncoder
from kiosk.media.encoders.vp8 import Vp8Encoder


def choose(mime: str, devices: Devices) -> VideoEncoder:
    """Return the encoder for "video/H264" or "video/VP8". Raises ValueError for another."""
    match mime.lower():
        case "video/h264":
            return H264Encoder()
        case "video/vp8":
            return Vp8Encoder()
        case _:
            raise ValueError(f"no encoder for {mime}")
