"""TURN relays: one allocation from the first server that answers, released for certain.

Replaces these parts of aioice's turn.py:

- Only one TURN server is known there. Here the list is tried in order, the next one beginning when
  the one before failed or has said nothing for a while (as RFC 8305 does for addresses); the first
  that answers is kept.
- Requests are resent from 50 ms on (see checks.py).
- A datagram to a bound channel leaves in the same call; upstream makes a task for each, and a
  task for each datagram while a channel is being rebound.
- A channel is rebound after 240 s: its permission lasts 300 s (RFC 8656 section 9) and upstream's
  500 s rely on the server renewing it for longer.
- Releasing the allocation waits a second for the answer, not the minute that a dead server costs;
  an allocation given up half way is released too.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any, Final, TypeVar

from aioice import stun, turn
from aiortc import RTCIceServer
from aiortc.rtcicetransport import parse_stun_turn_uri
from msgspec import Struct

from kiosk.media.checks import Address, EagerTransaction, PathProtocol

_log = logging.getLogger(__name__)

P = TypeVar("P", bound=asyncio.DatagramProtocol)

ALLOCATE_S: Final = 5.0
"""How long one server may take."""
NEXT_SERVER_S: Final = 0.25
"""The next server's start, when the one before has not answered (RFC 8305 section 8)."""
RELEASE_S: Final = 1.0
RELEASE_AGAIN_S: Final = 0.1
"""How long after its release an allocation that may just be made is released once more."""
REBIND_S: Final = 240
REBIND_AGAIN_S: Final = 10
SENDING_MAX: Final = 64
"""Datagrams that may wait for their channel to be bound; then the newest are dropped."""


class StunServer(Struct, frozen=True):
    """Where to ask how we look from outside."""

    host: str
    port: int


class TurnServer(Struct, frozen=True):
    """Where to ask for a relay."""

    host: str
    port: int
    username: str
    password: str
    transport: str
    is_tls: bool

    def __str__(self) -> str:
        """Return the URI, without the credential."""
        scheme = "turns" if self.is_tls else "turn"
        return f"{scheme}:{self.host}:{self.port}?transport={self.transport}"


def parse_servers(
    servers: Iterable[RTCIceServer],
) -> tuple[tuple[StunServer, ...], tuple[TurnServer, ...]]:
    """Return every STUN and TURN server of a configuration, in order, each once.

    What we do not speak (stuns:, TURN over DTLS) is passed over with a log line. Raises ValueError
    for what is no URI of RFC 7064 or RFC 7065.
    """
    stuns: dict[StunServer, None] = {}
    turns: dict[TurnServer, None] = {}
    for server in servers:
        for uri in [server.urls] if isinstance(server.urls, str) else server.urls:
            parsed = parse_stun_turn_uri(uri)
            scheme, transport = parsed["scheme"], parsed.get("transport")
            if scheme == "stun":
                stuns[StunServer(parsed["host"], parsed["port"])] = None
            elif (scheme, transport) in {("turn", "udp"), ("turn", "tcp"), ("turns", "tcp")}:
                username, password = str(server.username or ""), str(server.credential or "")
                where = (parsed["host"], parsed["port"], username, password)
                turns[TurnServer(*where, str(transport), is_tls=scheme == "turns")] = None
            else:
                _log.warning("%s is passed over: not supported", uri)
    return tuple(stuns), tuple(turns)


class _EagerClient(turn.TurnClientMixin):
    """What both kinds of client (UDP, TCP) do other than upstream."""

    transport: Any

    async def request(self, request: stun.Message) -> tuple[stun.Message, Address]:
        if self.integrity_key:
            self._TurnClientMixin__add_authentication(request)  # type: ignore[attr-defined]
        transaction = EagerTransaction(
            request,
            self.server,
            self,
            integrity_key=self.integrity_key,
            long_term_credential=True,
        )
        self.transactions[request.transaction_id] = transaction
        try:
            return await transaction.run()
        finally:
            del self.transactions[request.transaction_id]

    def datagram_received(self, data: bytes | str, addr: Address) -> None:
        # A server that sends nonsense must not raise into the loop (upstream: ValueError only).
        with suppress(struct.error):
            super().datagram_received(data, addr)

    async def delete(self) -> None:
        try:
            async with asyncio.timeout(RELEASE_S):
                await super().delete()
        except TimeoutError:
            _log.info("the relay %s did not confirm its release", self.server)

    def abandon(self) -> None:
        """Release, without waiting, what the server may have allocated for a cancelled request."""
        self._release()
        self.transport.close()

    def _release(self) -> None:
        if self.integrity_key is not None and not self.transport.is_closing():
            request = stun.Message(stun.Method.REFRESH, stun.Class.REQUEST)
            request.attributes["LIFETIME"] = 0
            self._TurnClientMixin__add_authentication(request)  # type: ignore[attr-defined]
            self.send_stun(request, self.server)


class UdpClient(_EagerClient, turn.TurnClientUdpProtocol):
    """TURN over UDP."""

    def abandon(self) -> None:
        """Release as above, and once more: a server that still allocates may miss the first word.

        (coturn did, two times of 25.)
        """
        if self.integrity_key is None or self.transport.is_closing():
            self.transport.close()
            return
        self._release()
        asyncio.get_running_loop().call_later(RELEASE_AGAIN_S, super().abandon)


class TcpClient(_EagerClient, turn.TurnClientTcpProtocol):
    """TURN over TCP or TLS."""


class RelayTransport(turn.TurnTransport):
    """The relayed address as a datagram transport, with what `PathProtocol` asks of one."""

    def __init__(self, client: UdpClient | TcpClient) -> None:
        super().__init__(client)
        self._client = client
        self._rebinding: set[asyncio.Task[None]] = set()
        self._is_closing = False

    def is_closing(self) -> bool:
        """Whether it is closed, or its allocation is lost."""
        return self._is_closing or bool(self._client.transport.is_closing())

    def get_write_buffer_size(self) -> int:
        """Return the bytes that wait in our socket to the server."""
        return int(self._client.transport.get_write_buffer_size())

    def close(self) -> None:
        """Release the allocation, then close; `connection_lost` follows within RELEASE_S."""
        self._is_closing = True
        for task in self._rebinding:
            task.cancel()
        super().close()

    def sendto(self, data: bytes, addr: Address) -> None:
        """Send to a peer; at once when its channel is bound."""
        client = self._client
        channel = client.peer_to_channel.get(addr)
        if channel is None:
            if len(self._TurnTransport__send_tasks) < SENDING_MAX:  # type: ignore[attr-defined]
                super().sendto(data, addr)
            return
        if time.time() > client.channel_refresh_at[channel]:
            client.channel_refresh_at[channel] = time.time() + REBIND_AGAIN_S
            task = asyncio.create_task(self._rebind(channel, addr))
            self._rebinding.add(task)
            task.add_done_callback(self._rebinding.discard)
        client._send(struct.pack("!HH", channel, len(data)) + data)

    async def _rebind(self, channel: int, addr: Address) -> None:
        try:
            await self._client.channel_bind(channel, addr)
        except (stun.TransactionError, OSError) as problem:
            _log.warning("could not rebind the relay's channel: %s", problem)
        else:
            self._client.channel_refresh_at[channel] = time.time() + REBIND_S


async def open_relay(server: TurnServer, make: Callable[[], PathProtocol]) -> PathProtocol:
    """Allocate a relay; the returned protocol's `transport` is a RelayTransport.

    Raises OSError (also TimeoutError after ALLOCATE_S) and stun.TransactionError. Cancelled, or
    too late, it leaves nothing at the server.
    """
    async with asyncio.timeout(ALLOCATE_S):
        client = await _reach(server)
        try:
            protocol = make()
            await RelayTransport(client)._connect(protocol)
        except BaseException:
            client.abandon()
            raise
    return protocol


async def _reach(server: TurnServer) -> UdpClient | TcpClient:
    loop = asyncio.get_running_loop()
    address = (server.host, server.port)
    login = (address, server.username, server.password, turn.DEFAULT_ALLOCATION_LIFETIME, REBIND_S)
    if server.transport == "tcp":
        _, stream = await loop.create_connection(
            lambda: TcpClient(*login), *address, ssl=server.is_tls or None
        )
        return stream
    found = await loop.getaddrinfo(*address, type=socket.SOCK_DGRAM)
    host, port = found[0][4][:2]
    return await open_datagrams(lambda: UdpClient(*login), remote_addr=(str(host), int(port)))


async def open_datagrams(
    make: Callable[[], P],
    *,
    local_addr: Address | None = None,
    remote_addr: Address | None = None,
) -> P:
    """Open a UDP socket with room for a burst of pictures; cancelled, it leaves none.

    The addresses are numbers, so that it ends within a few turns of the loop: it always goes to its
    end, because uvloop's create_datagram_endpoint leaves its socket open when it is cancelled half
    way. Raises OSError.
    """
    opening = asyncio.ensure_future(
        asyncio.get_running_loop().create_datagram_endpoint(
            make, local_addr=local_addr, remote_addr=remote_addr
        )
    )
    try:
        transport, protocol = await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_shut)
        raise
    found = transport.get_extra_info("socket")
    if found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, turn.UDP_SOCKET_BUFFER_SIZE)
    return protocol


def _shut(opening: asyncio.Future[tuple[asyncio.DatagramTransport, Any]]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result()[0].close()


async def first_relay(
    servers: Iterable[TurnServer],
    allocate: Callable[[TurnServer], Coroutine[Any, Any, PathProtocol]],
) -> PathProtocol | None:
    """Return the first relay that comes up, or None; each failure is logged with its reason.

    At most one allocation remains, none when cancelled.
    """
    waiting = list(servers)
    running: dict[asyncio.Task[PathProtocol], TurnServer] = {}
    try:
        while waiting or running:
            if waiting:
                server = waiting.pop(0)
                running[asyncio.create_task(allocate(server))] = server
            done, _ = await asyncio.wait(
                running,
                timeout=NEXT_SERVER_S if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                if _came_up(task, running[task]):
                    await _give_up(each for each in running if each is not task)
                    return task.result()
                del running[task]
    except BaseException:
        await _give_up(running)
        raise
    return None


def _came_up(task: asyncio.Task[PathProtocol], server: TurnServer) -> bool:
    problem = task.exception()
    if problem is None:
        return True
    if not isinstance(problem, (OSError, stun.TransactionError)):
        raise problem
    reason = f"no answer within {ALLOCATE_S:g} s" if isinstance(problem, TimeoutError) else problem
    _log.warning("no relay from %s: %s", server, reason)
    return False


async def _give_up(tasks: Iterable[asyncio.Task[PathProtocol]]) -> None:
    given_up = list(tasks)
    for task in given_up:
        task.add_done_callback(_release)  # also when we are cancelled ourselves meanwhile
        task.cancel()
    for result in await asyncio.gather(*given_up, return_exceptions=True):
        if isinstance(result, PathProtocol):
            await result.close()


def _release(task: asyncio.Task[PathProtocol]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().transport.close()
