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
    """Return an offer without the candidates that show an address of the jail's own.

    The terminal gathers relay candidates only under the policy `relay`; this holds even when it
    does not.
    """
    return "".join(
        line
        for line in sdp.splitlines(keepends=True)
        if not line.startswith("a=candidate:") or " typ relay" in line
    )
