"""Who may come in: sockets counted from their first moment, in all and by address, half-open too.

Under TLS the handshake is waited for here, so that a socket which never ends it is counted like
one that never sends its request.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, cast

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request
from websockets.protocol import State

from config.schema import Limits
from signalling.hub.addresses import Proxies, counted_as
from signalling.hub.audit_trail import AuditTrail
from signalling.hub.coalesced import Coalesced
from signalling.hub.tls import Certificate
from signalling.hub.tls_layer import TlsLayer

log = logging.getLogger(__name__)

NOW_BYTES: Final = 32 * 1024
"""Less than asyncio's high-water mark: below it nothing waits for the client to read."""
PING: Final = b"\x89\x00"
"""An empty ping, whole (RFC 6455, 5.5.2): what a server sends has no mask."""


class Doorkeeper:
    """Counts sockets in total and per address, and those of them that have asked nothing yet."""

    def __init__(self, limits: Limits, trail: AuditTrail) -> None:
        self._trail = trail
        self._limits = limits
        self._sockets = self._gone = 0
        self._half_open = 0
        self._open: Counter[str] = Counter()
        self._half_open_of: Counter[str] = Counter()
        self._said = Coalesced(log)

    @property
    def half_open(self) -> int:
        """Sockets that have asked nothing yet."""
        return self._half_open

    def sockets(self) -> tuple[int, int]:
        """Return how many are open, and how many were and are gone."""
        return self._sockets, self._gone

    def enter(self, address: str | None) -> bool:
        """Count a new socket, which is half-open; False when it is one too many.

        A trusted proxy's has no address yet. Pair with `leave` either way.
        """
        limits = self._limits
        self._sockets += 1
        self._half_open += 1
        over = ""
        if self._sockets > limits.connections:
            over = "limits.connections"
        elif self._half_open > limits.half_open:
            over = "limits.half_open"
        if address is not None:
            over = self._count(address) or over
            self._half_open_of[address] += 1
            if self._half_open_of[address] > limits.half_open_per_address:
                over = over or "limits.half_open_per_address"
        return self._judge(over, address or "a proxy")

    def enter_from(self, address: str) -> bool:
        """Count a proxy's socket by whom it is for; False when that is one too many."""
        return self._judge(self._count(address), address)

    def _count(self, address: str) -> str:
        self._open[address] += 1
        over = self._open[address] > self._limits.connections_per_address
        return "limits.connections_per_address" if over else ""

    def _judge(self, over: str, address: str) -> bool:
        if over:
            self._trail.count("too-many-connections", origin=address, limit=over)
            self._said.warning(over, "too many connections: %s; refused one of %s", over, address)
        return not over

    def asked(self, address: str | None) -> None:
        """A socket has said what it wants, or is gone: half-open no more."""
        self._half_open -= 1
        if address is not None:
            _count_down(self._half_open_of, address)

    def leave(self, address: str | None) -> None:
        """Count a socket, of an address if it had one, no more."""
        self._sockets -= 1
        self._gone += 1
        if address is not None:
            _count_down(self._open, address)


def _count_down(counts: Counter[str], key: str) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]


class Arrival:
    """One socket in the doorkeeper's books."""

    def __init__(self, doorkeeper: Doorkeeper, proxies: Proxies) -> None:
        self._doorkeeper = doorkeeper
        self._proxies = proxies
        self._peer = "unknown"
        self._counted: str | None = None
        self._half_open: str | None = None
        self._inside = self._asked = False
        self.by_proxy = False

    @property
    def address(self) -> str:
        """Whoever is at the other end, as far as we know by now."""
        return self._counted or self._peer

    def arrive(self, transport: asyncio.BaseTransport) -> bool:
        """Count it; whether it may come in."""
        peer = transport.get_extra_info("peername")
        self._peer = counted_as(peer[0]) if peer else "unknown"
        self.by_proxy = bool(peer) and self._proxies.trusts(peer[0])
        self._inside = True
        if not self.by_proxy:
            self._counted = self._half_open = self._peer
        return self._doorkeeper.enter(self._counted)

    def ask(self, request: Request) -> bool:
        """It has sent its request; whether whom it is for may have one more connection."""
        self._ask_once()
        if not self.by_proxy:
            return True
        forwarded = ",".join(request.headers.get_all("X-Forwarded-For"))
        self._counted = self._proxies.behind(self._peer, forwarded)
        return self._doorkeeper.enter_from(self._counted)

    def _ask_once(self) -> None:
        if not self._asked:
            self._asked = True
            self._doorkeeper.asked(self._half_open)

    def leave(self) -> None:
        """It is gone."""
        if self._inside:
            self._inside = False
            self._ask_once()
            self._doorkeeper.leave(self._counted)


class Connection(ServerConnection):
    """A connection that the doorkeeper knows from its first moment."""

    # With three attributes more the library's dict would have no shared keys: 1.4 KiB each.
    __slots__ = ("arrival", "heard_at", "secure")

    def __init__(self, arrival: Arrival, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        own = cast("logging.LoggerAdapter[logging.Logger]", self.logger)
        # Nobody reads what each connection's own logger would add.
        self.logger = self.protocol.logger = own.logger
        self.arrival = arrival
        self.secure = False
        """Whether its first hop is ours and encrypted."""
        self.heard_at = self.loop.time()
        """When anything last came from it; see `heart`."""

    @property
    def address(self) -> str:
        """Whom limits and throttles count."""
        return self.arrival.address

    def is_secure(self, request: Request) -> bool | None:
        """Whether the page came by https; None where a trusted proxy does not say."""
        if self.secure or not self.arrival.by_proxy:
            return self.secure
        said = request.headers.get_all("X-Forwarded-Proto")
        proto = said[0].strip().lower() if len(said) == 1 else ""
        return {"https": True, "http": False}.get(proto)

    def forget_headers(self) -> None:
        """Free what the handshake said: 3 KiB of each connection, for as long as it lives."""
        # Its parser has the request too, and would keep them.
        if self.request is not None:
            self.request.headers.clear()
        self.response = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in or drop it at once."""
        welcome = self.secure or self.arrival.arrive(transport)
        super().connection_made(transport)
        if not welcome:
            self.transport.abort()

    def send_now(self, message: bytes, snapshot: str) -> bool:
        """Send a text frame unless much waits to be taken already; see `socket.Socket`.

        It spares most frames a turn of the loop and a task that waits for them.
        """
        transport = self.transport
        if (
            self.protocol.state is not State.OPEN
            or transport.is_closing()
            or transport.get_write_buffer_size() > NOW_BYTES
        ):
            return False
        self.protocol.send_text(message)
        self.send_data()
        return True

    @property
    def open(self) -> bool:
        """Whether frames may be sent."""
        return self.protocol.state is State.OPEN

    def ask(self) -> None:
        """Send a ping; the pong, like everything, sets `heard_at`."""
        if not self.paused:  # else it takes nothing, and silence alone will tell
            self.transport.write(PING)

    def data_received(self, data: bytes) -> None:
        """Something came."""
        self.heard_at = self.loop.time()
        super().data_received(data)

    def abort(self) -> None:
        """Cut it: a close frame would wait behind what the other end does not read."""
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self.arrival.leave()
        super().connection_lost(exc)


class TlsGate(asyncio.Protocol):
    """Counts a socket before its TLS handshake like a connection, and puts the handshake first."""

    def __init__(self, connection: Connection, context: ssl.SSLContext, within_s: float) -> None:
        self._connection = connection
        self._context = context
        self._within_s = within_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it, and begin the handshake."""
        plain = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        arrival = self._connection.arrival
        if not arrival.arrive(plain):
            plain.abort()
            return
        self._connection.secure = True
        layer = TlsLayer(self._connection, self._context, self._within_s, arrival.leave)
        plain.set_protocol(layer)
        layer.connection_made(plain)

    def connection_lost(self, exc: Exception | None) -> None:
        """It was not let in."""
        self._connection.arrival.leave()


def connections(
    doorkeeper: Doorkeeper, proxies: Proxies, certificate: Certificate | None, within_s: float
) -> Callable[..., asyncio.Protocol]:
    """Return what makes the protocol of each new socket."""

    def make(*args: Any, **options: Any) -> asyncio.Protocol:
        connection = Connection(Arrival(doorkeeper, proxies), *args, **options)
        if certificate is None:
            return connection
        return TlsGate(connection, certificate.context, within_s)

    return make
