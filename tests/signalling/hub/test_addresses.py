"""Whom limits count: one's own address, or whom a trusted proxy names. Nobody else's word."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.hub.addresses import Proxies, counted_as

PROXIES = Proxies(["127.0.0.1", "::1", "10.0.0.0/8", "2001:db8:ffff::/48"])


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::1"),
    ],
)
def test_an_address_is_counted_by_its_line(address: str, counted: str) -> None:
    assert counted_as(address) == counted


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("127.0.0.1", True),
        ("127.0.0.2", False),
        ("::1", True),
        ("10.255.0.1", True),
        ("::ffff:10.1.2.3", True),
        ("2001:db8:ffff:1::9", True),
        ("2001:db8:fffe::9", False),
        ("nonsense", False),
        ("", False),
    ],
)
def test_only_named_ranges_are_trusted(address: str, trusted: bool) -> None:
    assert PROXIES.trusts(address) is trusted


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7, 10.0.0.9", "203.0.113.7"),
        ("203.0.113.7,10.0.0.9,10.0.0.8", "203.0.113.7"),
        ("2001:db8::5:5:5:5", "2001:db8::/64"),
        ("10.0.0.9", "10.0.0.9"),
        ("", "127.0.0.1"),
        ("nonsense", "127.0.0.1"),
        ("203.0.113.7, nonsense", "127.0.0.1"),
        ("203.0.113.7, nonsense, 10.0.0.9", "10.0.0.9"),
    ],
)
def test_the_last_entry_that_is_no_proxys_counts(forwarded: str, found: str) -> None:
    assert PROXIES.behind("127.0.0.1", forwarded) == found


@given(st.text(alphabet="0123456789abcdef:., \n\x00", max_size=200))
def test_whatever_stands_there_something_that_can_be_counted_comes_out(forwarded: str) -> None:
    found = PROXIES.behind("127.0.0.1", forwarded)
    ipaddress.ip_network(found)
