"""The wire: strict decoding, named errors, and one set of messages in three languages."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import signalling
from signalling import device_report, wire
from signalling.errors import (
    NotJson,
    ProtocolError,
    TooLarge,
    UnknownField,
    UnknownMessage,
    UnknownVersion,
    WrongType,
)
from signalling.messages import (
    DIRECTIONS,
    HUB_TO_TERMINAL,
    PAGE_TO_HUB,
    TERMINAL_TO_HUB,
    Codec,
    LogIn,
    Message,
    Offer,
    Ping,
    SeatMessage,
    SignIn,
    check_version,
    encode,
    proof_bytes,
)

HOUSE = Path(signalling.__file__).parent
PROTOCOL = (HOUSE / "PROTOCOL.md").read_text(encoding="utf-8")
LIMIT = wire.MAX_FRAME


def documented(direction: str) -> dict[str, str]:
    """Return message name -> its text in PROTOCOL.md's section of this direction."""
    section = re.search(rf"^## {direction}$(.*?)(?=^## |\Z)", PROTOCOL, re.M | re.S | re.I)
    assert section, f"PROTOCOL.md has no section {direction}"
    parts = re.split(r"^### `([a-z-]+)`$", section[1], flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_document_has_every_message_and_field(direction: str) -> None:
    texts = documented(direction)
    types = DIRECTIONS[direction].types
    assert set(texts) == set(types)
    for name, message in types.items():
        told = set(re.findall(r"`([a-z_0-9]+)`:", texts[name]))
        assert told == set(message.__struct_fields__), name


@pytest.mark.parametrize(
    "view",
    ["VisitView", "Person", "BreakView", "IceServer", "FacilityView", "Seat", "Neighbour",
     "DeviceState", "PastFaultView", "Fact"],
)  # fmt: skip
def test_the_document_has_every_view(view: str) -> None:
    section = re.search(rf"^### View {view}$(.*?)(?=^#)", PROTOCOL, re.M | re.S)
    assert section
    told = set(re.findall(r"`([a-z_0-9]+)`:", section[1]))
    kind = getattr(wire, view, None) or getattr(device_report, view)
    assert told == set(kind.__struct_fields__)


_TELL = """
import * as messages from "./messages.js";
const { MESSAGES_IN, MESSAGES_OUT, VISIT_VIEW, VERSION } = messages;
console.log(JSON.stringify({ MESSAGES_IN, MESSAGES_OUT, VISIT_VIEW, VERSION }));
"""


def test_javascript_has_the_same_set() -> None:
    node = ["node", "--input-type=module", "--eval", _TELL]
    told = json.loads(
        subprocess.run(node, cwd=HOUSE / "web", check=True, capture_output=True).stdout
    )
    assert set(told["MESSAGES_IN"]) == set(DIRECTIONS["hub to page"].types)
    assert set(told["MESSAGES_OUT"]) == set(DIRECTIONS["page to hub"].types)
    assert set(told["VISIT_VIEW"]) == set(wire.VisitView.__struct_fields__)
    assert told["VERSION"] == wire.VERSION


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        ("", NotJson),
        ("{", NotJson),
        ("[]", NotJson),
        ('"ping"', NotJson),
        ("nul", NotJson),
        (b"\xff\xfe{}", NotJson),
        ("{}", UnknownMessage),
        ('{"type":"nonsense"}', UnknownMessage),
        ('{"type":"welcome","now":1}', UnknownMessage),  # the hub's word, not the page's
        ('{"type":3}', WrongType),
        ('{"type":"ping","sent":1,"extra":1}', UnknownField),
        ('{"type":"ping"}', WrongType),
        ('{"type":"ping","sent":"1"}', WrongType),
        ('{"type":"hello","versions":[]}', WrongType),
        ('{"type":"press","visit":"a b","page":"p"}', WrongType),
        ('{"type":"log-in","email":"nobody","password":"x"}', WrongType),
        (json.dumps({"type": "answer", "visit": "v", "connection": 0, "sdp": "x"}), WrongType),
        (
            json.dumps({"type": "answer", "visit": "v", "connection": 1, "sdp": "x" * 16_385}),
            WrongType,
        ),
        ("[" * 60_000, NotJson),
        ("x" * (LIMIT + 1), TooLarge),
        ("é" * (LIMIT // 2 + 1), TooLarge),
    ],
)  # fmt: skip
def test_each_mistake_has_its_name(frame: str | bytes, error: type[ProtocolError]) -> None:
    with pytest.raises(error) as caught:
        PAGE_TO_HUB.decode(frame, limit=LIMIT)
    assert type(caught.value) is error


def test_error_codes_are_distinct_and_documented() -> None:
    kinds = ProtocolError.__subclasses__()
    assert len({each.code for each in kinds}) == len(kinds)
    for each in kinds:
        assert f"`{each.code}`" in PROTOCOL


def test_round_trip() -> None:
    offer = Offer(visit="v1", page="p1", connection=1, sdp="v=0\r\n")
    assert TERMINAL_TO_HUB.decode(encode(offer), limit=LIMIT) == offer
    seat = SeatMessage(now=1.5, seat=None)
    assert HUB_TO_TERMINAL.decode(encode(seat), limit=LIMIT) == seat


def test_versions() -> None:
    check_version(["9", "1"])
    with pytest.raises(UnknownVersion, match="offered 2"):
        check_version(["2"])


@pytest.mark.parametrize(
    "message",
    [
        LogIn(email="m@example.org", password="correct horse"),
        SignIn(inmate_number="4820", pin="135790"),
        Offer(visit="v", page="p", connection=1, sdp="v=0 secret"),
    ],
)
def test_secrets_do_not_print(message: Message) -> None:
    shown = f"{message} {message!s}"
    for field in ("password", "pin", "sdp"):
        value = getattr(message, field, None)
        assert value is None or value not in shown


def test_proof_bytes_cannot_be_confused() -> None:
    assert proof_bytes("ab", "c", b"n") != proof_bytes("a", "bc", b"n")
    assert proof_bytes("a", "b", b"n") == (
        b"\x00\x1bvisitbooth terminal proof 1\x00\x01a\x00\x01b\x00\x01n"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
NAMES = sorted({name for each in DIRECTIONS.values() for name in each.types})
FIELDS = sorted(
    {
        field
        for codec in DIRECTIONS.values()
        for kind in codec.types.values()
        for field in kind.__struct_fields__
    }
)
OBJECTS = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5)


@given(st.sampled_from(list(DIRECTIONS.values())), st.sampled_from(NAMES), OBJECTS)
def test_any_object_decodes_to_a_message_or_a_named_error(
    codec: Codec[Any], name: str, fields: dict[str, Any]
) -> None:
    frame = json.dumps({"type": name, **fields})
    try:
        message = codec.decode(frame, limit=LIMIT)
    except ProtocolError as error:
        assert error.code in PROTOCOL
    else:
        assert codec.decode(msgspec.json.encode(message), limit=LIMIT) == message


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        PAGE_TO_HUB.decode(data, limit=LIMIT)


def test_ping_decodes_on_both_endpoints() -> None:
    for codec in (PAGE_TO_HUB, TERMINAL_TO_HUB):
        assert codec.decode('{"type":"ping","sent":2}', limit=LIMIT) == Ping(sent=2)
