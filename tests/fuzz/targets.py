"""What takes bytes of strangers, each with what must hold of it whatever the bytes are."""

from __future__ import annotations

import ipaddress
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHeaderValue
from websockets.http11 import Request

from signalling.descriptions import AddressPolicy, check_answer, check_candidate, own_candidate
from signalling.errors import BadDescription, ProtocolError
from signalling.hub import staff_commands
from signalling.hub.addresses import Proxies
from signalling.hub.browser_names import browser_name
from signalling.hub.errors import StaffError
from signalling.hub.roster import read_roster, roster_text
from signalling.hub.turn_console import ConsoleError, sessions_in
from signalling.hub.web_files import content_security_policy, valid_host
from signalling.messages import (
    HUB_TO_PAGE,
    HUB_TO_TERMINAL,
    PAGE_TO_HUB,
    TERMINAL_TO_HUB,
    Codec,
    encode,
)
from signalling.one_line import escaped
from signalling.wire import MAX_FRAME
from tests.fuzz.frames import frames
from tests.signalling.hub.harness import ANSWER_SDP, OFFER_SDP

POLICY: Final = AddressPolicy.of(())
PROXIES: Final = Proxies(["127.0.0.1", "::1", "10.0.0.0/8"])
MAX_INPUT: Final = 4096


@dataclass(frozen=True)
class Target:
    """`run` raises for nothing but what is wrong with us."""

    name: str
    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    is_json: bool = False
    """Decoded by msgspec, whose ways atheris cannot see: mutated as frames, not as bytes."""


def _text(data: bytes) -> str:
    """As a message has it: msgspec takes no lone surrogates."""
    return data.decode("utf-8", errors="replace")


def _header(data: bytes) -> str:
    """As websockets reads a header."""
    return data.decode("ascii", errors="surrogateescape")


def _codec(codec: Codec[Any]) -> Target:
    def run(data: bytes) -> None:
        try:
            message = codec.decode(data, limit=MAX_FRAME)
        except ProtocolError:
            return
        assert codec.decode(encode(message), limit=1 << 24) == message
        assert "sdp" not in str(message)

    dice = random.Random(1)
    seeds = frames(dice, list(codec.types.values()))
    name = next(name for name, each in _CODECS if each is codec)
    return Target(name, run, tuple(json.dumps(each).encode() for each in seeds), is_json=True)


_CODECS: Final = (
    ("terminal-to-hub", TERMINAL_TO_HUB),
    ("page-to-hub", PAGE_TO_HUB),
    ("hub-to-terminal", HUB_TO_TERMINAL),
    ("hub-to-page", HUB_TO_PAGE),
)


def _command(data: bytes) -> None:
    try:
        command = staff_commands.decode_command(data)
    except msgspec.DecodeError:
        return
    assert staff_commands.decode_command(staff_commands.encode(command)) == command


def _answer(data: bytes) -> None:
    try:
        rewritten = check_answer(_text(data), OFFER_SDP, POLICY)
    except BadDescription:
        return
    assert check_answer(rewritten, OFFER_SDP, POLICY) == rewritten
    for line in rewritten.split("\r\n"):
        assert line.isascii()
        if line.startswith("a=candidate:"):
            assert ipaddress.ip_address(line.split(" ")[4]).is_global


def _candidate(data: bytes) -> None:
    text = _text(data)
    try:
        kept = check_candidate(text, POLICY)
        own_candidate(text, relay_only=True)
    except BadDescription:
        return
    if kept:
        assert check_candidate(kept, POLICY) == kept
        assert ipaddress.ip_address(kept.split(" ")[4]).is_global


def _forwarded(data: bytes) -> None:
    ipaddress.ip_network(PROXIES.behind("127.0.0.1", _header(data)))


def _roster(data: bytes) -> None:
    try:
        rows, mistakes = read_roster(roster_text(data), ["north"])
    except StaffError as error:
        assert str(error)
        return
    assert mistakes or len({(row.facility, row.number) for _, row in rows}) == len(rows)


def _head(data: bytes) -> None:
    """Host and User-Agent, as the page's answers and the list of log-ins use them."""
    text = _header(data)
    headers = Headers()
    try:
        headers["Host"] = text
    except InvalidHeaderValue:
        return  # websockets refuses such a request by itself
    host = valid_host(Request("/", headers))
    if host is not None:
        policy = content_security_policy(host)
        assert policy.count(";") == content_security_policy("h").count(";")
        assert policy.isprintable()
    assert len(browser_name(text)) < 40


def _log(data: bytes) -> None:
    for text in (_text(data), _header(data)):
        assert escaped(text).isprintable()


def _console(data: bytes) -> None:
    try:
        found = sessions_in(_text(data))
    except ConsoleError:
        return
    assert all(each.id.isdecimal() for each in found)


TARGETS: Final = {
    each.name: each
    for each in (
        *(_codec(codec) for _, codec in _CODECS),
        Target("staff-command", _command, (
            b'{"command":"inmate add","number":"1","name":"A","facility":"north"}',
            b'{"command":"visit list"}', b'{"command":"lockout end","kind":"terminal","id":"c4"}',
        ), is_json=True),
        Target("answer", _answer, (ANSWER_SDP.encode(),)),
        Target("candidate", _candidate, (
            b"candidate:1 1 udp 2113937151 8.8.4.4 50000 typ host",
            b"candidate:1 1 UDP 1 2001:4860::8888 5 typ srflx raddr 10.0.0.1 rport 9",
        )),
        Target("forwarded", _forwarded, (b"203.0.113.7, 10.0.0.1", b"2001:db8::1,::1")),
        Target("roster", _roster, (b"number,name,facility,pin,unit\n1,Ana,north,1234,C\n",)),
        Target("head", _head, (
            b"visits.example:8080", b"[::1]:8", b"Mozilla/5.0 (Linux) Chrome/1",
        )),
        Target("log", _log, (b"a\nb", "\u202e\x9b".encode())),
        Target("turn-console", _console, (
            b"    1) id=001, user <1:v>:\n  Total sessions: 1\n",
        )),
    )
}  # fmt: skip
