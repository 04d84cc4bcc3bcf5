"""Packets of sound on their way to the decoder: in order, unwrapped, and never too many. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from hardware.interfaces import SAMPLE_RATE_HZ
from kiosk.media import opus

MAX_SAMPLES: Final = SAMPLE_RATE_HZ * 400 // 1000
"""400 ms of sound may wait; over that the oldest packets are dropped."""
MAX_PACKETS: Final = 160
"""The same in the shortest packets that there are, of 2.5 ms."""
MAX_DROPOUT: Final = 3000
MAX_MISORDER: Final = 100
"""RFC 3550, appendix A.1: what lies outside is another stream, once two packets in a row say so."""
REMEMBERED: Final = 64


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet; numbers are unwrapped, so that they only compare with each other."""

    sequence: int
    timestamp: int
    samples: int
    payload: bytes
    arrived_at: float

    @property
    def transit_s(self) -> float:
        """Arrival minus RTP time; only differences of it mean something."""
        return self.arrived_at - self.timestamp / SAMPLE_RATE_HZ


class PacketQueue:
    """Sorts packets by sequence number. Overflow: the oldest is dropped and counted."""

    def __init__(self) -> None:
        self.dropped = 0
        """Packets that were late, doubled, too many, or no Opus."""
        self._waiting: dict[int, Packet] = {}
        self._samples = 0
        self._highest: tuple[int, int] | None = None
        """Sequence number and timestamp of the newest packet, unwrapped."""
        self._expected: int | None = None
        self._odd: int | None = None
        self._missed: deque[int] = deque(maxlen=REMEMBERED)

    def add(
        self, sequence: int, timestamp: int, payload: bytes, arrived_at: float
    ) -> Packet | None:
        """Take in a packet. Returns it when its arrival says something about the network."""
        try:
            samples = opus.samples_in(payload)
        except opus.BadOpus:
            self.dropped += 1
            return None
        unwrapped = self._unwrap(sequence & 0xFFFF, timestamp & 0xFFFFFFFF)
        if unwrapped is None:
            self.dropped += 1
            return None
        packet = Packet(*unwrapped, samples, payload, arrived_at)
        if self._expected is not None and packet.sequence < self._expected:
            self.dropped += 1
            if packet.sequence not in self._missed:
                return None
            self._missed.remove(packet.sequence)
            return packet
        if packet.sequence in self._waiting:
            self.dropped += 1
            return None
        self._waiting[packet.sequence] = packet
        self._samples += samples
        while self._samples > MAX_SAMPLES or len(self._waiting) > MAX_PACKETS:
            self._remove(min(self._waiting))
            self.dropped += 1
        return packet

    def first(self) -> Packet | None:
        """Return the packet to be played next, if one is here."""
        return self._waiting[min(self._waiting)] if self._waiting else None

    def take(self, packet: Packet) -> None:
        """Take out the first packet; those before it that are not here were missed."""
        self._remove(packet.sequence)
        if self._expected is not None:
            start = max(self._expected, packet.sequence - REMEMBERED)
            self._missed.extend(range(start, packet.sequence))
        self._expected = packet.sequence + 1

    def _remove(self, sequence: int) -> None:
        self._samples -= self._waiting.pop(sequence).samples

    def _unwrap(self, sequence: int, timestamp: int) -> tuple[int, int] | None:
        """Return both numbers continued over their wrap-arounds; None for a stray packet."""
        if self._highest is None:
            self._highest = sequence, timestamp
            return self._highest
        highest, newest = self._highest
        step = (sequence - highest + 0x8000 & 0xFFFF) - 0x8000
        if not -MAX_MISORDER < step < MAX_DROPOUT:
            if sequence != self._odd:
                self._odd = sequence + 1 & 0xFFFF
                return None
            # The sender began anew. Unwrapped numbers go on, so that nothing of the old is awaited.
            self._waiting.clear()
            self._samples = 0
            self._missed.clear()
            step = 1
        self._odd = None
        unwrapped = (
            highest + step,
            newest + (timestamp - newest + 0x80000000 & 0xFFFFFFFF) - 0x80000000,
        )
        if step > 0:
            self._highest = unwrapped
        return unwrapped
