"""Encoders of what the camera sees: H.264 or VP8, in software, in hardware or by the camera."""

from kiosk.media.encoders.choose import choose as choose
from kiosk.media.encoders.hardware import device_paths as device_paths
from kiosk.media.encoders.in_turn import InTurn as InTurn
from kiosk.media.encoders.interface import VideoEncoder as VideoEncoder
