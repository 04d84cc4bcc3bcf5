"""H.264 access units as RTP payloads: RFC 6184, packetization-mode 1.

Stands for `aiortc.codecs.h264.H264Encoder._packetize`, whose payloads are 1,300 bytes: with RTP
extensions, SRTP, UDP and IPv6 they would not pass a 1,280-byte path (RFC 8200, section 5).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

PAYLOAD_BYTES: Final = 1_200

_TYPE: Final = 0x1F
_IMPORTANCE: Final = 0x60
_IDR, _SEI, _SPS, _PPS, _DELIMITER = 5, 6, 7, 8, 9
_STAP_A: Final = 24
_FU_A: Final = 28
_START, _END = 0x80, 0x40


def units(access_unit: bytes) -> Iterator[bytes]:
    """Yield the NAL units of an Annex B byte stream, without their start codes."""
    # `split` searches five times as fast as `find` does for so short a needle.
    for part in access_unit.split(b"\0\0\1")[1:]:
        # A fourth zero before a start code belongs to it; a NAL unit never ends in zero.
        if unit := part.rstrip(b"\0"):
            yield unit


def is_key(access_unit: bytes) -> bool:
    """Return whether decoding can begin here."""
    return any(unit[0] & _TYPE == _IDR for unit in units(access_unit))


def parameter_sets(access_unit: bytes) -> list[bytes]:
    """Return the sequence and picture parameter sets, in their order."""
    return [unit for unit in units(access_unit) if unit[0] & _TYPE in (_SPS, _PPS)]


def payloads(access_unit: bytes) -> list[bytes]:
    """Return the RTP payloads of one access unit, in order.

    Delimiters are left out (RTP's marker bit says as much), and so is supplementary information:
    decoders here need none, and x264's is 0.7 kB of its settings for everybody to read.
    """
    made: list[bytes] = []
    together: list[bytes] = []
    size = 1
    for unit in units(access_unit):
        if unit[0] & _TYPE in (_SEI, _DELIMITER):
            continue
        if together and size + 2 + len(unit) > PAYLOAD_BYTES:
            made.append(_aggregate(together))
            together, size = [], 1
        if len(unit) > PAYLOAD_BYTES:
            made += _fragments(unit)
        else:
            together.append(unit)
            size += 2 + len(unit)
    if together:
        made.append(_aggregate(together))
    return made


def _aggregate(together: list[bytes]) -> bytes:
    """Return a unit by itself (section 5.6), several as STAP-A (section 5.7.1)."""
    if len(together) == 1:
        return together[0]
    importance = max(unit[0] & _IMPORTANCE for unit in together)
    parts = [bytes([importance | _STAP_A])]
    for unit in together:
        parts += (len(unit).to_bytes(2, "big"), unit)
    return b"".join(parts)


def _fragments(unit: bytes) -> list[bytes]:
    """Return a unit in fragments of even size, FU-A (section 5.8)."""
    indicator = unit[0] & ~_TYPE & 0xFF | _FU_A
    kind = unit[0] & _TYPE
    body = len(unit) - 1
    count = -(-body // (PAYLOAD_BYTES - 2))
    edges = [1 + body * number // count for number in range(count + 1)]
    made = []
    for number, (begin, end) in enumerate(pairwise(edges)):
        flags = _START * (number == 0) | _END * (number == count - 1)
        made.append(bytes([indicator, flags | kind]) + unit[begin:end])
    return made
