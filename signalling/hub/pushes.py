"""Pushes snapshots to whoever a change concerns: `seat`, `board`, `appointments`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from config.schema import HubConfig
from signalling.account_messages import Account
from signalling.hub.bus.interface import (
    AccountChanged,
    Bus,
    Change,
    HubLeaves,
    PeopleChanged,
    SessionEnded,
    TerminalChanged,
    TerminalRevoked,
    VisitChanged,
)
from signalling.hub.ice import ice_servers
from signalling.hub.later import Later
from signalling.hub.live import Live
from signalling.hub.own_views import OwnViews
from signalling.hub.seats import Seats
from signalling.hub.store.interface import Store
from signalling.hub.store.records import Terminal
from signalling.hub.switchboard import FamilyPage, Switchboard, TerminalLink
from signalling.hub.views import visit_view
from signalling.hub.visits import Visits
from signalling.messages import Appointments, Board, SeatMessage
from signalling.wire import IceServer, Neighbour, Seat, VisitView

BOARDS_AT_ONCE: Final = 2
BOARDS_AFTER_S: Final = 0.25
"""Idle screens give way to whoever waits for a visit. When many visits change in one second, each
facility's boards would be looked through with every batch of them, once for all is enough."""
SNAPSHOTS_AT_ONCE: Final = 20
"""Facilities, terminals and pages that are told in one turn of the loop: a few milliseconds."""
MAX_SEAT_VISITS: Final = 10
"""The nearest ones; no screen shows more. A year of bookings would not fit in a frame, and a
terminal that cannot read its seat is closed and comes back for ever."""


def _neighbour(terminal: Terminal | None) -> Neighbour | None:
    return Neighbour(label=terminal.label, unit=terminal.unit) if terminal is not None else None


class Pushes:
    """Listens to the bus; everything sent is a whole snapshot."""

    def __init__(  # noqa: PLR0917 - composition: the rooms it reads from
        self,
        store: Store,
        bus: Bus,
        visits: Visits,
        seats: Seats,
        switchboard: Switchboard,
        config: HubConfig,
    ) -> None:
        self._store = store
        self._visits = visits
        self._seats = seats
        self._switchboard = switchboard
        self._config = config
        self.own = OwnViews(visits, seats, switchboard, config)
        self._busy_with: dict[str, str] = {}
        """The visit that an inmate is in, as others who wait for them were told last."""
        self._later_boards = Later(self._boards, BOARDS_AT_ONCE, BOARDS_AFTER_S)
        self._later_seats = Later(self.seat, SNAPSHOTS_AT_ONCE)
        self._later_appointments = Later(self.appointments, SNAPSHOTS_AT_ONCE)
        bus.subscribe(self._changed)

    def _changed(self, change: Change) -> None:
        match change:
            case VisitChanged():
                self._visit_changed(change)
            case TerminalChanged(terminal=terminal, facility=facility):
                link = self._switchboard.terminals.get(terminal)
                if link is not None:
                    self._later_seats.note(link)
                self._later_boards.note(facility)
                # What is the matter with a terminal is why its inmate's visits wait.
                inmate = self._seats.last_inmate(terminal)
                if inmate is not None:
                    self._tell_those_who_wait(inmate)
            case SessionEnded() | PeopleChanged() | TerminalRevoked() | HubLeaves():
                pass  # `pages`, `people_endpoint`, `seats` and `cluster` see to it
            case AccountChanged():
                for page in self._switchboard.pages_of(change.visitor):
                    assert page.visitor is not None
                    page.visitor = replace(
                        page.visitor, email=change.email, new_email=change.new_email
                    )
                    self.account(page)

    def _visit_changed(self, change: VisitChanged) -> None:
        seat = self._seats.of(change.inmate)
        link = self._switchboard.terminals.get(seat.terminal) if seat is not None else None
        if link is not None:
            self._later_seats.note(link)
        for visitor in change.visitors:
            for page in self._switchboard.pages_of(visitor):
                self._later_appointments.note(page)
        self._note_busy(change.inmate)
        live = self._visits.get(change.visit)
        if live is None or live.visit.begun_at is None or live.visit.ended is not None:
            # A visit that goes on is on nobody's idle screen.
            self._later_boards.note(change.facility)

    def _note_busy(self, inmate: str) -> None:
        """Tell whoever waits for an inmate when a visit with somebody else begins or ends."""
        busy_with = self.own.busy_with(inmate)
        if busy_with == self._busy_with.get(inmate):
            return
        if busy_with is None:
            del self._busy_with[inmate]
        else:
            self._busy_with[inmate] = busy_with
        self._tell_those_who_wait(inmate)

    def _tell_those_who_wait(self, inmate: str) -> None:
        lives = [each for each in self._visits.of_inmate(inmate) if each.visit.ended is None]
        visitors = {who for live in lives for who in live.visit.visitors}
        for page in (page for who in visitors for page in self._switchboard.pages_of(who)):
            self._later_appointments.note(page)

    # -- one client -------------------------------------------------------------------------

    def seat(self, link: TerminalLink) -> None:
        """Tell a terminal who sits at it."""
        now = self._store.clock()
        row = self._seats.at(link.id)
        if row is None:
            link.client.send_newest(SeatMessage(now=now, seat=None))
            return
        lives = [
            live
            for live in self._visits.of_inmate(row.inmate)
            if live.visit.ended is None and live.id != row.visit
        ]
        waits = self._visits.get(row.visit or "")
        lives = [*([waits] if waits is not None else []), *lives][:MAX_SEAT_VISITS]
        lives.sort(key=lambda live: live.visit.booked.starts_at)
        seat = Seat(
            inmate=self._seats.name(row),
            visits=tuple(self._view(live, now) for live in lives),
            visit=waits.id if waits is not None else None,
            ice_servers=self._servers(waits),
            ice_policy=self._config.ice_policy,
        )
        link.client.send_newest(SeatMessage(now=now, seat=seat))

    def _servers(self, live: Live | None) -> tuple[IceServer, ...]:
        if live is None or live.visit.ended is not None:
            return ()
        return ice_servers(self._config.turn, live.id, live.visit.ends_at)

    def appointments(self, page: FamilyPage) -> None:
        """Tell a page its visitor's visits, when the facility is open to it."""
        now, session = self._store.clock(), page.session
        if session is None or session.facility is None:
            return
        if now >= session.facility_until and not page.joined:
            return  # a visit that is open on the page outlives its facility log-in
        visits = self._visits.of_visitor(session.visitor, session.facility)
        views = tuple(self._view(live, now) for live in visits)
        own = {live.id: self.own.own_view(live, session.visitor, now) for live in visits}
        page.client.send_newest(Appointments(now=now, visits=views, own=own))

    @staticmethod
    def account(page: FamilyPage) -> None:
        """Tell a page who is logged in on it, if somebody is."""
        who = page.visitor
        if who is not None:
            page.client.send_newest(
                Account(name=who.name, email=who.email, new_email=who.new_email)
            )

    def _boards(self, facility: str) -> None:
        """Tell a facility's terminals what changed on their idle screens."""
        self._tell_boards(facility, self._switchboard.terminals_at(facility))

    def board(self, link: TerminalLink) -> None:
        """Tell a terminal what its idle screen shows, unless it knows."""
        self._tell_boards(link.terminal.facility, [link])

    def _tell_boards(self, facility: str, links: Iterable[TerminalLink]) -> None:
        # Visits and terminals are looked through once, however many terminals are told.
        now = self._store.clock()
        next_start_at = self._visits.next_start(facility, now)
        free = self._free(facility)
        of_unit: dict[str, list[Terminal]] = {}
        for each in free:
            of_unit.setdefault(each.unit, []).append(each)
        for link in links:
            # The unit's own first; of two, one at least is another terminal than this.
            near = (*of_unit.get(link.terminal.unit, ())[:2], *free[:2])
            neighbour = next((each for each in near if each.id != link.id), None)
            board = (next_start_at, _neighbour(neighbour))
            if board != link.board:
                link.board = board
                link.client.send_newest(
                    Board(now=now, next_start_at=board[0], free_terminal=board[1])
                )

    def _free(self, facility: str) -> list[Terminal]:
        """A facility's terminals that work and where nobody sits, by label."""
        free = [
            each.terminal
            for each in self._switchboard.terminals_at(facility)
            if not each.faults and self._seats.at(each.id) is None
        ]
        return sorted(free, key=lambda each: each.label)

    def _view(self, live: Live, now: float) -> VisitView:
        over = None
        if live.visit.begun_at is None and live.visit.booked.sign_in_from <= now:
            over = self._visits.locked.over_visit(live)
        return visit_view(live, self._config.notice, now, over.reason if over else "")
