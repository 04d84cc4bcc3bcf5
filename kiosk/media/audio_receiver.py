"""The family's sound, from its packets to the buffer that the earpiece plays from."""

from __future__ import annotations

from typing import Final

from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RtpPacket

from kiosk.media.receiving import Receiver
from kiosk.media.sound_buffer import SoundBuffer
from kiosk.media.transport import Transport

MAX_PAYLOAD: Final = 1275 * 2
"""Bytes of one Opus packet: RFC 6716, section 3.4, with room for two frames."""


class AudioReceiver(Receiver):
    """Hands each packet to its `SoundBuffer`; whoever plays pulls from there, by its own clock."""

    def __init__(self, transport: Transport, own_ssrc: int) -> None:
        super().__init__("audio", transport, own_ssrc)
        self.buffer = SoundBuffer()
        self._dropped_before = 0

    @property
    def dropped(self) -> int:
        """Packets that a buffer dropped since the connection stands."""
        return self._dropped_before + self.buffer.dropped

    def understands(self, codec: RTCRtpCodecParameters) -> bool:
        """Opus alone is offered."""
        return codec.name.lower() == "opus"

    def opened(self) -> None:
        """Forget everything from before."""
        self._dropped_before = self.dropped
        self.buffer = SoundBuffer()

    def accept(self, packet: RtpPacket, now: float) -> None:
        """Take a packet; its place and its loss are the buffer's business."""
        if 0 < len(packet.payload) <= MAX_PAYLOAD:
            self.buffer.put(packet.sequence_number, packet.timestamp, packet.payload, now)
