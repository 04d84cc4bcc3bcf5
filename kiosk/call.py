"""The call of one visit: its media process, its connections and its gate. Pure.

Level-triggered: `settle` compares what ought to be with what is and returns the actions in
between, so a lost report or a dead process needs no special way back.

```mermaid
stateDiagram-v2
    [*] --> stopped
    stopped --> starting: a visit waits
    starting --> open: Opened
    open --> starting: died, or another visit
    starting --> starting: died
    open --> stopped: the visit is over
```
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from kiosk.actions import Action, Send, StartMedia, StopMedia, Tell
from kiosk.media.commands import (
    Connect,
    Connected,
    Drop,
    Gate,
    Handset,
    LocalCandidate,
    LocalOffer,
    Opened,
    Receiving,
    RemoteAnswer,
    RemoteCandidate,
    Report,
    Volume,
)
from signalling.descriptions import own_candidate
from signalling.errors import BadDescription
from signalling.messages import Answer, Ice, Offer
from signalling.visit import Status
from signalling.wire import Seat, VisitView

CONNECT_TIMEOUT_S: Final = 15.0
"""A connection that does not stand after this long is given up for a new one."""
RECONNECT_MIN_S: Final = 2.0
"""Between two tries for the same page."""
QUICK_DEATHS: Final = 3
QUICK_DEATHS_WITHIN_S: Final = 10.0
RESTART_AFTER_QUICK_DEATHS_S: Final = 5.0
"""A process that died thrice in ten seconds is started only this often, and is fault APP-01."""
MAX_CANDIDATES: Final = 20
"""Of one connection, each way; more are dropped. Each makes the other end send packets there."""
MAX_CONNECTION: Final = 1_000_000
NUMBERS_START_BEFORE_S: Final = 3600.0
CAN_CONNECT: Final = frozenset(
    {Status.SCHEDULED, Status.READY, Status.IN_VISIT, Status.INTERRUPTED}
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What ought to be. `key` names the process: a visit's id, "" to probe a fault, None for none.

    `seat` and `visit` are what the hub last said; None while no connection may be made.
    """

    key: str | None
    gate_open: bool = False
    volume: int = 5
    seat: Seat | None = None
    visit: VisitView | None = None
    linked: bool = False
    handset_up: bool = True


@dataclass(slots=True)
class _Peer:
    """The newest connection."""

    number: int
    page: str
    since: float
    offered: bool = False
    answered: bool = False
    stands: bool = False
    dead: bool = False
    pressed: bool = False
    """Whether the hub has opened tracks to this page: its person has pressed."""
    heard: int = 0
    candidates: list[RemoteCandidate] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    """This terminal's own candidates since the offer; "" when there will be no more."""
    told: int = 0
    """How many of them the hub was told on this link."""


class Call:
    """Owns the numbers of connections; they only rise within a visit, over restarts too."""

    def __init__(self) -> None:
        self.key: str | None = None
        self.state = "stopped"
        self.gate_open = False
        self._volume: int | None = None
        self._handset_up = True
        """What the process goes by; a new one believes it is up."""
        self._peer: _Peer | None = None
        self._older: dict[int, str] = {}
        """Connections that live until the newest stands, and their pages."""
        self._flowing: set[int] = set()
        self._last_number = 0
        self._numbers_of: str | None = None
        self._deaths: list[float] = []
        self._restart_at: float | None = None

    # -- what is --------------------------------------------------------------------------------

    @property
    def connection(self) -> int:
        """Number of the newest connection; 0 when there is none."""
        return self._peer.number if self._peer else 0

    @property
    def receiving(self) -> bool:
        """Whether the family's media, or their STUN answers, arrive."""
        return bool(self._flowing)

    @property
    def failing(self) -> bool:
        """Whether media processes die as fast as they are started (APP-01)."""
        return len(self._deaths) >= QUICK_DEATHS

    # -- what happens ---------------------------------------------------------------------------

    def died(self, now: float) -> None:
        """Note that the media process is gone; `settle` starts the next one."""
        self._deaths = [at for at in self._deaths if now - at < QUICK_DEATHS_WITHIN_S] + [now]
        self._forget_process()
        self.state = "dead"
        self._restart_at = now + (RESTART_AFTER_QUICK_DEATHS_S if self.failing else 0.0)

    def report(self, report: Report, wanted: Wanted) -> list[Action]:
        """Take a report of the media process."""
        match report:
            case Opened() if self.state == "starting":
                self.state = "open"
                self._deaths.clear()
            case LocalOffer(connection=number, sdp=sdp):
                return self._offer(number, sdp, wanted)
            case LocalCandidate(connection=number, candidate=candidate):
                self._found(number, candidate)
            case Connected(connection=number, up=up):
                return self._connected(number, up)
            case Receiving(connection=number, flowing=True):
                if number == self.connection or number in self._older:
                    self._flowing.add(number)
            case Receiving(connection=number):
                self._flowing.discard(number)
        return []

    def answer(self, message: Answer) -> list[Action]:
        """Take the page's answer; a second, or one for another connection, is dropped."""
        peer = self._peer_of(message.visit, message.connection)
        if peer is None or peer.answered or not peer.offered:
            return []
        peer.answered = True
        held, peer.candidates = peer.candidates, []
        first = Tell(RemoteAnswer(connection=peer.number, sdp=message.sdp))
        return [first, *(Tell(each) for each in held)]

    def ice(self, message: Ice) -> list[Action]:
        """Take one candidate of the page; those before its answer wait."""
        peer = self._peer_of(message.visit, message.connection)
        if peer is None or peer.heard >= MAX_CANDIDATES:
            return []
        peer.heard += 1
        candidate = RemoteCandidate(
            connection=peer.number,
            candidate=message.candidate,
            sdp_mid=message.sdp_mid,
            sdp_m_line_index=message.sdp_m_line_index,
        )
        if peer.answered:
            return [Tell(candidate)]
        peer.candidates.append(candidate)
        return []

    def link_lost(self) -> None:
        """An offer or answer under way is lost with the link: offer anew once it is back.

        So may candidates be: those of an answered connection are said again.
        """
        if self._peer is None:
            return
        if not self._peer.answered:
            self._peer.dead = True
        elif not self._peer.stands:
            self._peer.told = 0

    # -- what follows ---------------------------------------------------------------------------

    def settle(self, wanted: Wanted, now: float, clock: float) -> list[Action]:
        """Return what brings the call to what is wanted. `clock` is the hub's time."""
        actions = self._settle_process(wanted.key, now)
        if self.state != "open":
            return actions
        if wanted.volume != self._volume:
            self._volume = wanted.volume
            actions.append(Tell(Volume(level=wanted.volume)))
        # In this order: whoever is not to see is gone before the gate opens.
        actions += self._settle_connection(wanted, now, clock)
        actions += self._settle_gate(wanted)
        if wanted.handset_up != self._handset_up:
            self._handset_up = wanted.handset_up
            actions.append(Tell(Handset(up=wanted.handset_up)))
        return actions + self._settle_candidates(wanted)

    def _settle_process(self, key: str | None, now: float) -> list[Action]:
        actions: list[Action] = []
        if self.key is not None and self.key != key:
            actions.append(StopMedia())
            self._forget_process()
            self.key, self.state = None, "stopped"
        if key is None:
            self._deaths.clear()
            return actions
        due = self._restart_at is None or now >= self._restart_at
        if self.state in ("stopped", "dead") and due:
            self.key, self.state, self._restart_at = key, "starting", None
            actions.append(StartMedia(key))
        return actions

    def _settle_connection(self, wanted: Wanted, now: float, clock: float) -> list[Action]:
        visit, seat = wanted.visit, wanted.seat
        if visit is None or seat is None or not wanted.linked or visit.page is None:
            return []
        if visit.status not in CAN_CONNECT or not self._needs_connection(visit.page, now):
            return []
        actions: list[Action] = []
        pressed = False
        if self._peer is not None:
            pressed = self._peer.pressed and self._peer.page == visit.page
            if self._peer.stands and not self._peer.dead and self._peer.pressed:
                self._older[self._peer.number] = self._peer.page
            else:
                actions += self._drop(self._peer.number)
                # A page that cannot connect does not leave the visit with the one before it.
                for number, page in list(self._older.items()):
                    actions += self._drop(number) if page != visit.page else []
        number = self._next_number(visit, clock)
        self._peer = _Peer(number, visit.page, now, pressed=pressed)
        return [
            *actions,
            Tell(
                Connect(
                    connection=self._peer.number,
                    ice_servers=seat.ice_servers,
                    ice_policy=seat.ice_policy,
                )
            ),
        ]

    def _settle_gate(self, wanted: Wanted) -> list[Action]:
        """Open the gate for pages that pressed only.

        The gate is one for all connections. A hub that was started again says that tracks are
        open before it knows which page there is: that holds for one it was said of before.
        """
        peer = self._peer
        if peer is not None and wanted.gate_open and wanted.visit is not None:
            peer.pressed = peer.pressed or peer.page == wanted.visit.page
        is_open = wanted.gate_open and (peer is None or peer.pressed)
        if is_open == self.gate_open:
            return []
        self.gate_open = is_open
        return [Tell(Gate(open=is_open))]

    def _settle_candidates(self, wanted: Wanted) -> list[Action]:
        peer = self._peer
        if peer is None or not peer.offered or peer.dead or not wanted.linked or self.key is None:
            return []
        untold, peer.told = peer.found[peer.told :], len(peer.found)
        # Everything is bundled on the first section's transport (RFC 9143).
        return [
            Send(
                Ice(
                    visit=self.key,
                    connection=peer.number,
                    candidate=candidate,
                    sdp_m_line_index=0,
                )
            )
            for candidate in untold
        ]

    def _needs_connection(self, page: str, now: float) -> bool:
        peer = self._peer
        if peer is None or peer.page != page:
            return True
        if now - peer.since < RECONNECT_MIN_S:
            return False
        return peer.dead or (not peer.stands and now - peer.since >= CONNECT_TIMEOUT_S)

    def _next_number(self, visit: VisitView, clock: float) -> int:
        # A kiosk that was restarted, or a terminal that the inmate moved to, knows nothing of
        # the numbers already used; time does, as connections are made less than once a second.
        if self._numbers_of != visit.id:
            self._numbers_of, self._last_number = visit.id, 0
        by_time = int(clock - visit.starts_at + NUMBERS_START_BEFORE_S)
        self._last_number = min(MAX_CONNECTION, max(self._last_number + 1, by_time))
        return self._last_number

    def _offer(self, number: int, sdp: str, wanted: Wanted) -> list[Action]:
        peer = self._peer
        if peer is None or peer.number != number or self.key is None:
            return []
        if not wanted.linked:
            peer.dead = True
            return []
        peer.offered = True
        return [Send(Offer(visit=self.key, page=peer.page, connection=number, sdp=sdp))]

    def _found(self, number: int, candidate: str) -> None:
        """Keep one of this terminal's candidates; `settle` tells it.

        The media process parses what strangers send: what it says is no candidate must not reach
        the hub, which would close the terminal's link for it.
        """
        peer = self._peer
        if peer is None or peer.number != number:
            return
        try:
            own = own_candidate(candidate, relay_only=False)
        except BadDescription:
            return
        full = sum(map(bool, peer.found)) >= MAX_CANDIDATES
        if own is not None and own not in peer.found and not (own and full):
            peer.found.append(own)

    def _connected(self, number: int, up: bool) -> list[Action]:
        peer = self._peer
        if peer is None or number != peer.number:
            return self._drop(number) if not up and number in self._older else []
        if up:
            peer.stands = True
            return [drop for old in list(self._older) for drop in self._drop(old)]
        peer.stands, peer.dead = False, True
        self._flowing.discard(number)
        return []

    def _drop(self, number: int) -> list[Action]:
        self._flowing.discard(number)
        self._older.pop(number, None)
        return [Tell(Drop(connection=number))]

    def _peer_of(self, visit: str, connection: int) -> _Peer | None:
        peer = self._peer
        if self.state != "open" or peer is None or visit != self.key:
            return None
        return peer if peer.number == connection and not peer.dead else None

    def _forget_process(self) -> None:
        self._peer = None
        self._older.clear()
        self._flowing.clear()
        self.gate_open = False
        self._volume = None
        self._handset_up = True
        self._restart_at = None
