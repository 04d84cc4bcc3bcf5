"""One UDP socket (or relay) of a connection: media past STUN at once, checks resent from 50 ms on.

Replaces three things of aioice's StunProtocol and Transaction, for every way a datagram can go:

- Upstream parses each datagram as STUN first and queues the rest. Here the first byte decides
  (RFC 7983): 128 to 191 is media and goes to its taker within the same call.
- Upstream resends an unanswered request after 500 ms, and the delay is one constant of its module.
  Here the requests that set up a connection are resent from 50 ms on; those that ask whether the
  other side is still there (consent, `retransmissions=0`) keep upstream's 500 ms, or every call
  with a longer round trip than 50 ms would be taken for dead.
- Upstream lets every exception but ValueError through, and sends on closed sockets.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Any, Final, Protocol

from aioice import Connection, stun
from aioice.ice import StunProtocol

from kiosk.media.seams import private, replace_private

FIRST_RESEND_S: Final = 0.05
LONGEST_RESEND_S: Final = 0.4
LIFE_S: Final = stun.RETRY_RTO * (2 ** (stun.RETRY_MAX + 1) - 1)
"""How long upstream waits for an answer altogether: 63.5 s."""
UNSENT_MAX_BYTES: Final = 256 * 1024
"""What a socket (or a relay's TCP stream) may hold back; then the newest is dropped and counted."""

Address = tuple[str, int]


def resend_delays_s(life_s: float = LIFE_S) -> tuple[float, ...]:
    """Return how long to wait after each sending of a request: 50 ms, doubled up to 400 ms."""
    delays: list[float] = []
    while (spent := sum(delays)) < life_s:
        delay = min(FIRST_RESEND_S * 2 ** len(delays), LONGEST_RESEND_S)
        delays.append(min(delay, life_s - spent))
    return tuple(delays)


RESEND_DELAYS_S: Final = resend_delays_s()


class EagerTransaction(stun.Transaction):
    """A STUN request that is resent by our delays; upstream's answers, failures and life."""

    def __init__(
        self,
        request: stun.Message,
        addr: Address,
        protocol: stun.TransactionSender,
        *,
        integrity_key: bytes | None = None,
        long_term_credential: bool = False,
    ) -> None:
        super().__init__(
            request,
            addr,
            protocol,
            retransmissions=len(RESEND_DELAYS_S) - 1,
            integrity_key=integrity_key,
            long_term_credential=long_term_credential,
        )
        self.addr = addr
        self._sender = protocol
        self._request = request
        self._delays_s = iter(RESEND_DELAYS_S)

    def _Transaction__retry(self) -> None:  # noqa: N802 - upstream's timer, which reads the delay
        replace_private(self, stun.Transaction, "timeout_delay", next(self._delays_s, 0.0))
        private(super(), stun.Transaction, "retry")()

    def repeat(self) -> None:
        """Send the request once more, now; its own resending goes on as it was."""
        future = private(self, stun.Transaction, "future")
        if not future.done():
            self._sender.send_stun(self._request, self.addr)


class Taker(Protocol):
    """What takes the datagrams that are not STUN: `paths.Paths`."""

    def take(self, data: bytes, source: Address) -> None:
        """Take a datagram; neither waits nor raises."""

    def trust(self, source: Address) -> None:
        """Remember an address that has proven by a STUN check that it is the other side."""


class PathProtocol(StunProtocol):
    """The socket's protocol."""

    def __init__(self, paths: Connection, taker: Taker) -> None:
        super().__init__(paths)
        self._taker = taker
        self.unreadable = 0
        """Datagrams that began like STUN and were none."""
        self.unsent = 0
        """Datagrams dropped because the socket was full or closed."""

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        """Take a datagram from the socket."""
        assert isinstance(data, bytes)
        source: Address = addr if len(addr) == 2 else (addr[0], addr[1])
        if data and data[0] > 3:
            self._taker.take(data, source)
            return
        try:
            message = stun.parse_message(data)
        except (ValueError, struct.error):
            self.unreadable += 1
            return
        if message.message_class == stun.Class.REQUEST:
            self.receiver.request_received(message, source, self)
        elif message.message_class != stun.Class.INDICATION:
            transaction = self.transactions.get(message.transaction_id)
            if transaction is not None:
                transaction.response_received(message, source)

    async def request(
        self,
        request: stun.Message,
        addr: Address,
        integrity_key: bytes | None = None,
        retransmissions: int | None = None,
    ) -> tuple[stun.Message, Address]:
        """Send a request and return its answer. Raises stun.TransactionError.

        With `retransmissions` it is upstream's, which waits 500 ms for the first.
        """
        if retransmissions is not None:
            return await super().request(request, addr, integrity_key, retransmissions)
        if integrity_key is not None:
            request.add_message_integrity(integrity_key)
        transaction = EagerTransaction(request, addr, self, integrity_key=integrity_key)
        self.transactions[request.transaction_id] = transaction
        try:
            return await transaction.run()
        finally:
            del self.transactions[request.transaction_id]

    def repeat_requests(self, addr: Address) -> None:
        """Send what `addr` has not answered yet once more."""
        for transaction in self.transactions.values():
            if isinstance(transaction, EagerTransaction) and transaction.addr == addr:
                transaction.repeat()

    def send_stun(self, message: stun.Message, addr: Address) -> None:
        """Send a message; a success response means that the request was authentic."""
        if message.message_class == stun.Class.RESPONSE:
            self._taker.trust(addr)
        self.send_now(bytes(message), addr)

    async def send_data(self, data: bytes, addr: Address) -> None:
        """Send a datagram."""
        self.send_now(data, addr)

    def send_now(self, data: bytes, addr: Address) -> bool:
        """Send a datagram at once; False when the socket could not take it."""
        transport: Any = self.transport  # typeshed's DatagramTransport lacks the buffer's size
        if transport.is_closing() or transport.get_write_buffer_size() > UNSENT_MAX_BYTES:
            self.unsent += 1
            return False
        transport.sendto(data, addr)
        return True


class DatagramQueue(asyncio.Queue[Any]):
    """DTLS datagrams for their reader. Full: the newest is dropped, counted; None always fits."""

    LIMIT: Final = 1024

    def __init__(self) -> None:
        super().__init__()
        self.dropped = 0

    def put_nowait(self, item: Any) -> None:
        """Add, or drop."""
        if item is not None and self.qsize() >= self.LIMIT:
            self.dropped += 1
            return
        super().put_nowait(item)
