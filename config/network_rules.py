"""What values about the network must mean: address ranges, relays, TLS files, limits."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from config.problems import Key
from config.rule import FieldRule, TableRule
from config.schema import Limits, Secret, Tls, Turn

PORT_MAX = 65_535


def matches(pattern: str, expected: str) -> FieldRule:
    """Return a rule that expects a pattern."""
    compiled = re.compile(pattern)
    return lambda value: "" if compiled.fullmatch(value) else expected


def absolute(path: str) -> str:
    """Expect an absolute path."""
    return "" if path.startswith("/") and "\0" not in path else "an absolute path"


def absolute_or_empty(path: str) -> str:
    """Expect an absolute path, or nothing."""
    return absolute(path) if path else ""


def address_range(text: str) -> str:
    """Expect a range in CIDR notation."""
    expected = 'an address range in CIDR notation, such as "192.168.1.0/24"'
    if "/" not in text:
        return expected
    try:
        ipaddress.ip_network(text)
    except ValueError:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            return expected
        return f'"{network}", a range without bits beyond its prefix'
    return ""


def proxy(text: str) -> str:
    """Expect one address, or a range of them."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return address_range(text) and 'an address or a range of them, such as "10.0.0.0/8"'
    return ""


_HOST_PORT = r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?"


def _console(text: str) -> str:
    """Expect HOST:PORT of this machine: the console's password crosses no network."""
    expected = '"127.0.0.1:5766" or another port of this machine; a tunnel reaches another one'
    host, _, port = text.rpartition(":")
    try:
        fits = ipaddress.ip_address(host.strip("[]")).is_loopback and 0 < int(port) <= PORT_MAX
    except ValueError:
        return expected
    return "" if fits else expected


NETWORK_FIELD_RULES: Mapping[tuple[type, str], FieldRule] = {
    (Turn, "urls"): matches(
        rf"turns?:{_HOST_PORT}(\?transport=(udp|tcp))?", "turn:HOST:PORT or turns:HOST:PORT"
    ),
    (Turn, "stun_urls"): matches(rf"stuns?:{_HOST_PORT}", "stun:HOST:PORT"),
    (Turn, "consoles"): _console,
    (Tls, "certificate"): absolute_or_empty,
    (Tls, "key"): absolute_or_empty,
}


def _turn_secret(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    secret: Secret = table["secret"]
    if table["urls"] and not secret:
        yield ("secret",), "coturn's static-auth-secret, because turn.urls are set"
    if secret and not table["urls"]:
        yield ("urls",), "the TURN servers that turn.secret is for"


def _turn_console(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    if table["consoles"] and not table["console_password"]:
        yield ("console_password",), "coturn's cli-password, because turn.consoles are set"
    if table["console_password"] and not table["consoles"]:
        yield ("consoles",), "where the consoles are that turn.console_password is for"


def _tls_pair(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    for one, other in (("certificate", "key"), ("key", "certificate")):
        if table[one] and not table[other]:
            yield (other,), f"the file that belongs to tls.{one}"


def _connections(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    for all_of_them in ("connections", "half_open"):
        one = f"{all_of_them}_per_address"
        if table[one] > table[all_of_them]:
            yield (one,), f"at most limits.{all_of_them}, {table[all_of_them]}"


NETWORK_TABLE_RULES: Mapping[type, tuple[TableRule, ...]] = {
    Turn: (
        TableRule(("urls", "secret"), _turn_secret),
        TableRule(("consoles", "console_password"), _turn_console),
    ),
    Tls: (TableRule(("certificate", "key"), _tls_pair),),
    Limits: (
        TableRule(
            ("connections", "connections_per_address", "half_open", "half_open_per_address"),
            _connections,
        ),
    ),
}
