"""Pure: which STUN and TURN servers a visit's two ends get, with credentials of their own.

Credentials follow the TURN REST convention (coturn: `use-auth-secret`): the user is
`EXPIRY:VISIT`, the password base64(HMAC-SHA1(secret, user)). They expire at the visit's end.
"""

from __future__ import annotations

import base64
import hmac
import math

from config.schema import Turn
from signalling.wire import IceServer


def ice_servers(turn: Turn, visit: str, ends_at: float) -> tuple[IceServer, ...]:
    """Return the servers for a visit that ends at `ends_at`; none when none are configured."""
    servers: list[IceServer] = []
    if turn.stun_urls:
        servers.append(IceServer(urls=turn.stun_urls))
    if turn.urls:
        user = f"{math.ceil(ends_at)}:{visit}"
        digest = hmac.digest(turn.secret.reveal().encode(), user.encode(), "sha1")
        servers.append(
            IceServer(urls=turn.urls, username=user, credential=base64.b64encode(digest).decode())
        )
    return tuple(servers)


def relay_only(sdp: str) -> str:
    """Return an offer without anything that shows an address of the jail's own.

    The terminal gathers relay candidates only under the policy `relay`; this holds even when it
    does not: other candidates go, related addresses too, and what names the first one's address
    (`c=`, `a=rtcp:`, `o=`; aiortc writes a host's there).
    """
    kept = (_without_own_address(line) for line in sdp.splitlines())
    return "".join(f"{line}\r\n" for line in kept if line is not None)


def _without_own_address(line: str) -> str | None:
    if line.startswith("a=candidate:"):
        fields = line.split(" ")[:8]  # RFC 8839, 5.1: up to "typ relay", related address after it
        return " ".join(fields) if fields[6:] == ["typ", "relay"] else None
    if line.startswith("c="):
        return "c=IN IP4 0.0.0.0"
    if line.startswith("a=rtcp:"):
        return None
    if line.startswith("o="):
        return f"{line.rsplit(' ', 3)[0]} IN IP4 0.0.0.0"
    return line
