"""What can be read from a VP8 frame without decoding it (RFC 6386, section 9.1). Pure."""

from __future__ import annotations

from typing import Final

_START_CODE: Final = b"\x9d\x01\x2a"
_HEADER: Final = 10


def key_frame_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a key frame; None for other frames.

    A frame that says it is a key frame but has no whole header is (0, 0): no decoder takes it.
    """
    if not data or data[0] & 1:
        return None
    if len(data) < _HEADER or data[3:6] != _START_CODE:
        return 0, 0
    width = int.from_bytes(data[6:8], "little") & 0x3FFF
    height = int.from_bytes(data[8:10], "little") & 0x3FFF
    return width, height
