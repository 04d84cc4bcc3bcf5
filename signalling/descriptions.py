"""Checks of what browsers send before it reaches a media stack. Pure. PROTOCOL.md, "Descriptions".

A hostile answer can name thousands of candidates inside the jail: each makes the terminal send
STUN requests there. So an answer is not only judged but rewritten: only IP literals over UDP that
the policy lets through remain, without related addresses, and nothing but a session's own lines.
Grammar: RFC 8866 (SDP), RFC 8839 (candidates), RFC 8122 (fingerprints), RFC 5763 (setup).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from signalling.errors import BadDescription
from signalling.wire import MAX_SDP

MAX_CANDIDATES: Final = 20
MAX_LINES: Final = 500
MAX_LINE: Final = 1000

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

SPECIAL: Final[tuple[_Network, ...]] = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/3",
        "::/96",
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
"""Addresses that never belong to a family's line, and those that embed such an address."""

_CANDIDATE: Final = re.compile(
    r"^(?:a=)?candidate:(?P<foundation>[A-Za-z0-9+/]{1,32}) (?P<component>\d{1,3}) "
    r"(?P<transport>[A-Za-z]{1,16}) (?P<priority>\d{1,10}) (?P<address>\S{1,255}) "
    r"(?P<port>\d{1,5}) typ (?P<kind>host|srflx|prflx|relay)(?: .*)?$"
)
_FINGERPRINT: Final = re.compile(r"^a=fingerprint:sha-256 (?:[0-9A-F]{2}:){31}[0-9A-F]{2}$", re.I)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Which addresses a candidate may name. `allow` are exceptions from `SPECIAL`."""

    allow: tuple[_Network, ...] = ()
    deny: tuple[_Network, ...] = ()

    @classmethod
    def of(cls, allow: Iterable[str] = (), deny: Iterable[str] = ()) -> AddressPolicy:
        """Make a policy from CIDR texts, as configured. Raises ValueError."""
        return cls(
            tuple(ipaddress.ip_network(each) for each in allow),
            tuple(ipaddress.ip_network(each) for each in deny),
        )

    def permits(self, address: _Address) -> bool:
        """Whether a candidate with this address is let through; `deny` wins over `allow`."""
        if _within(address, self.deny):
            return False
        return _within(address, self.allow) or not _within(address, SPECIAL)


def _within(address: _Address, networks: Iterable[_Network]) -> bool:
    return any(address.version == each.version and address in each for each in networks)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """The checked parts of a candidate that may be used: UDP, component 1, an IP literal."""

    foundation: str
    priority: str
    address: _Address
    port: int
    kind: str

    def __str__(self) -> str:
        return (
            f"candidate:{self.foundation} 1 udp {self.priority} {self.address} {self.port} "
            f"typ {self.kind}"
        )


def check_candidate(candidate: str, policy: AddressPolicy) -> str | None:
    """Return the candidate rebuilt from its checked parts, or None when it is to be dropped.

    Dropped: names instead of IP literals (`.local` too), TCP, other components than 1, and
    addresses that the policy does not permit. "" (end of candidates) passes.

    Raises:
        BadDescription: it is no candidate at all.
    """
    if candidate == "":
        return ""
    parsed = _parsed(candidate)
    return str(parsed) if parsed is not None and policy.permits(parsed.address) else None


def own_candidate(candidate: str, *, relay_only: bool) -> str | None:
    """Return a terminal's candidate as a page may see it, or None when it is to be dropped.

    Rebuilt like a page's, so without the related address (RFC 8839, 5.1), which is one inside the
    jail. `relay_only` drops all but relay candidates, as `relay_only` does in offers. "" (end of
    candidates) passes.

    Raises:
        BadDescription: it is no candidate at all.
    """
    if candidate == "":
        return ""
    parsed = _parsed(candidate)
    if parsed is None or (relay_only and parsed.kind != "relay"):
        return None
    return str(parsed)


def _parsed(candidate: str) -> _Candidate | None:
    match = _CANDIDATE.match(candidate)
    if match is None:
        raise BadDescription("not an ICE candidate")
    port = int(match["port"])
    if match["transport"].lower() != "udp" or match["component"] != "1" or not 0 < port < 65536:
        return None
    try:
        address = ipaddress.ip_address(match["address"])
    except ValueError:
        return None
    if getattr(address, "scope_id", None) is not None:
        return None  # a zone names an interface of the machine that reads it
    return _Candidate(match["foundation"], match["priority"], address, port, match["kind"])


def check_answer(sdp: str, offer: str, policy: AddressPolicy) -> str:
    """Return a browser's answer to `offer`, rewritten so that only what is let through remains.

    Raises:
        BadDescription: too large, other m-lines than offered, more than one DTLS fingerprint,
            not `setup:active` (the kiosk is the DTLS server), more than 20 candidates.
    """
    if len(sdp.encode()) > MAX_SDP:
        raise BadDescription(f"over {MAX_SDP} bytes")
    lines = sdp.replace("\r\n", "\n").rstrip("\n").split("\n")
    if len(lines) > MAX_LINES or any(len(line) > MAX_LINE for line in lines):
        raise BadDescription("too many or too long lines")
    if not sdp.isascii() or not all(line.isprintable() for line in lines):
        raise BadDescription("characters that SDP does not have")
    if any(len(line) < 2 or line[1] != "=" for line in lines) or lines[0] != "v=0":
        raise BadDescription("not a session description")
    _check_sections(lines, offer)
    _check_identity(lines)
    return "\r\n".join(_rewritten(lines, policy)) + "\r\n"


def sections(sdp: str) -> list[tuple[str, str]]:
    """Return (media kind, mid) of each m-line, in order; the mid is "" where there is none."""
    found: list[tuple[str, str]] = []
    for line in sdp.replace("\r\n", "\n").split("\n"):
        if line.startswith("m="):
            found.append((line[2:].split(" ", 1)[0], ""))
        elif line.startswith("a=mid:") and found:
            found[-1] = (found[-1][0], line[6:])
    return found


def _check_sections(lines: list[str], offer: str) -> None:
    answered, offered = sections("\n".join(lines)), sections(offer)
    if any(kind not in ("audio", "video") for kind, _ in answered):
        raise BadDescription("only audio and video sections are answered")
    if answered != offered:
        raise BadDescription(f"the m-lines are {answered}, offered were {offered}")


def _check_identity(lines: list[str]) -> None:
    fingerprints = {line.lower() for line in lines if line.startswith("a=fingerprint:")}
    if len(fingerprints) != 1 or not _FINGERPRINT.match(next(iter(fingerprints))):
        raise BadDescription("needs exactly one sha-256 DTLS fingerprint")
    setups = {line for line in lines if line.startswith("a=setup:")}
    if setups != {"a=setup:active"}:
        raise BadDescription("needs setup:active, the terminal is the DTLS server")
    if sum(line.startswith("a=candidate:") for line in lines) > MAX_CANDIDATES:
        raise BadDescription(f"more than {MAX_CANDIDATES} candidates")


def _rewritten(lines: list[str], policy: AddressPolicy) -> Iterable[str]:
    for line in lines:
        if line.startswith("a=candidate:"):
            kept = check_candidate(line, policy)
            if kept:
                yield f"a={kept}"
        elif line.startswith("c="):
            # With ICE (RFC 8839, 4.2) the candidates count; this line names an address too.
            yield "c=IN IP4 0.0.0.0"
        elif line.startswith(("a=rtcp:", "a=remote-candidates:")):
            continue
        else:
            yield line
