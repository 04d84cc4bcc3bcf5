"""Putting RTP packets back in order without waiting longer than needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtp import RtpPacket
from aiortc.utils import uint16_add

VIDEO_PACKETS: Final = 512
MAX_DROPOUT: Final = 3000
MAX_MISORDER: Final = 100
"""RFC 3550, appendix A.1: what lies outside is another stream, once two packets in a row say so."""


class PromptJitterBuffer(JitterBuffer):
    """Releases a picture with its last packet.

    aiortc's own waits for the first packet of the next one (33 ms at 30 fps), and after a gap
    releases one a packet, so that its delay never shrinks again. A picture's last packet carries
    the marker bit (RFC 7741, section 4.1). And aiortc's begins anew with any one packet that is far
    behind, as a repetition may be that nobody needs any more.
    """

    def __init__(self) -> None:
        super().__init__(capacity=VIDEO_PACKETS, is_video=True)
        self.stray: RtpPacket | None = None
        """The packet added last when its number is far off: it counts once the next follows."""

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Add a packet. Returns whether pictures were lost by it, and the first completed one."""
        stray, self.stray = self.stray, None
        ahead = self._ahead(packet.sequence_number)
        if ahead is None or -MAX_MISORDER < ahead < MAX_DROPOUT:
            return super().add(packet)
        if stray is None or packet.sequence_number != uint16_add(stray.sequence_number, 1):
            self.stray = packet
            return False, None
        self.give_up(uint16_add(stray.sequence_number, -1))  # the sender began anew, with that one
        self._packets[stray.sequence_number % self.capacity] = stray
        return True, super().add(packet)[1]

    def is_past(self, sequence_number: int) -> bool:
        """Return whether nobody waits for this packet, if it was sent before."""
        ahead = self._ahead(sequence_number)
        return ahead is None or ahead < 0

    def holds(self, packet: RtpPacket) -> bool:
        """Return whether the packet waits here for others."""
        return self._packets[packet.sequence_number % self.capacity] is packet

    def _ahead(self, sequence_number: int) -> int | None:
        """Return how far the number is ahead of the first one awaited; None before there is any."""
        if self._origin is None:
            return None
        return (uint16_add(sequence_number, -self._origin) + 0x8000 & 0xFFFF) - 0x8000

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
