"""A hostile answer reaches no media stack, and an honest one does."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.descriptions import (
    AddressPolicy,
    check_answer,
    check_candidate,
    own_candidate,
)
from signalling.errors import BadDescription

PRINT = ":".join(["AB"] * 32)
OFFER = (
    "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:1\r\n"
)
PUBLIC = AddressPolicy()
INSIDE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "::ffff:0:0/96")


def answer(*candidates: str, extra: str = "", setup: str = "active", video: str = "video") -> str:
    """An honest answer, bent by the arguments."""
    lines = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]
    for mid, kind in enumerate(("audio", video)):
        lines += [f"m={kind} 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 192.168.7.7"]
        lines += ["a=rtcp:9 IN IP4 192.168.7.7", *(f"a={each}" for each in candidates)]
        lines += [f"a=fingerprint:sha-256 {PRINT}", f"a=setup:{setup}", f"a=mid:{mid}"]
    return "\r\n".join([*lines, *filter(None, [extra])]) + "\r\n"


def candidate(address: str, transport: str = "udp", tail: str = "") -> str:
    return f"candidate:1 1 {transport} 2113937151 {address} 50000 typ host{tail}"


def test_honest_answer_keeps_public_candidates_and_names_no_inside_address() -> None:
    told = answer(candidate("8.8.4.4", tail=" raddr 10.1.2.3 rport 9 generation 0"))
    cleaned = check_answer(told, OFFER, PUBLIC)
    assert cleaned.count("a=candidate:1 1 udp 2113937151 8.8.4.4 50000 typ host\r\n") == 2
    assert "10.1.2.3" not in cleaned
    assert "192.168.7.7" not in cleaned


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.9.9", "192.168.1.1", "169.254.1.1", "224.0.0.1",
        "0.0.0.0", "100.64.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1",
        "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001::a00:1",
        "2600::1%eth0", "host.example", "abc.local",
    ],
)  # fmt: skip
def test_addresses_that_are_dropped(address: str) -> None:
    assert check_candidate(candidate(address), PUBLIC) is None
    assert address not in check_answer(answer(candidate(address)), OFFER, PUBLIC).split(" ")


def test_tcp_and_second_component_are_dropped() -> None:
    assert check_candidate(candidate("8.8.4.4", "tcp"), PUBLIC) is None
    assert check_candidate("candidate:1 2 udp 1 8.8.4.4 50000 typ host", PUBLIC) is None
    assert check_candidate("candidate:1 1 udp 1 8.8.4.4 99999 typ host", PUBLIC) is None


def test_exceptions_come_from_configuration_and_deny_wins() -> None:
    policy = AddressPolicy.of(allow=["10.0.0.0/8"], deny=["10.66.0.0/16", "8.8.0.0/16"])
    assert check_candidate(candidate("10.1.1.1"), policy)
    assert check_candidate(candidate("10.66.1.1"), policy) is None
    assert check_candidate(candidate("8.8.4.4"), policy) is None
    assert check_candidate(candidate("192.168.1.1"), policy) is None


@pytest.mark.parametrize(
    ("sdp", "why"),
    [
        (answer(extra="m=application 9 UDP/DTLS/SCTP webrtc-datachannel"), "only audio"),
        (answer(video="audio"), "m-lines"),
        (answer(setup="passive"), "setup:active"),
        (answer(setup="actpass"), "setup:active"),
        (answer(extra="a=fingerprint:sha-256 " + ":".join(["CD"] * 32)), "fingerprint"),
        (answer().replace("sha-256", "sha-1"), "fingerprint"),
        (answer(*[candidate(f"8.8.4.{n}") for n in range(11)]), "20 candidates"),
        (answer(extra="a=x:" + "y" * 17_000), "bytes"),
        (answer(extra="a=x:" + "y" * 1_001), "long lines"),
        (answer(extra="\r\n".join(["a=x"] * 501)), "too many"),
        (answer(extra="a=é"), "characters"),
        (answer(extra="a=\x00"), "characters"),
        (answer(extra="nonsense"), "session description"),
        (answer(extra="a=candidate:nonsense"), "ICE candidate"),
        ("", "session description"),
    ],
)
def test_refused_answers(sdp: str, why: str) -> None:
    with pytest.raises(BadDescription, match=why):
        check_answer(sdp, OFFER, PUBLIC)


@pytest.mark.parametrize("text", ["x", "candidate:", "candidate:1 1 udp 1 8.8.4.4 5 typ odd"])
def test_no_candidate_at_all(text: str) -> None:
    with pytest.raises(BadDescription):
        check_candidate(text, PUBLIC)


def test_own_candidates_lose_their_related_address_and_under_relay_only_relays_are_left() -> None:
    host = "candidate:1 1 udp 1 10.1.2.3 9 typ host"
    relay = "candidate:2 1 udp 1 203.0.113.7 9 typ relay"
    assert own_candidate(f"{relay} raddr 10.1.2.3 rport 5", relay_only=True) == relay
    assert own_candidate(f"a={host} generation 0", relay_only=False) == host
    disguised = host.replace("typ host", "typ srflx raddr 203.0.113.7 rport 5 typ relay")
    for inside in (host, disguised):
        assert own_candidate(inside, relay_only=True) is None
    assert own_candidate("", relay_only=True) == ""
    with pytest.raises(BadDescription):
        own_candidate("candidate:typ relay", relay_only=False)


def test_end_of_candidates_passes() -> None:
    assert check_candidate("", PUBLIC) == ""


@given(st.ip_addresses())
def test_whatever_passes_is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if check_candidate(candidate(str(address)), PUBLIC) is not None:
        assert not address.is_loopback
        assert not address.is_link_local
        assert not address.is_multicast
        assert not address.is_unspecified
        assert not any(address in ipaddress.ip_network(inside) for inside in INSIDE)


@given(st.text(max_size=300))
def test_any_text_is_cleaned_or_refused(text: str) -> None:
    try:
        check_candidate(text, PUBLIC)
    except BadDescription as error:
        assert str(error)
    try:
        cleaned = check_answer(answer(extra=text), OFFER, PUBLIC)
    except BadDescription as error:
        assert str(error)
    else:
        assert cleaned.isascii()
