"""RTP packets as this terminal sends them: the header written once a stream, patched per packet.

aiortc builds and serializes an object a packet and walks over every sample of sound for a level
that nobody here needs; at 150 packets a second that is a sizeable part of a core. Here a packet is
one `pack_into` (RFC 3550, section 5.1; header extensions by RFC 8285, section 4.2).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
PLAYOUT_DELAY: Final = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

_FIXED: Final = struct.Struct("!BBHII")
_ONE_BYTE_PROFILE: Final = 0xBEDE
_VERSION_AND_EXTENSION: Final = 0x90
_MARKER: Final = 0x80
_SEND_TIME_HZ: Final = 1 << 18
"""abs-send-time counts seconds in 6.18 bits of fixed point."""
_LARGEST_ONE_BYTE_ID: Final = 14


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands in every header of one stream. `extensions` maps a URI to its negotiated id."""

    ssrc: int
    payload_type: int
    extensions: Mapping[str, int]
    mid: str


class Packets:
    """Makes packets of one stream; the caller counts sequence numbers and timestamps."""

    def __init__(self, layout: Layout, playout_delay_ms: tuple[int, int] | None = None) -> None:
        self._payload_type = layout.payload_type
        self._ssrc = layout.ssrc
        self._extension, self._send_time_at = _extension(layout, playout_delay_ms)
        self.header_bytes = _FIXED.size + len(self._extension)

    def make(self, sequence: int, timestamp: int, marker: bool, payload: bytes) -> bytearray:
        """Return a packet that `stamp` has not seen yet."""
        header = _FIXED.pack(
            _VERSION_AND_EXTENSION,
            self._payload_type | (_MARKER if marker else 0),
            sequence,
            timestamp,
            self._ssrc,
        )
        return bytearray(header + self._extension + payload)

    def stamp(self, packet: bytearray, wall_s: float) -> bytes:
        """Write the time of sending (Unix seconds) and return the finished packet.

        The NTP epoch needs no shift: it lies a whole number of 64 s periods before Unix's.
        """
        at = self._send_time_at
        if at is not None:
            packet[at : at + 3] = (int(wall_s * _SEND_TIME_HZ) & 0xFFFFFF).to_bytes(3, "big")
        return bytes(packet)


def _extension(layout: Layout, delay_ms: tuple[int, int] | None) -> tuple[bytes, int | None]:
    """Return the extension block and where in the packet abs-send-time's value stands."""
    ids = layout.extensions
    values: list[tuple[int, bytes]] = []
    if MID in ids:
        values.append((ids[MID], layout.mid.encode()))
    if PLAYOUT_DELAY in ids and delay_ms is not None:
        low, high = (each // 10 for each in delay_ms)
        values.append((ids[PLAYOUT_DELAY], (low << 12 | high).to_bytes(3, "big")))
    if ABS_SEND_TIME in ids:
        values.append((ids[ABS_SEND_TIME], bytes(3)))
    body = b""
    send_time_at = None
    for number, value in values:
        if not 1 <= number <= _LARGEST_ONE_BYTE_ID or not 1 <= len(value) <= 16:
            raise ValueError(f"header extension {number} of {len(value)} bytes")
        if number == ids.get(ABS_SEND_TIME):
            send_time_at = _FIXED.size + 4 + len(body) + 1
        body += bytes([number << 4 | len(value) - 1]) + value
    body += bytes(-len(body) % 4)
    return struct.pack("!HH", _ONE_BYTE_PROFILE, len(body) // 4) + body, send_time_at
