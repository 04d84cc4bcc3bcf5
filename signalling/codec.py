"""Frames and messages: strict decoding with a named error for each way to be wrong. Pure."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar, get_args

import msgspec

from signalling.errors import (
    NotJson,
    ProtocolError,
    TooLarge,
    UnknownField,
    UnknownMessage,
    UnknownVersion,
    WrongType,
)
from signalling.wire import VERSION

M = TypeVar("M")


class Message(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="type"
):
    """Base of all messages. `str()` never shows secrets or session descriptions."""

    def __str__(self) -> str:
        return f"<{self.__struct_config__.tag}>"


class Codec(Generic[M]):
    """Strict decoder of one direction."""

    def __init__(self, union: Any) -> None:
        self.types: Final = {str(each.__struct_config__.tag): each for each in get_args(union)}
        self._decoder: msgspec.json.Decoder[M] = msgspec.json.Decoder(union)

    def decode(self, frame: str | bytes, *, limit: int) -> M:
        """Return the message in `frame`.

        Raises:
            TooLarge: over `limit` bytes of UTF-8.
            NotJson, UnknownMessage, UnknownField, WrongType: as named in PROTOCOL.md, "Errors".
        """
        data = frame.encode() if isinstance(frame, str) else frame
        if len(data) > limit:
            raise TooLarge(f"{len(data)} bytes, at most {limit}")
        try:
            return self._decoder.decode(data)
        except msgspec.ValidationError as error:
            raise self._named(str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise NotJson("the frame is not a JSON object in UTF-8") from None

    @staticmethod
    def _named(text: str) -> ProtocolError:
        if "unknown field" in text:
            return UnknownField(text)
        if "field `type`" in text or ("Invalid value" in text and "`$.type`" in text):
            return UnknownMessage(text)
        if "Expected `object`" in text and "`$." not in text:
            return NotJson(text)
        return WrongType(text)


_encoder = msgspec.json.Encoder()


def encode(message: msgspec.Struct) -> str:
    """Return the frame (JSON text) for `message`."""
    return _encoder.encode(message).decode()


def encode_utf8(message: msgspec.Struct) -> bytes:
    """Return the same as it goes over the wire."""
    return _encoder.encode(message)


def check_version(versions: list[str]) -> None:
    """Accept a hello's versions.

    Raises:
        UnknownVersion: ours is not among them.
    """
    if VERSION not in versions:
        raise UnknownVersion(f"offered {', '.join(versions)}; this hub speaks {VERSION}")
