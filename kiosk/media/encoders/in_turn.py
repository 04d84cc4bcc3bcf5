"""Connections that encode the same pictures, one after the other.

While a second connection comes up beside the first, both get each frame, in threads of their own.
Encoding writes into the frame (its time, its kind) what the codec is to read, and FFmpeg lets other
threads run meanwhile: without turns the one would read, and put back, what the other wrote.
"""

from __future__ import annotations

import threading

import av

from kiosk.media.encoders.interface import VideoEncoder


class InTurn:
    """An encoder that has a frame to itself; all that may get the same frames share one `turn`."""

    def __init__(self, encoder: VideoEncoder, turn: threading.Lock) -> None:
        self._encoder = encoder
        self._turn = turn

    @property
    def target_bps(self) -> int:
        """Bits of video per second asked for."""
        return self._encoder.target_bps

    @target_bps.setter
    def target_bps(self, bps: int) -> None:
        self._encoder.target_bps = bps

    @property
    def name(self) -> str:
        """What does the encoding now."""
        return self._encoder.name

    def warm(self, width: int, height: int) -> None:
        """Open the codec now; out of turn, since a driver may take seconds and no frame is used."""
        self._encoder.warm(width, height)

    def encode(self, frame: av.VideoFrame, key: bool) -> list[bytes]:
        """Wait for the turn, some milliseconds, and return the frame's RTP payloads."""
        with self._turn:
            return self._encoder.encode(frame, key)

    def close(self) -> None:
        """Let the codec go."""
        self._encoder.close()
