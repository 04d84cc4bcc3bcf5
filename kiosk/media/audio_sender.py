"""The microphone on its way to the family: each block is encoded and sent where it arrives."""

from __future__ import annotations

import time
from typing import Final

from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from hardware.interfaces import SAMPLE_RATE_HZ, Block
from kiosk.media import opus
from kiosk.media.sending import Sender
from kiosk.media.tracks import Gate
from kiosk.media.transport import Transport

BITRATE_BPS: Final = 32_000
"""With FEC, which takes its share of it."""

ABSENT_S: Final = 0.5
"""No block for this long: the microphone was away, and RTP time has to catch up with the camera's
(both streams' reports go by one clock)."""


class AudioSender(Sender):
    """Encodes 10 ms in the call that brings them: no queue, no thread, nothing to fall behind.

    Encoding takes 0.2 ms at most, less than handing the block to a thread and waiting for it.
    """

    def __init__(self, transport: Transport, gate: Gate) -> None:
        super().__init__("audio", transport, gate, SAMPLE_RATE_HZ)
        self._encoder: opus.Encoder | None = None
        self._samples = 0
        self._taken_at: float | None = None
        self._paused = True
        """What is sent next is the first after a silence: marked (RFC 3551, section 4.1)."""

    def started(self, codec: RTCRtpCodecParameters) -> None:
        """Open the encoder."""
        self._encoder = opus.Encoder(BITRATE_BPS)

    def take(self, block: Block) -> None:
        """Send 10 ms; never waits. Time passes for the family too while the gate is shut."""
        now = time.monotonic()
        silent_s = now - (self._taken_at or now)
        self._taken_at = now
        if silent_s > ABSENT_S:
            self._samples += int(silent_s * SAMPLE_RATE_HZ)
        timestamp = self._samples
        self._samples += block.size
        paused, self._paused = self._paused, True
        if self._encoder is None or not self.is_started or not self._gate.is_open:
            return
        payload = self._encoder.encode(block)
        if payload:
            self._paused = False
            for packet in self.prepare([payload], timestamp, now, marked=paused):
                self.emit(packet)
