"""Which encoder a connection gets."""

from __future__ import annotations

from config.schema import Devices
from kiosk.media.encoders.h264 import H264Encoder
from kiosk.media.encoders.hardware import KINDS, HardwareEncoder
from kiosk.media.encoders.interface import VideoEncoder
from kiosk.media.encoders.passthrough import Passthrough
from kiosk.media.encoders.vp8 import Vp8Encoder


def choose(mime: str, devices: Devices) -> VideoEncoder:
    """Return the encoder for "video/H264" or "video/VP8". Raises ValueError for another."""
    match mime.lower():
        case "video/h264":
            encoder = _h264(devices.encoder)
            return Passthrough(encoder) if devices.camera_format == "h264" else encoder
        case "video/vp8":
            return Vp8Encoder()  # of the decoded picture, whatever the camera encodes
        case _:
            raise ValueError(f"no encoder for {mime}")


def _h264(name: str) -> VideoEncoder:
    match name:
        case "software":
            return H264Encoder()
        case "auto":
            return HardwareEncoder(KINDS, named=False)
        case _:
            return HardwareEncoder(tuple(k for k in KINDS if k.name == name), named=True)
