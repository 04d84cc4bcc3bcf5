"""Structs over the socket between screen and media process: length, then JSON. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, Generic, TypeVar

import msgspec

from kiosk.media.commands import MAX_COMMAND

T = TypeVar("T")
CHUNK: Final = 64 * 1024
"""Bytes to read at once."""
_LENGTH: Final = struct.Struct("!I")


class BadFrame(Exception):
    """What came is no frame of this socket: too long, or not what is spoken here."""


def encode(item: msgspec.Struct) -> bytes:
    """Return one frame. Raises BadFrame when it is over MAX_COMMAND bytes."""
    body = msgspec.json.encode(item)
    if len(body) > MAX_COMMAND:
        raise BadFrame(f"{len(body)} bytes of {type(item).__name__}")
    return _LENGTH.pack(len(body)) + body


class Splitter(Generic[T]):
    """Cuts a stream into frames and decodes them strictly."""

    def __init__(self, decoder: msgspec.json.Decoder[T]) -> None:
        self._decoder = decoder
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[T]:
        """Yield what is complete. Raises BadFrame; the stream is then of no more use."""
        self._rest += data
        while len(self._rest) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._rest)
            if length > MAX_COMMAND:
                raise BadFrame(f"{length} bytes announced")
            end = _LENGTH.size + length
            if len(self._rest) < end:
                return
            body = bytes(self._rest[_LENGTH.size : end])
            del self._rest[:end]
            try:
                item = self._decoder.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise BadFrame(str(error)) from error
            yield item
