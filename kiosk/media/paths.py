"""The ways from this terminal to the family's browser: ICE, without its waits.

Replaces these parts of aioice's Connection (ice.py of 0.13):

- `gather_candidates` returns when the host addresses are bound. Upstream waits there for STUN and
  TURN, 5 s when one of them is dead. Here they go on behind: what they find later is paired with
  every remote candidate, checked, and told by `on_candidate`. Only where there is nothing else (the
  relay policy, or no address of our own) gathering waits for the first relay, and for a dead server
  no longer than `relays.ALLOCATE_S`.
- Every server of the list is used; upstream takes the first of each kind.
- `connect` wakes for what happens; upstream looks every 20 ms. Checks still start one after the
  other, TA_S apart (RFC 8445 section 14.2 allows no less).
- Datagrams: see checks.py; `media` is called for each packet within the socket's own call, DTLS
  waits in a bounded queue, and both only from addresses that a STUN check has proven.
- `.local` names are dropped; upstream asks the network for a second.
- Lists that the other side fills (pairs, peer-reflexive candidates) have an end.

How `transport.py` and `peer.py` build it, before the RTCIceTransport is made (which copies
`_connection.recv` and `.send`), in the place of aiortc's `__createDtlsTransport`::

    made = paths.gatherer(servers, policy, addresses)
    made.paths.on_candidate = tell             # "candidate:..." and at last ""
    ice = RTCIceTransport(made)
    dtls = Transport(ice, certificates)        # class Transport(handshake.Handshake)
    made.paths.media = dtls.take               # SRTP and SRTCP, as they come
    ...
    made.paths.send_now(packet)                # False: no way there (yet), or the socket is full

`on_candidate` may be called from the moment that `gather` returned, so before the offer is on its
way: whoever sends it keeps the candidates until the offer has gone. While something is still being
looked for, the gatherer's state stays "gathering", so the offer has no `a=end-of-candidates`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from aioice import Candidate, TransportPolicy, stun
from aioice.ice import (
    ICE_COMPLETED,
    CandidatePair,
    StunProtocol,
    candidate_pair_priority,
)
from aioice.mdns import is_mdns_hostname
from aiortc import RTCIceServer, RTCIceTransportPolicy
from aiortc.rtcicetransport import ICE_TRANSPORT_POLICIES, RTCIceGatherer

from kiosk.media.checks import Address, DatagramQueue, PathProtocol
from kiosk.media.gathering import COMPONENT, Gathering
from kiosk.media.relays import StunServer, TurnServer, parse_servers

_log = logging.getLogger(__name__)

TA_S: Final = 0.005
"""Between the starts of two checks (RFC 8445 section 14.2)."""
PAIRS_MAX: Final = 100
"""RFC 8445 section 6.1.2.5."""
DTLS: Final = range(20, 64)
MEDIA: Final = range(128, 192)
"""What the first byte of a datagram says (RFC 7983)."""


class Paths(Gathering):
    """An ICE connection of one component; see the top of the file for what differs."""

    def __init__(
        self,
        stun_servers: Sequence[StunServer] = (),
        turn_servers: Sequence[TurnServer] = (),
        *,
        policy: TransportPolicy = TransportPolicy.ALL,
        addresses: Sequence[str] = (),
    ) -> None:
        """Make one; `addresses` are the local addresses to use, none given: all."""
        super().__init__(stun_servers, turn_servers, policy=policy, addresses=addresses)
        self.media: Callable[[bytes], None] | None = None
        """Takes each SRTP and SRTCP packet; without one they are queued as upstream does."""
        self.strangers = 0
        """Datagrams dropped because their sender has not proven to be the other side."""
        self._checkable = asyncio.Event()
        self._trusted: set[Address] = set()
        self._route: tuple[PathProtocol, Address] | None = None
        self._comparing: asyncio.Task[None] | None = None
        self._datagrams = DatagramQueue()
        self._queue = self._datagrams

    @property
    def dropped(self) -> int:
        """DTLS datagrams that did not fit into their queue."""
        return self._datagrams.dropped

    # -- checking -------------------------------------------------------------------------------

    async def add_remote_candidate(self, remote_candidate: Candidate | None) -> None:
        """Add a candidate of the other side; None when no more will come."""
        if remote_candidate is not None:
            if is_mdns_hostname(remote_candidate.host):
                return
            if len(self._remote_candidates) >= PAIRS_MAX:
                _log.info("%s: one remote candidate too many", self)
                return
        await super().add_remote_candidate(remote_candidate)

    async def connect(self) -> None:
        """Check the pairs until one is nominated. Raises ConnectionError when none can be."""
        if not self._local_candidates_end:
            raise ConnectionError("Local candidates gathering was not performed")
        if self.remote_username is None or self.remote_password is None:
            raise ConnectionError("Remote username or password is missing")
        for remote in self._remote_candidates:
            self._pair_remote_candidate(remote)
        self.sort_check_list()
        self._unfreeze_initial()
        for early in self._early_checks:
            self.check_incoming(*early)
        self._early_checks.clear()
        self._early_checks_done = True
        self._check_list_maybe_fail()
        pacing = asyncio.create_task(self._pace())
        try:
            result = await self._check_list_state.get()
        finally:
            pacing.cancel()
            self._stop_checks()
        if result != ICE_COMPLETED:
            raise ConnectionError("ICE negotiation failed")
        self._query_consent_task = asyncio.create_task(self.query_consent())
        if self._search is not None:
            self._search.cancel()  # the call stands: what would come now costs a relay for nothing

    def _stop_checks(self) -> None:
        """Cancel what is under way. Failed, not in progress: the other side may check it anew."""
        for pair in self._check_list:
            if pair.task is not None:
                pair.task.cancel()
                pair.task = None
                self.check_state(pair, CandidatePair.State.FAILED)

    async def _pace(self) -> None:
        while True:
            self._checkable.clear()
            if self._start_next():
                await asyncio.sleep(TA_S)
            else:
                await self._checkable.wait()

    def _start_next(self) -> bool:
        """Start the best waiting check, or else the best frozen one; False when there is none."""
        for state in (CandidatePair.State.WAITING, CandidatePair.State.FROZEN):
            for pair in self._check_list:
                if pair.state is state and pair.task is None:
                    self.check_start_task(pair)
                    return True
        return False

    def _pair_remote_candidate(self, remote_candidate: Candidate) -> None:
        if len(self._check_list) < PAIRS_MAX:
            super()._pair_remote_candidate(remote_candidate)
        self._checkable.set()

    def check_incoming(self, message: stun.Message, addr: Address, protocol: StunProtocol) -> None:
        """Answer an authentic check of the other side with one of ours.

        One that is under way is repeated (RFC 8445 section 7.3.1.4): the way in its direction may
        have opened only now, in a NAT or a relay. Upstream leaves it to its timer.
        """
        assert isinstance(protocol, PathProtocol)
        protocol.repeat_requests(addr)
        known = any((each._network_host, each.port) == addr for each in self._remote_candidates)
        is_full = max(len(self._remote_candidates), len(self._check_list)) >= PAIRS_MAX
        if "PRIORITY" in message.attributes and (known or not is_full):
            super().check_incoming(message, addr, protocol)
            self._consider(addr, protocol)

    def _consider(self, addr: Address, protocol: PathProtocol) -> None:
        """Look whether the present way lives, when the other side checks one that did for us.

        It does so when its own is silent, and waits for us: nominating is the controlling side's.
        """
        present = self._nominated.get(COMPONENT)
        for pair in self._check_list if present is not None else ():
            checked = pair.state is CandidatePair.State.SUCCEEDED and pair.nominated
            if checked and pair.protocol is protocol and pair.remote_addr == addr:
                self._compare_soon(pair)

    def check_complete(self, pair: CandidatePair) -> None:
        """Take a check's end: the nominated pair is the way that data goes.

        Browsers check their spare ways during a call too. Upstream takes each that succeeds for
        the new way, be it a relay; here one that is no better is only taken when the present one is
        silent.
        """
        present = self._nominated.get(COMPONENT)
        super().check_complete(pair)
        self._checkable.set()
        if pair.state is not CandidatePair.State.SUCCEEDED:
            return
        self.trust(pair.remote_addr)
        if not pair.nominated or pair is present:
            return
        if present is None or self._priority(pair) > self._priority(present):
            self._go_by(pair)
        else:
            self._nominated[COMPONENT] = present
            self._compare_soon(pair)

    def _priority(self, pair: CandidatePair) -> int:
        return candidate_pair_priority(
            pair.local_candidate, pair.remote_candidate, self.ice_controlling
        )

    def _go_by(self, pair: CandidatePair) -> None:
        assert isinstance(pair.protocol, PathProtocol)
        self._nominated[COMPONENT] = pair
        self._route = (pair.protocol, pair.remote_addr)
        _log.info("%s: data goes by %s", self, pair)

    def _compare_soon(self, other: CandidatePair) -> None:
        present = self._nominated[COMPONENT]
        if other is not present and (self._comparing is None or self._comparing.done()):
            self._comparing = asyncio.create_task(self._compare(present, other))

    async def _compare(self, present: CandidatePair, other: CandidatePair) -> None:
        if not await self._answers(present) and self._nominated.get(COMPONENT) is present:
            self._go_by(other)

    async def _answers(self, pair: CandidatePair) -> bool:
        assert self.remote_password is not None
        request = self.build_request(pair, nominate=False)
        key = self.remote_password.encode()
        try:
            await pair.protocol.request(request, pair.remote_addr, key, retransmissions=0)
        except stun.TransactionError:
            return False
        return True

    async def probe(self) -> bool:
        """Ask by STUN whether the other side is there; False after half a second."""
        pair = self._nominated.get(COMPONENT)
        return pair is not None and await self._answers(pair)

    def _check_list_maybe_fail(self) -> None:
        if not self._is_searching:
            super()._check_list_maybe_fail()

    # -- data -----------------------------------------------------------------------------------

    def trust(self, source: Address) -> None:
        """Remember an address that a STUN check has proven to be the other side."""
        if len(self._trusted) < PAIRS_MAX:
            self._trusted.add(source)

    def take(self, data: bytes, source: Address) -> None:
        """Take a datagram that is not STUN."""
        first = data[0]
        if source not in self._trusted:
            self.strangers += 1
        elif first in MEDIA and self.media is not None:
            self.media(data)
        elif first in DTLS or first in MEDIA:
            self._queue.put_nowait((data, COMPONENT))

    def send_now(self, data: bytes) -> bool:
        """Send on the nominated pair; False when there is none (any more) or its socket is full."""
        return self._route is not None and self._route[0].send_now(data, self._route[1])

    async def close(self) -> None:
        """Close: no socket, task or allocation is left. Idempotent."""
        self._closing = True
        self._route = None
        tasks = [task for task in (self._search, self._comparing) if task is not None]
        for task in tasks:
            if not task.cancelling():  # a second time would cut short what it gives back
                task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await super().close()


class Gatherer(RTCIceGatherer):
    """aiortc's gatherer around `Paths`."""

    def __init__(self, paths: Paths) -> None:
        super().__init__(iceServers=[])
        self.paths = paths
        self._connection = paths
        paths.on_searched = self._tell_state

    def _tell_state(self) -> None:
        self.emit("statechange")

    @property
    def state(self) -> str:
        """ "new", "gathering" (also while a server may still answer) or "completed"."""
        state = super().state
        return "gathering" if state == "completed" and self.paths.is_searching else state


def gatherer(
    servers: Sequence[RTCIceServer],
    policy: RTCIceTransportPolicy = RTCIceTransportPolicy.ALL,
    addresses: Sequence[str] = (),
) -> Gatherer:
    """Return a gatherer for these servers, on these local addresses (none given: all).

    Raises ValueError for a URI that is none.
    """
    stun_servers, turn_servers = parse_servers(servers)
    return Gatherer(
        Paths(
            stun_servers, turn_servers, policy=ICE_TRANSPORT_POLICIES[policy], addresses=addresses
        )
    )
