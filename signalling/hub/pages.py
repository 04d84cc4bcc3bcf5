"""The family's pages of a visit: joining, leaving, the green telephone, the red X."""

from __future__ import annotations

import logging
from dataclasses import replace

from config.schema import HubConfig
from signalling.errors import IllegalEvent, UserError
from signalling.hub.breaks import PageIs
from signalling.hub.bus.interface import Bus, Change, SessionEnded
from signalling.hub.ended_sessions import EndedSessions
from signalling.hub.ice import ice_servers
from signalling.hub.live import JoinedPage, Live
from signalling.hub.lockdown_rules import require_no_lockdown
from signalling.hub.store.interface import Store
from signalling.hub.store.records import Draft, Session, Visitor
from signalling.hub.switchboard import FamilyPage, Switchboard
from signalling.hub.visits import Visits
from signalling.messages import (
    Answer,
    CallStats,
    Ice,
    Join,
    Joined,
    LoggedOut,
    PageState,
    Press,
)
from signalling.visit import Status, Visit
from signalling.visit_events import Begun, By, Ended, EndReason

log = logging.getLogger(__name__)

LAST_WORD_S = 15.0
"""Longest time between a page's last word and the ping that finds its socket dead."""


class Pages:
    """What pages may do with visits. `visitor` and facility were checked by the endpoint."""

    def __init__(
        self, store: Store, bus: Bus, visits: Visits, board: Switchboard, config: HubConfig
    ) -> None:
        self._store = store
        self._ended = EndedSessions()
        bus.subscribe(self._session_ended)
        self._visits = visits
        self._board = board
        self._config = config

    def find(self, page: FamilyPage, visit: str) -> Live:
        """Return a visit of this page's visitor at the open facility.

        Raises:
            UserError: `unknown-visit`, alike for none and for somebody else's.
        """
        live = self._visits.get(visit)
        assert page.session is not None
        if (
            live is None
            or page.session.visitor not in live.visit.visitors
            or page.session.facility != live.visit.booked.facility
        ):
            raise UserError("unknown-visit")
        return live

    async def join(self, page: FamilyPage, message: Join) -> None:
        """Open a page for a visit; the first one has it."""
        live = self.find(page, message.visit)
        now = self._store.clock()
        status = self._status(live, now)
        if status is Status.ENDED:
            raise UserError("ended")
        if now < live.visit.booked.starts_at - self._config.visits.page_early_s:
            raise UserError("not-ready", status=str(status))
        self._admit(live, page, message, now)
        log.info("visit=%s page=%s joined from %s", live.id, message.page, page.client.name)
        servers = ice_servers(self._config.turn, live.id, live.visit.ends_at)
        page.send(Joined(visit=live.id, ice_servers=servers, ice_policy=self._config.ice_policy))
        self._board.carry_again(live, message.page)
        await self._visits.settle(live)

    def _admit(self, live: Live, page: FamilyPage, join: Join, now: float) -> None:
        assert page.session is not None
        page_id, visitor = join.page, page.session.visitor
        known = live.pages.get(page_id)
        if known is not None and known.visitor != visitor:
            raise UserError("unknown-visit")  # another visitor's page id: nobody's business
        if join.pressed:
            live.believe(page_id, visitor, now)
        before = page.joined.get(live.id)
        if before is not None and before != page_id and before in live.pages:
            live.page_gone(before, PageIs.LEFT, now, now)
        if known is not None and known.outlet is not None and known.outlet is not page:
            self._disown(known, live)
        live.pages[page_id] = JoinedPage(page_id, visitor, page)
        page.joined[live.id] = page_id
        if live.holder == page_id:
            end = replace(live.ends.page, where=PageIs.HERE, since=now, receiving_since=now)
            live.ends = replace(live.ends, page=end)
        elif live.holder is None and now >= live.open_to_all_at:
            live.give_to(page_id, now)

    @staticmethod
    def _disown(known: JoinedPage, live: Live) -> None:
        """The page came back on a new socket before its old one was found dead."""
        if isinstance(known.outlet, FamilyPage):
            known.outlet.joined.pop(live.id, None)

    async def leave(self, page: FamilyPage, visit: str) -> None:
        """The page says that it is no longer open for the visit."""
        live = self.find(page, visit)
        page_id = page.joined.pop(visit, None)
        if page_id is not None and page_id in live.pages:
            now = self._store.clock()
            live.page_gone(page_id, PageIs.LEFT, now, now)
            await self._visits.settle(live)

    async def gone(self, page: FamilyPage, where: PageIs, last_heard_at: float) -> None:
        """The page's socket is gone."""
        now = self._store.clock()
        since = max(last_heard_at, now - LAST_WORD_S) if where is PageIs.LOST else now
        for visit, page_id in list(page.joined.items()):
            live = self._visits.get(visit)
            joined = live.pages.get(page_id) if live is not None else None
            if live is not None and joined is not None and joined.outlet is page:
                log.info("visit=%s page=%s gone: %s", live.id, page_id, where.name.lower())
                live.page_gone(page_id, where, now, since)
                await self._visits.settle(live)
        page.joined.clear()

    def _session_ended(self, change: Change) -> None:
        """Log every page of that session out."""
        if not isinstance(change, SessionEnded):
            return
        self._ended.add(change.token_hash, self._store.clock())
        for page in self._board.pages:
            if page.session is not None and page.session.token_hash == change.token_hash:
                self.log_out(page)

    def log_on(self, page: FamilyPage, session: Session, visitor: Visitor) -> bool:
        """Keep who is logged in on a page; False: the log-in ended since it was read.

        Raises:
            TooManyPages: the visitor has as many as may be; nothing changed.
        """
        if session.token_hash in self._ended:
            return False
        self._board.log_on(page, session, visitor)
        return True

    def log_out(self, page: FamilyPage) -> None:
        """The page's session is over; the visits' timers record that it left."""
        now = self._store.clock()
        self._board.log_on(page, None, None)
        for visit, page_id in page.joined.items():
            live = self._visits.get(visit)
            if live is not None and page_id in live.pages:
                live.page_gone(page_id, PageIs.LEFT, now, now)
                self._visits.settle_soon(live)
        page.joined.clear()
        page.send(LoggedOut())

    async def press(self, page: FamilyPage, message: Press) -> None:
        """The green telephone: begin, or take the visit over from another page."""
        live = self.find(page, message.visit)
        now = self._store.clock()
        status = self._status(live, now)
        if status is Status.ENDED:
            raise UserError("ended")
        if page.joined.get(live.id) != message.page or message.page not in live.pages:
            raise UserError("not-ready", status=str(status))
        if live.holder != message.page:
            if live.holder is not None and not message.take_over:
                raise UserError("visit-elsewhere")
            live.give_to(message.page, now)
            log.info("visit=%s taken over by another page", live.id)
        live.press(message.page, now)
        assert page.session is not None
        visitor = page.session.visitor
        if live.visit.begun_at is None:
            require_no_lockdown(self._visits.locked.over_visit(live))
        if status is Status.READY:
            if live.visit.terminal in self._board.terminals:
                await begin(self._visits, live, visitor, now)
                return
            # Its link comes back by itself, as a rule within seconds: no reason to say no.
            grace_s = self._config.visits.link_grace_s
            if live.keep_press(message.page, visitor, now, grace_s):
                return
        await self._visits.settle(live)
        if status not in (Status.IN_VISIT, Status.INTERRUPTED):
            raise UserError("not-ready", status=str(status))

    async def end(self, page: FamilyPage, visit: str) -> None:
        """The red X on the family's side."""
        live = self.find(page, visit)
        assert page.session is not None
        await end_by_red_x(self._visits, live, By.VISITOR, f"visitor:{page.session.visitor}")

    async def state(self, page: FamilyPage, message: PageState) -> None:
        """What is true at the page; only the one that has the visit counts."""
        live = self.find(page, message.visit)
        page_id, now = page.joined.get(live.id), self._store.clock()
        if live.holder is None and message.receiving and page_id is not None:
            live.give_to(page_id, now)
        if live.holder is None or page_id != live.holder:
            return
        if live.call is not None and message.connection not in (0, live.call.offer.connection):
            return  # of a connection that is being replaced
        end = live.ends.page
        since = end.receiving_since if end.receiving == message.receiving else now
        live.ends = replace(
            live.ends,
            page=replace(
                end,
                receiving=message.receiving,
                receiving_since=since,
                camera=message.camera,
                microphone=message.microphone,
            ),
        )
        await self._visits.settle(live)

    def measured(self, page: FamilyPage, message: CallStats) -> None:
        """The call's last second at the page; only the one that has the visit counts."""
        live = self.find(page, message.visit)
        if live.holder is not None and page.joined.get(live.id) == live.holder:
            live.measured("page", message, self._store.clock())

    def answer(self, page: FamilyPage, message: Answer) -> None:
        """Carry an answer. Raises BadDescription."""
        live = self.find(page, message.visit)
        self._board.carry_answer(live, page.joined.get(live.id, ""), message)

    def ice(self, page: FamilyPage, message: Ice) -> None:
        """Carry a candidate. Raises BadDescription."""
        live = self.find(page, message.visit)
        self._board.carry_ice(live, page.joined.get(live.id, ""), message)

    @staticmethod
    def _status(live: Live, now: float) -> Status:
        return live.visit.status(max(now, live.visit.last_recorded_at))


async def begin(visits: Visits, live: Live, visitor: str, now: float) -> None:
    """Begin a visit whose telephone was pressed. Raises UserError."""

    def decide(visit: Visit, _now: float) -> list[Draft]:
        if visit.begun_at is not None:
            return []
        require_no_lockdown(visits.locked.over_visit(live))
        return [Draft(Begun(visitor), f"visitor:{visitor}")]

    try:
        await visits.change(live, decide)
    except IllegalEvent as error:
        status = live.visit.status(max(now, live.visit.last_recorded_at))
        log.info("visit=%s not begun: %s", live.id, error)
        raise UserError("not-ready", status=str(status)) from error


async def end_by_red_x(visits: Visits, live: Live, by: By, author: str) -> None:
    """End a visit that has begun; both sides are told. Raises UserError."""
    if live.visit.ended is not None:
        raise UserError("ended")
    try:
        await visits.change(live, lambda _visit, _now: [Draft(Ended(by, EndReason.RED_X), author)])
    except IllegalEvent as error:
        ended = live.visit.ended is not None
        log.info("visit=%s not ended: %s", live.id, error)
        raise UserError("ended" if ended else "not-ready") from error
