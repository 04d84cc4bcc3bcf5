"""What every video encoder is."""

from __future__ import annotations

from typing import Protocol

import av


class VideoEncoder(Protocol):
    """Turns pictures into RTP payloads. Use it from one thread at a time.

    `target_bps` alone may be set from any thread; it takes effect at the next frame, within what
    suits the picture's size. `encode` leaves the frame's time and data as they were, but writes to
    the frame meanwhile: encoders that share frames go `InTurn`.
    """

    target_bps: int
    """Bits of video per second asked for."""

    @property
    def name(self) -> str:
        """What does the encoding now, as FFmpeg calls it."""

    def warm(self, width: int, height: int) -> None:
        """Open the codec now: the first picture after the press does not wait for it."""

    def encode(self, frame: av.VideoFrame, key: bool) -> list[bytes]:
        """Return the frame's RTP payloads, 1,200 bytes at most each; a key frame when `key`."""

    def close(self) -> None:
        """Let the codec go."""
