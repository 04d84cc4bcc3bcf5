"""A codec over a small union of its own: each way to be wrong has its error."""

from __future__ import annotations

import msgspec
import pytest

from signalling.codec import Codec, check_version, encode
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


class Here(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="here"):
    """A message with a field."""

    seat: int


class Gone(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="gone"):
    """A message without."""


CODEC: Codec[Here | Gone] = Codec(Here | Gone)


def test_what_is_encoded_is_decoded() -> None:
    for message in (Here(3), Gone()):
        assert CODEC.decode(encode(message), limit=100) == message
    assert CODEC.types == {"here": Here, "gone": Gone}


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        ('{"type":"here","seat":3,"name":"x"}', UnknownField),
        ('{"type":"here","seat":"3"}', WrongType),
        ('{"type":"here"}', WrongType),
        ('{"type":"lost"}', UnknownMessage),
        ('{"type":7}', ProtocolError),
        ("{}", UnknownMessage),
        ("[]", NotJson),
        ("3", NotJson),
        ("{", NotJson),
        ("", NotJson),
        (b'{"type":"\xff"}', NotJson),
        ("[" * 5000, NotJson),
    ],
)
def test_each_way_to_be_wrong_has_its_error(frame: str | bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        CODEC.decode(frame, limit=10_000)


def test_the_limit_counts_bytes_and_is_the_last_that_passes() -> None:
    frame = '{"type":"gone"}' + " " * 5
    assert CODEC.decode(frame, limit=20) == Gone()
    with pytest.raises(TooLarge):
        CODEC.decode(frame, limit=19)
    with pytest.raises(TooLarge):  # ten characters, twenty bytes
        CODEC.decode("é" * 10, limit=19)


def test_a_hello_must_offer_our_version() -> None:
    check_version(["0", VERSION])
    with pytest.raises(UnknownVersion):
        check_version(["0"])
    with pytest.raises(UnknownVersion):
        check_version([])
