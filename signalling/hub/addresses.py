"""Pure: whose connection it is, by its own address or by the word of a proxy that is trusted."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

MAX_HOPS: Final = 16
"""Entries of X-Forwarded-For that are looked at, from the last one on."""


def counted_as(address: str) -> str:
    """Return what limits and throttles count an address by. Raises ValueError for none.

    An IPv6 line has a /64 to itself (RFC 6177), so its many addresses are one; an IPv4 address
    that reached an IPv6 socket is itself again.
    """
    parsed = _parsed(address)
    if parsed.version == 4 or parsed.is_loopback:
        return str(parsed)
    return str(ipaddress.ip_network((parsed.packed, 64), strict=False))


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    parsed = ipaddress.ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return parsed if mapped is None else mapped


class Proxies:
    """The reverse proxies whose word counts (`trusted_proxies`)."""

    def __init__(self, ranges: Iterable[str]) -> None:
        self._ranges = tuple(ipaddress.ip_network(each) for each in ranges)

    def trusts(self, address: str) -> bool:
        """Whether an address is such a proxy's."""
        try:
            parsed = _parsed(address)
        except ValueError:
            return False
        return any(parsed in each for each in self._ranges)

    def behind(self, peer: str, forwarded: str) -> str:
        """Return whom a trusted peer forwards for, as limits count it.

        That is the last entry of X-Forwarded-For that is no trusted proxy's own: each proxy adds
        the address it saw at the end, and what stands before came from outside. The peer itself
        where it names nobody.
        """
        found = peer
        for entry in reversed(forwarded.split(",")[-MAX_HOPS:]):
            try:
                found = counted_as(entry.strip())
            except ValueError:
                return found
            if not self.trusts(entry.strip()):
                return found
        return found
