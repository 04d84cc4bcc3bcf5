"""Gathering that makes nobody wait: our own addresses at once, what servers say when they say it.

The first half of `paths.Paths`, which see.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final

from aioice import Candidate, Connection, TransportPolicy, stun
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import StunProtocol, get_host_addresses

from kiosk.media.checks import Address, PathProtocol
from kiosk.media.relays import StunServer, TurnServer, first_relay, open_datagrams, open_relay

_log = logging.getLogger(__name__)

COMPONENT: Final = 1
"""RTP and RTCP share one (RFC 8834)."""
STUN_S: Final = 5.0
"""How long a STUN server may take."""


class Gathering(Connection, ABC):
    """An ICE connection of one component that looks for its own candidates."""

    def __init__(
        self,
        stun_servers: Sequence[StunServer] = (),
        turn_servers: Sequence[TurnServer] = (),
        *,
        policy: TransportPolicy = TransportPolicy.ALL,
        addresses: Sequence[str] = (),
    ) -> None:
        """Make one; `addresses` are the local addresses to use, none given: all."""
        super().__init__(ice_controlling=False, transport_policy=policy)
        self.on_candidate: Callable[[str], None] | None = None
        """Told what is found after gathering returned: "candidate:..." lines, at last ""."""
        self.on_searched: Callable[[], None] | None = None
        """Told when no server can answer any more."""
        self._stun_servers = tuple(stun_servers)
        self._turn_servers = tuple(turn_servers)
        self._addresses = tuple(addresses)
        self._search: asyncio.Task[None] | None = None
        self._is_searching = False
        self._found = asyncio.Event()

    @property
    def is_searching(self) -> bool:
        """Whether a server may still answer with another candidate of ours."""
        return self._is_searching

    @abstractmethod
    def take(self, data: bytes, source: Address) -> None:
        """Take a datagram that is not STUN."""

    @abstractmethod
    def trust(self, source: Address) -> None:
        """Remember an address that a STUN check has proven to be the other side."""

    async def gather_candidates(self) -> None:
        """Bind the host addresses and begin to ask the servers; call it once, before `connect`."""
        if self._local_candidates_start or self._closing:
            return
        self._local_candidates_start = True
        searches: list[Callable[[], Coroutine[Any, Any, None]]] = []
        if self._transport_policy is TransportPolicy.ALL:
            addresses = self._addresses or get_host_addresses(use_ipv4=True, use_ipv6=True)
            await asyncio.gather(*map(self._bind, addresses))
            searches += [partial(self._ask, server) for server in self._stun_servers]
        if self._turn_servers:
            searches.append(self._relay)
        if searches and not self._closing:
            self._is_searching = True
            self._search = asyncio.create_task(self._run(searches))
            self._search.add_done_callback(self._searched)
            if not self._local_candidates:
                await self._found.wait()
        if not self._local_candidates and not self._closing:
            _log.warning("%s: no address and no relay to be reached at", self)
        self._local_candidates_end = True

    async def _bind(self, address: str) -> None:
        try:
            protocol = await open_datagrams(
                lambda: PathProtocol(self, self), local_addr=(address, 0)
            )
        except OSError as problem:
            _log.info("%s: could not bind %s: %s", self, address, problem)
            return
        if self._closing:  # meanwhile; nobody would close it any more
            protocol.transport.close()
            return
        self._protocols.append(protocol)
        protocol.local_candidate = _candidate("host", protocol.transport.get_extra_info("sockname"))
        self._add_local(protocol.local_candidate)

    async def _run(self, searches: list[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        async with asyncio.TaskGroup() as group:
            for search in searches:
                group.create_task(search())

    def _searched(self, search: asyncio.Task[None]) -> None:
        self._is_searching = False
        self._found.set()
        if not search.cancelled() and (problem := search.exception()) is not None:
            _log.error("%s: gathering failed", self, exc_info=problem)
        if self._closing:
            return
        if self._early_checks_done:
            self._check_list_maybe_fail()
        if self._local_candidates_end and self.on_candidate is not None:
            self.on_candidate("")
        if self.on_searched is not None:
            self.on_searched()

    def _add_local(self, candidate: Candidate) -> None:
        self._local_candidates.append(candidate)
        self._found.set()
        if self._local_candidates_end and self.on_candidate is not None:
            self.on_candidate(f"candidate:{candidate.to_sdp()}")

    async def _ask(self, server: StunServer) -> None:
        """Ask a STUN server, from each IPv4 socket, how we look from outside."""
        try:
            async with asyncio.timeout(STUN_S):
                found = await asyncio.get_running_loop().getaddrinfo(
                    server.host, server.port, family=socket.AF_INET, type=socket.SOCK_DGRAM
                )
                address: Address = str(found[0][4][0]), int(found[0][4][1])
                hosts = [each for each in self._protocols if _is_ipv4_host(each)]
                await asyncio.gather(*(self._reflect(each, address) for each in hosts))
        except (OSError, stun.TransactionError) as problem:
            reason = (
                f"no answer within {STUN_S:g} s" if isinstance(problem, TimeoutError) else problem
            )
            _log.warning("nothing from stun:%s:%d: %s", server.host, server.port, reason)

    async def _reflect(self, protocol: StunProtocol, server: Address) -> None:
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        response, source = await protocol.request(request, server)
        mapped = response.attributes.get("XOR-MAPPED-ADDRESS")
        # Redundant where another candidate has the same address (RFC 8445 section 5.1.3): there
        # is no NAT, or another server has said the same.
        known = {(each.host, each.port) for each in self._local_candidates}
        if source == server and mapped is not None and mapped not in known:
            base = protocol.local_candidate
            self._add_local(_candidate("srflx", mapped, (base.host, base.port)))

    async def _relay(self) -> None:
        protocol = await first_relay(self._turn_servers, self._allocate)
        if protocol is None:
            return
        transport = protocol.transport
        own, base = (
            transport.get_extra_info("sockname"),
            transport.get_extra_info("related_address"),
        )
        if self._transport_policy is TransportPolicy.RELAY:
            # The related address would say what the policy hides (RFC 9429 section 3.5.3).
            base = ("::", 9) if ":" in own[0] else ("0.0.0.0", 9)  # noqa: S104 - RFC 8839
        protocol.local_candidate = _candidate("relay", own, base)
        self._protocols.append(protocol)
        self._add_local(protocol.local_candidate)
        for remote in self._remote_candidates if self._early_checks_done else ():
            self._pair_remote_candidate(remote)
        self.sort_check_list()

    async def _allocate(self, server: TurnServer) -> PathProtocol:
        return await open_relay(server, lambda: PathProtocol(self, self))


def _is_ipv4_host(protocol: StunProtocol) -> bool:
    return protocol.local_candidate.type == "host" and "." in protocol.local_candidate.host


def _candidate(kind: str, own: Sequence[Any], base: Address | None = None) -> Candidate:
    host = base[0] if base is not None and kind == "srflx" else own[0]
    return Candidate(
        foundation=candidate_foundation(kind, "udp", host),
        component=COMPONENT,
        transport="udp",
        priority=candidate_priority(COMPONENT, kind),
        host=own[0],
        port=own[1],
        type=kind,
        related_address=None if base is None else base[0],
        related_port=None if base is None else base[1],
    )
