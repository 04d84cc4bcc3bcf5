"""Rules about the network by themselves; test_rules.py tries each in its file."""

from __future__ import annotations

import pytest

from config.network_rules import absolute, absolute_or_empty, address_range, matches, proxy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.0.0.0/8", ""),
        ("2001:db8::/32", ""),
        ("10.0.0.1/8", '"10.0.0.0/8", a range without bits beyond its prefix'),
        ("10.0.0.1", 'an address range in CIDR notation, such as "192.168.1.0/24"'),
        ("ten/8", 'an address range in CIDR notation, such as "192.168.1.0/24"'),
    ],
)
def test_a_range(text: str, said: str) -> None:
    assert address_range(text) == said


@pytest.mark.parametrize("text", ["10.0.0.1", "10.0.0.0/8", "::1"])
def test_a_proxy_is_an_address_or_a_range(text: str) -> None:
    assert proxy(text) == ""


@pytest.mark.parametrize("text", ["", "proxy", "10.0.0.1/8", "10.0.0.0-10.0.0.9"])
def test_anything_else_is_no_proxy(text: str) -> None:
    assert proxy(text) == 'an address or a range of them, such as "10.0.0.0/8"'


def test_paths() -> None:
    assert (absolute("/a"), absolute_or_empty("")) == ("", "")
    assert absolute("a") == absolute("") == absolute("/a\0") == "an absolute path"


def test_a_pattern_fits_the_whole_value() -> None:
    assert matches("a+", "some a")("aa") == ""
    assert matches("a+", "some a")("aab") == "some a"
