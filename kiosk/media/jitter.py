"""Putting RTP packets back in order without waiting longer than needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtp import RtpPacket
from aiortc.utils import uint16_add

VIDEO_PACKETS: Final = 512


class PromptJitterBuffer(JitterBuffer):
    """Releases a picture with its last packet.

    aiortc's own waits for the first packet of the next one (33 ms at 30 fps), and after a gap
    releases one a packet, so that its delay never shrinks again. A picture's last packet carries
    the marker bit (RFC 7741, section 4.1).
    """

    def __init__(self) -> None:
        super().__init__(capacity=VIDEO_PACKETS, is_video=True)

    def give_up(self, sequence_number: int) -> None:
        """Forget everything up to this packet; the one behind it is awaited."""
        self._packets = [None] * self.capacity
        self._origin = uint16_add(sequence_number, 1)

    def rest(self) -> Iterator[JitterFrame]:
        """Yield the further frames that the packet added last has completed."""
        while (frame := self._remove_frame(0)) is not None:
            yield frame

    def _remove_frame(self, sequence_number: int) -> JitterFrame | None:
        packets: list[RtpPacket] = []
        if self._origin is None:
            return None
        for count in range(self.capacity):
            packet = self._packets[(self._origin + count) % self.capacity]
            if packet is None:
                return None
            if packets and packet.timestamp != packets[0].timestamp:
                break
            packets.append(packet)
            if packet.marker:
                break
        self.remove(len(packets))
        # aiortc itself hangs the depacketized bytes on the packet, undeclared.
        data = b"".join(packet._data for packet in packets)  # type: ignore[attr-defined]
        return JitterFrame(data=data, timestamp=packets[0].timestamp)
