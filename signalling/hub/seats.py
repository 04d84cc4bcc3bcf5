"""Who is signed in at which terminal, and for which visit they wait."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from signalling.errors import IllegalEvent, UserError
from signalling.hub.audit_chain import Note
from signalling.hub.breaks import TerminalEnd, spacing_s
from signalling.hub.bus.interface import Bus, Change, TerminalChanged, TerminalRevoked
from signalling.hub.client import POLICY
from signalling.hub.inmates import Inmates
from signalling.hub.live import Live
from signalling.hub.lockdown_rules import require_no_lockdown
from signalling.hub.pages import begin, end_by_red_x
from signalling.hub.store.chain import audited, new_note
from signalling.hub.store.interface import Store, StoreError
from signalling.hub.store.records import Draft, Inmate, SeatRow
from signalling.hub.switchboard import Switchboard, TerminalLink
from signalling.hub.visits import Visits
from signalling.messages import CallStats, Ice, Offer, SignIn, TerminalState
from signalling.visit import Status, Visit
from signalling.visit_events import By, InmateSignedIn, InmateSignedOut, Moved

log = logging.getLogger(__name__)


class Seats:
    """The seats of all terminals. Survives a restart: seats are stored."""

    def __init__(  # noqa: PLR0917 - composition
        self,
        store: Store,
        bus: Bus,
        visits: Visits,
        board: Switchboard,
        inmates: Inmates,
        keeper: str | None,
    ) -> None:
        self._store = store
        self._bus = bus
        self._visits = visits
        self._board = board
        self._inmates = inmates
        self._keeper = keeper
        """This hub, where others may keep what it kept; None: there are no others."""
        self._seats: dict[str, SeatRow] = {}
        self._by_inmate: dict[str, SeatRow] = {}
        self._names: dict[str, str] = {}
        self._last_at: dict[str, str] = {}
        """Who signed in last at a terminal, since this hub started."""
        self._last_terminal: dict[str, str] = {}
        self._facilities: dict[str, str] = {}
        """By terminal, of those whose seats were read or taken."""
        # Sign-ins are rare and touch two seats at once: one at a time keeps them whole.
        self._lock = asyncio.Lock()
        self._emptying: set[asyncio.Task[None]] = set()
        bus.subscribe(self._revoked)

    async def take(self, facility: str | None) -> None:
        """Read the seats of a facility that this hub keeps from now on; None: of all.

        Mends what a crash left between a seat and its visit's log.
        """
        terminals = await self._store.terminals.terminals()
        here = {each.id for each in terminals if facility in (None, each.facility)}
        rows = [row for row in await self._store.terminals.seats() if row.terminal in here]
        for row in [self._seats[each] for each in here & self._seats.keys()]:
            # Read by an attempt that was broken off; they may have stood up elsewhere since.
            del self._seats[row.terminal]
            self._by_inmate.pop(row.inmate, None)
        self._facilities |= {each.id: each.facility for each in terminals}
        for row in rows:
            inmate = await self._store.people.inmate(row.inmate)
            self._names[row.inmate] = inmate.name if inmate is not None else row.inmate
            self._seats[row.terminal] = self._by_inmate[row.inmate] = row
            self._last_at[row.terminal] = row.inmate
            self._last_terminal[row.inmate] = row.terminal
        for row in rows:
            live = self._visits.get(row.visit or "")
            if live is not None and live.visit.ended is None:
                await self._enter(live, row.terminal)
        for live in self._visits.at(facility):
            terminal = live.visit.terminal
            if terminal is not None and live.visit.ended is None:
                row_here = self._seats.get(terminal)
                if row_here is None or row_here.visit != live.id:
                    await self._leave_visit(live, terminal)

    def leave(self, facility: str) -> None:
        """Another hub keeps a facility from now on: forget who sits there."""
        for row in list(self._seats.values()):
            if self._facilities.get(row.terminal) == facility:
                del self._seats[row.terminal]
                self._by_inmate.pop(row.inmate, None)

    def taken(self, facility: str) -> bool:
        """Whether anybody is signed in at a facility."""
        return any(self._facilities.get(each) == facility for each in self._seats)

    def at(self, terminal: str) -> SeatRow | None:
        """Who sits at a terminal."""
        return self._seats.get(terminal)

    def name(self, seat: SeatRow) -> str:
        """The name of whoever sits there."""
        return self._names[seat.inmate]

    def of(self, inmate: str) -> SeatRow | None:
        """Where an inmate is signed in."""
        return self._by_inmate.get(inmate)

    def last_terminal(self, inmate: str) -> str | None:
        """Where an inmate sits, or sat last if nobody else has since."""
        terminal = self._last_terminal.get(inmate)
        return terminal if self._last_at.get(terminal or "") == inmate else None

    def last_inmate(self, terminal: str) -> str | None:
        """Who sits at a terminal, or sat there last."""
        return self._last_at.get(terminal)

    # -- signing in and out -----------------------------------------------------------------

    async def sign_in(self, link: TerminalLink, message: SignIn) -> None:
        """Seat an inmate. Raises UserError."""
        inmate = await self._inmates.check(
            link.terminal.facility, message.inmate_number, message.pin, link.id
        )
        unit = link.terminal.unit
        require_no_lockdown(self._visits.locked.over(inmate.facility, inmate.unit, unit))
        async with self._lock:
            _require_served(link)
            self._names[inmate.id] = inmate.name
            self._facilities[link.id] = link.terminal.facility
            other = self._by_inmate.get(inmate.id)
            if (
                other is not None
                and other.terminal != link.id
                and self._board.works(other.terminal)
            ):
                label = self._board.terminals[other.terminal].terminal.label
                raise UserError("signed-in-elsewhere", terminal=label)
            here = self._seats.get(link.id)
            if here is not None and here.inmate != inmate.id:
                await self._stand(here)
            await self._sit(link, inmate, other)

    async def _sit(self, link: TerminalLink, inmate: Inmate, before: SeatRow | None) -> None:
        live = self._visits.get(before.visit or "") if before is not None else None
        if live is None or live.visit.ended is not None:
            live = self._only_visit(inmate.id)
        if live is not None:
            self._require_room(live)
        seat = SeatRow(link.id, inmate.id, live.id if live is not None else None)
        await self._keep(seat, before)
        log.info("terminal=%s visit=%s signed in", link.id, seat.visit or "-")
        if live is not None:
            await self._enter(live, link.id)
        self._changed(link.id, link.terminal.facility)

    def _require_room(self, live: Live) -> None:
        """Space out comings and goings as a log grows: a full one could take no sign-in at all.

        Raises:
            UserError: `busy`.
        """
        now = self._store.clock()
        if now < live.entered_at + spacing_s(live.visit.length):
            raise UserError("busy")
        live.entered_at = now

    def _only_visit(self, inmate: str) -> Live | None:
        """Return the visit inside its window, when there is exactly one."""
        now = self._store.clock()
        inside = [live for live in self._visits.of_inmate(inmate) if in_window(live.visit, now)]
        return inside[0] if len(inside) == 1 else None

    async def choose(self, link: TerminalLink, visit: str) -> None:
        """The signed-in inmate waits for this visit. Raises UserError."""
        async with self._lock:
            _require_served(link)
            seat = self._seats.get(link.id)
            if seat is None:
                raise UserError("not-signed-in")
            live, now = self._visits.get(visit), self._store.clock()
            if live is None or live.visit.booked.inmate != seat.inmate:
                raise UserError("unknown-visit")
            require_no_lockdown(self._visits.locked.over_visit(live))
            status = live.visit.status(max(now, live.visit.last_recorded_at))
            if status is Status.ENDED:
                raise UserError("ended")
            if not in_window(live.visit, now):
                raise UserError("not-ready", status=str(status))
            self._require_room(live)
            earlier = self._visits.get(seat.visit or "")
            if earlier is not None and earlier is not live:
                await self._leave_visit(earlier, link.id)
            await self._keep(SeatRow(link.id, seat.inmate, visit), seat)
            await self._enter(live, link.id)
            self._changed(link.id, link.terminal.facility)

    async def sign_out(self, link: TerminalLink) -> None:
        """The inmate leaves the terminal. Raises UserError."""
        async with self._lock:
            seat = self._seats.get(link.id)
            if seat is not None:
                await self._stand(seat)
            self._changed(link.id, link.terminal.facility)

    async def _stand(self, seat: SeatRow) -> None:
        who, now = f"terminal:{seat.terminal}", self._store.clock()
        note = new_note(now, "inmate-signed-out", who, f"inmate:{seat.inmate}")
        stood = self._store.terminals.stand(seat.terminal, self._keeper)
        if not await audited(stood, lambda kept: note if kept else None):
            raise UserError("busy")  # it was frozen, and another hub has read the seats since
        self._seats.pop(seat.terminal, None)
        self._by_inmate.pop(seat.inmate, None)
        log.info("terminal=%s signed out", seat.terminal)
        live = self._visits.get(seat.visit or "")
        if live is not None:
            await self._leave_visit(live, seat.terminal)

    async def _keep(self, seat: SeatRow, before: SeatRow | None) -> None:
        sat = self._store.terminals.sit(seat, self._keeper)
        if not await audited(sat, lambda kept: self._note(seat, before) if kept else None):
            raise UserError("busy")  # as in _stand
        if before is not None:
            self._seats.pop(before.terminal, None)
        self._seats[seat.terminal] = self._by_inmate[seat.inmate] = seat
        self._last_at[seat.terminal] = seat.inmate
        self._last_terminal[seat.inmate] = seat.terminal
        if before is not None and before.terminal != seat.terminal:
            link = self._board.terminals.get(before.terminal)
            if link is not None:
                self._changed(before.terminal, link.terminal.facility)

    def _note(self, seat: SeatRow, before: SeatRow | None) -> Note | None:
        who = f"terminal:{seat.terminal}"
        if before is not None and before.terminal == seat.terminal:
            return None  # another of their visits: its own log says so
        where = {"from_terminal": before.terminal} if before is not None else {}
        now = self._store.clock()
        return new_note(now, "inmate-signed-in", who, f"inmate:{seat.inmate}", **where)

    async def _enter(self, live: Live, terminal: str) -> None:
        """Record that the inmate is at this terminal for the visit."""
        author = f"terminal:{terminal}"

        def decide(visit: Visit, _now: float) -> list[Draft]:
            if visit.ended is not None or visit.terminal == terminal:
                return []
            what = InmateSignedIn(terminal) if visit.terminal is None else Moved(terminal)
            return [Draft(what, author)]

        if live.visit.terminal != terminal:
            self._meet(live, terminal)
        try:
            await self._visits.change(live, decide)
        except IllegalEvent as error:
            # It ended between the look and the act; the seat says so with the next push.
            log.info("visit=%s %s", live.id, error)

    async def _leave_visit(self, live: Live, terminal: str) -> None:
        author = f"terminal:{terminal}"

        def decide(visit: Visit, now: float) -> list[Draft]:
            gone = visit.ended is not None or visit.terminal != terminal or now >= visit.ends_at
            return [] if gone else [Draft(InmateSignedOut(), author)]

        try:
            await self._visits.change(live, decide)
        except IllegalEvent as error:
            # The log is full, or the visit ended in this moment: the seat is empty all the same.
            log.info("visit=%s %s", live.id, error)

    # -- the terminal's end -----------------------------------------------------------------

    def _meet(self, live: Live, terminal: str) -> None:
        now = self._store.clock()
        gone_since = None if terminal in self._board.terminals else now
        end = TerminalEnd(gone_since, handset_since=now, receiving_since=now)
        live.ends = replace(live.ends, terminal=end)
        live.call = None

    def _waiting_at(self, terminal: str) -> Live | None:
        seat = self._seats.get(terminal)
        live = self._visits.get(seat.visit or "") if seat is not None else None
        return live if live is not None and live.visit.terminal == terminal else None

    async def link_up(self, link: TerminalLink) -> None:
        """The terminal is back; what it receives is unknown until it says so."""
        live = self._waiting_at(link.id)
        if live is not None:
            now = self._store.clock()
            end = replace(live.ends.terminal, gone_since=None, receiving=False, receiving_since=now)
            live.ends = replace(live.ends, terminal=end)
            pressed_by = live.take_kept_press(now)
            if pressed_by is not None and _is_ready(live.visit, now):
                try:
                    await begin(self._visits, live, pressed_by, now)
                except UserError as error:  # it ended in this moment; the terminal is here
                    log.info("visit=%s the press came too late: %s", live.id, error)
            await self._visits.settle(live)

    async def link_down(self, terminal: str, last_heard_at: float) -> None:
        """The terminal's link is gone, since its last word."""
        live = self._waiting_at(terminal)
        if live is not None:
            end = replace(live.ends.terminal, gone_since=last_heard_at)
            live.ends = replace(live.ends, terminal=end)
            await self._visits.settle(live)

    def at_visit(self, link: TerminalLink, visit: str) -> Live:
        """Return the visit that the inmate at this terminal waits for or is in.

        Raises:
            UserError: `unknown-visit` for any other.
        """
        seat = self._seats.get(link.id)
        live = self._visits.get(visit) if seat is not None and seat.visit == visit else None
        if live is None:
            raise UserError("unknown-visit")
        return live

    async def state(self, link: TerminalLink, message: TerminalState) -> None:
        """What is true at the terminal. Raises UserError."""
        live = self.at_visit(link, message.visit)
        now, end = self._store.clock(), live.ends.terminal
        same_handset = end.handset_up == message.handset_up
        same_media = end.receiving == message.receiving
        end = TerminalEnd(
            gone_since=None,
            handset_up=message.handset_up,
            handset_since=end.handset_since if same_handset else now,
            receiving=message.receiving,
            receiving_since=end.receiving_since if same_media else now,
        )
        live.ends = replace(live.ends, terminal=end)
        await self._visits.settle(live)

    def offer(self, link: TerminalLink, message: Offer) -> None:
        """Carry an offer. Raises UserError."""
        self._board.carry_offer(self.at_visit(link, message.visit), message)

    def ice(self, link: TerminalLink, message: Ice) -> None:
        """Carry a candidate. Raises UserError, BadDescription."""
        self._board.carry_own_ice(self.at_visit(link, message.visit), message)

    def measured(self, link: TerminalLink, message: CallStats) -> None:
        """The call's last second at the terminal. Raises UserError."""
        self.at_visit(link, message.visit).measured("terminal", message, self._store.clock())

    async def end(self, link: TerminalLink, visit: str) -> None:
        """The red X on the jail side. Raises UserError."""
        live = self.at_visit(link, visit)
        await end_by_red_x(self._visits, live, By.INMATE, f"terminal:{link.id}")

    def _revoked(self, change: Change) -> None:
        """Close the link of a terminal whose key holds no more; its inmate sits there no more."""
        if not isinstance(change, TerminalRevoked):
            return
        link = self._board.terminals.get(change.terminal)
        if link is not None:
            link.client.close(POLICY, "revoked")
            self._changed(link.id, link.terminal.facility)
        task = asyncio.create_task(self._empty(change.terminal), name="empty a revoked seat")
        self._emptying.add(task)
        task.add_done_callback(self._emptying.discard)

    async def _empty(self, terminal: str) -> None:
        async with self._lock:
            if (seat := self._seats.get(terminal)) is None:
                return
            try:
                await self._stand(seat)
            except (StoreError, UserError) as error:  # the store has emptied it with the key
                log.warning("terminal=%s the sign-out is not in its log: %s", terminal, error)
                self._seats.pop(terminal, None)
                self._by_inmate.pop(seat.inmate, None)

    def _changed(self, terminal: str, facility: str) -> None:
        self._bus.publish(TerminalChanged(terminal, facility))


def _require_served(link: TerminalLink) -> None:
    """Raise UserError `busy` when another hub serves a terminal by now: it has read the seats."""
    if link.client.closing:
        raise UserError("busy")


def _is_ready(visit: Visit, now: float) -> bool:
    return visit.status(max(now, visit.last_recorded_at)) is Status.READY


def in_window(visit: Visit, now: float) -> bool:
    """Whether the inmate may sign in for the visit at `now`."""
    return visit.ended is None and visit.booked.sign_in_from <= now < visit.ends_at
