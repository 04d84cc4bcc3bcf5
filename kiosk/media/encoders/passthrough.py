"""The camera's own H.264, sent as it is; our encoder fills in where that cannot begin or go on.

A picture that is not a key frame can be decoded only after all since the last one. So once an
access unit is missing (newest wins, here and in the camera), or somebody needs a key frame, the
camera is asked for one, and until it comes its decoded pictures are encoded here, beginning with
a key frame: nobody waits for the camera, and a camera that cannot be asked costs only our time.
"""

from __future__ import annotations

from typing import Final

import av

from hardware.interfaces import CameraEncoder, EncodedFrame, encoded_by_camera
from kiosk.media.encoders import avc, rate
from kiosk.media.encoders.interface import VideoEncoder

ASK_AGAIN_FRAMES: Final = 30
"""A second without the key frame asked for: a camera may have been busy with the last."""


class Passthrough:
    """Sends what the camera encoded where it can, what `encoder` makes where it cannot."""

    def __init__(self, encoder: VideoEncoder) -> None:
        self.target_bps = 0
        self._encoder = encoder
        self._camera: CameraEncoder | None = None
        self._number = -1
        self._passing = False
        self._headers: list[bytes] = []
        self._camera_bps = 0
        self._unanswered = 0
        """Frames since the camera was last asked for a key frame."""

    @property
    def name(self) -> str:
        """What makes the stream now."""
        return "camera" if self._passing else self._encoder.name

    def warm(self, width: int, height: int) -> None:
        """Open our own encoder: it may be needed at any frame."""
        self._encoder.warm(width, height)

    def encode(self, frame: av.VideoFrame, key: bool) -> list[bytes]:
        """Return the payloads of the camera's access unit, or of what we made of its picture."""
        made = encoded_by_camera(frame)
        if made is None:
            return self._here(frame, key)
        follows = made.encoder is self._camera and made.number == self._number + 1
        self._meet(made)
        begins = avc.is_key(made.data)
        if begins:
            self._headers = avc.parameter_sets(made.data) or self._headers
            if self._headers:  # without any, nobody could decode it
                self._passing = True
                return avc.payloads(self._with_headers(made.data))
        if self._passing and follows and not key:
            return avc.payloads(made.data)
        self._ask(made.encoder)
        return self._here(frame, key)

    def close(self) -> None:
        """Let our own encoder go."""
        self._encoder.close()

    def _here(self, frame: av.VideoFrame, key: bool) -> list[bytes]:
        """Encode the picture; from a key frame on when the camera's stream came before."""
        began, self._passing = self._passing, False
        self._encoder.target_bps = self.target_bps
        return self._encoder.encode(frame, key or began)

    def _meet(self, made: EncodedFrame) -> None:
        """Keep up with which camera this is, its count, and the rate it runs at."""
        if made.encoder is not self._camera:
            self._camera, self._camera_bps, self._headers = made.encoder, 0, []
            self._unanswered = ASK_AGAIN_FRAMES
        self._number = made.number
        wanted = self.target_bps
        if wanted and not (self._camera_bps and rate.in_band(wanted, self._camera_bps)):
            made.encoder.set_bitrate(wanted)
            self._camera_bps = wanted

    def _ask(self, camera: CameraEncoder) -> None:
        """Ask for a key frame: when one is first needed, and each second that none comes."""
        self._unanswered += 1
        if self._passing or self._unanswered > ASK_AGAIN_FRAMES:
            camera.force_key()
            self._unanswered = 0

    def _with_headers(self, data: bytes) -> bytes:
        """Return a key frame that brings its parameter sets: some cameras send them once."""
        if avc.parameter_sets(data):
            return data
        return b"".join(b"\0\0\0\1" + unit for unit in self._headers) + data
