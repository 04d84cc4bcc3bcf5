"""The families' endpoint: log in, open a facility, visit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from websockets.frames import CloseCode

from signalling.booking_messages import CheckNetwork, GetTicket, ListPast, Probe, Rate
from signalling.errors import UnknownMessage, UserError
from signalling.hub.account_endpoint import AccountEndpoint, AccountMessage
from signalling.hub.after_endpoint import AfterEndpoint
from signalling.hub.booking_endpoint import BookingEndpoint, BookingMessage
from signalling.hub.breaks import PageIs
from signalling.hub.bus.interface import Opening
from signalling.hub.carrying import ELSEWHERE, RESTART
from signalling.hub.client import TRY_AGAIN, Client
from signalling.hub.coalesced import Coalesced
from signalling.hub.conversation import Inbox, answer, conversation
from signalling.hub.network_check import NetworkChecks
from signalling.hub.people_endpoint import PEOPLE_MESSAGES, PeopleEndpoint
from signalling.hub.services import Services
from signalling.hub.socket import Socket
from signalling.hub.store.chain import ORIGIN
from signalling.hub.store.records import Session, Visitor
from signalling.hub.switchboard import FamilyPage
from signalling.hub.views import facility_view
from signalling.messages import (
    PAGE_TO_HUB,
    Answer,
    CallStats,
    End,
    FacilityLogIn,
    FacilityOpened,
    Hello,
    Ice,
    Join,
    Leave,
    LoggedOut,
    PageState,
    PageToHub,
    Ping,
    Pong,
    Press,
    Welcome,
    check_version,
    encode,
)

log = logging.getLogger(__name__)

TAB_CLOSED: Final = frozenset({CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY})
"""How a browser closes a socket when the person left. A page that gives up a dead connection to
try again closes without a code."""


class _ServedElsewhere(Exception):
    """Another hub keeps the page's facility; None: nobody does just now."""

    def __init__(self, hub: str | None, who: str, first: str) -> None:
        super().__init__(hub)
        self.hub = hub
        self.who = who
        self.first = first


class FamilyEndpoint:
    """Serves `/family`."""

    def __init__(self, services: Services) -> None:
        self._config = services.config
        self._said = Coalesced(log)
        self._metrics = services.metrics
        self._store = services.store
        self._accounts = services.accounts
        self._switchboard = services.switchboard
        self._rules = services.people
        self._booking = BookingEndpoint(services.booking)
        self._people = PeopleEndpoint(
            services.store, services.bus, services.people, services.switchboard
        )
        self._visits = services.visits
        self._pages = services.pages
        self._keeping = services.others.keeping
        self._carrier = services.others.carrier
        self._bus = services.bus
        self._pushes = services.pushes
        self._account = AccountEndpoint(services, self._require_session)
        self._after = AfterEndpoint(services)
        self._checks = NetworkChecks(services.config)
        self._trail = services.trail

    async def serve(self, socket: Socket, address: str, browser: str) -> None:
        """Talk with one page, or have its facility's hub do so, until its socket is gone."""
        ORIGIN.set(address)
        client = self._client(socket, f"client=page address={address}")
        inbox = self._inbox(socket)
        page = FamilyPage(client, last_heard_at=self._store.clock(), browser=browser)
        async with conversation(client):
            # Only the first word has a deadline: people take their time to type a password.
            async with asyncio.timeout(self._config.limits.log_in_timeout_s):
                first = await inbox.receive()
            try:
                await self._talk(page, socket, inbox, address, partial(self._hello, page, first))
            except _ServedElsewhere as served:
                if served.hub is None or not self._carrier.reaches(served.hub):
                    client.close(TRY_AGAIN, "no hub keeps its facility just now")
                    await client.closed()
                else:
                    opening = Opening(0, "page", served.who, served.first, address, browser)
                    inbox.known(known=True)
                    await self._carrier.lend(served.hub, client, inbox, opening)

    def _client(self, socket: Socket, name: str) -> Client:
        limits, said = self._config.limits, self._said
        return Client(socket, name, limits, said, self._metrics, self._trail)

    def _inbox(self, socket: Socket) -> Inbox[PageToHub]:
        return Inbox(socket, PAGE_TO_HUB, self._config.limits, self._metrics.traffic)

    async def serve_carried(self, socket: Socket, opening: Opening) -> None:
        """Talk with a page that is connected to another hub."""
        ORIGIN.set(opening.address)
        client = self._client(socket, f"client=page address={opening.address}")
        inbox = self._inbox(socket)
        page = FamilyPage(client, last_heard_at=self._store.clock(), browser=opening.browser)
        begin = partial(self._go_on, page, opening.who)
        async with conversation(client):
            if opening.first:
                first = PAGE_TO_HUB.decode(
                    opening.first, limit=self._config.limits.frame_bytes_before_log_in
                )
                begin = partial(self._hello, page, first)
            try:
                await self._talk(page, socket, inbox, opening.address, begin)
            except _ServedElsewhere:
                client.close(RESTART, ELSEWHERE)
                await client.closed()

    async def _talk(
        self,
        page: FamilyPage,
        socket: Socket,
        inbox: Inbox[PageToHub],
        address: str,
        begin: Callable[[], Awaitable[None]],
    ) -> None:
        self._switchboard.pages.add(page)
        try:
            await begin()
            while True:
                inbox.known(known=page.session is not None)
                message = await inbox.receive()
                if page.client.closing:
                    continue
                if not self._serves(page):
                    # Found out by a message before the rooms were told: so it was frozen.
                    page.client.close(RESTART, ELSEWHERE)
                    continue
                page.last_heard_at = self._store.clock()
                await self._account.seen(page)
                await answer(page.client, message, partial(self._handle, page, address, message))
        finally:
            self._switchboard.pages.discard(page)
            self._switchboard.log_on(page, None, None)
            await self._gone(page, socket)

    def _serves(self, page: FamilyPage) -> bool:
        """Whether this hub keeps the facility that is open on a page, if one is."""
        session = page.session
        facility = (
            session.facility if session is not None and page.joined else self._opened(session)
        )
        return facility is None or self._keeping.keeps(facility)

    async def _require_kept(self, facility: str | None, who: str, first: PageToHub | None) -> None:
        """Raise _ServedElsewhere when another hub keeps a facility."""
        if facility is None:
            return
        keeper = await self._keeping.keeper(facility)
        if keeper != self._bus.hub:
            raise _ServedElsewhere(keeper, who, encode(first) if first is not None else "")

    async def _hello(self, page: FamilyPage, first: PageToHub) -> None:
        if not isinstance(first, Hello):
            raise UnknownMessage("say hello first")
        check_version(first.versions)
        resumed = await self._accounts.resume(first.token) if first.token else None
        opened = self._opened(resumed[0]) if resumed is not None else None
        if opened is not None and not self._keeping.keeps(opened):
            await self._require_kept(opened, "", first)
            await self._hello(page, first)  # the log-in may have ended while it waited
            return
        if resumed is not None and not self._pages.log_on(page, *resumed):
            resumed, opened = None, None
        if resumed is not None:
            self._metrics.logged_in("resumed")
        page.send(
            Welcome(
                now=self._store.clock(),
                name=page.visitor.name if page.visitor else None,
                facilities=tuple(facility_view(each) for each in self._config.facility),
                opened=opened,
            )
        )
        self._pushes.account(page)
        await self._people.tell(page)
        if resumed is not None and opened is not None:
            await self._people.opened(page, resumed[1].id, opened)
            self._pushes.appointments(page)

    async def _go_on(self, page: FamilyPage, token_hash: str) -> None:
        """Take over a page that has just opened a facility at another hub."""
        session = await self._store.people.session(token_hash)
        visitor = await self._store.people.visitor(session.visitor) if session is not None else None
        if session is None or visitor is None or session.facility is None:
            page.send(LoggedOut())  # it ended in this moment
            return
        if not self._keeping.keeps(session.facility):
            await self._require_kept(session.facility, "", None)
            await self._go_on(page, token_hash)
            return
        if not self._pages.log_on(page, session, visitor):
            page.send(LoggedOut())
            return
        await self._show_facility(page, visitor, session)

    def _opened(self, session: Session | None) -> str | None:
        if session is None or self._store.clock() >= session.facility_until:
            return None
        return session.facility

    async def _gone(self, page: FamilyPage, socket: Socket) -> None:
        if not self._visits.stopping:
            closed = socket.close_code in TAB_CLOSED
            where = PageIs.CLOSED if closed else PageIs.LOST
            await self._pages.gone(page, where, page.last_heard_at)

    # -- dispatch ---------------------------------------------------------------------------

    async def _handle(self, page: FamilyPage, address: str, message: PageToHub) -> None:
        match message:
            case Ping():
                page.send(Pong(sent=message.sent, now=self._store.clock()))
            case Hello():
                raise UnknownMessage("hello was said already")
            case _ if isinstance(message, AccountMessage):
                before = page.session
                await self._account.handle(page, address, message)
                if page.session is not before:
                    await self._people.tell(page)
            case _ if isinstance(message, PEOPLE_MESSAGES):
                _, visitor = self._require_session(page)
                await self._people.handle(page, visitor.id, message)
            case FacilityLogIn():
                await self._open_facility(page, message, address)
            case _ if isinstance(message, BookingMessage):
                self._require_facility(page)
                await self._booking.handle(page, message, self._store.clock())
            case CheckNetwork():
                self._require_session(page)
                self._checks.check(page, message, self._store.clock())
            case Probe():
                self._require_session(page)
                self._checks.probe(page, message, self._store.clock())
            case GetTicket() | ListPast() | Rate():
                if getattr(message, "visit", None) not in page.joined:
                    self._require_facility(page)
                self._require_session(page)
                await self._after.handle(page, message)
            case _:
                await self._visit(page, message)

    async def _visit(self, page: FamilyPage, message: PageToHub) -> None:
        if getattr(message, "visit", None) not in page.joined:
            # A visit that is open on the page outlives its facility log-in: nothing ends by
            # accident.
            self._require_facility(page)
        self._require_session(page)
        match message:
            case Join():
                await self._require_rules(page, message.visit)
                await self._pages.join(page, message)
            case Leave():
                await self._pages.leave(page, message.visit)
            case Press():
                await self._pages.press(page, message)
            case End():
                await self._pages.end(page, message.visit)
            case PageState():
                await self._pages.state(page, message)
            case CallStats():
                self._pages.measured(page, message)
            case Answer():
                self._pages.answer(page, message)
            case Ice():
                self._pages.ice(page, message)

    async def _require_rules(self, page: FamilyPage, visit: str) -> None:
        booked = self._pages.find(page, visit)
        if booked.visit.begun_at is None:  # one that goes on waits for no signature
            _, visitor = self._require_session(page)
            await self._rules.require_rules(visitor.id, booked.visit.booked.facility)

    # -- the account ------------------------------------------------------------------------

    def _require_session(self, page: FamilyPage) -> tuple[Session, Visitor]:
        if page.session is not None and self._store.clock() >= page.session.expires_at:
            self._pages.log_out(page)
        if page.session is None or page.visitor is None:
            raise UserError("not-logged-in")
        return page.session, page.visitor

    def _require_facility(self, page: FamilyPage) -> None:
        session, _ = self._require_session(page)
        if self._opened(session) is None:
            raise UserError("facility-not-open")

    async def _open_facility(self, page: FamilyPage, message: FacilityLogIn, address: str) -> None:
        session, visitor = self._require_session(page)
        opened = await self._accounts.open_facility(
            session, visitor, message.facility, message.password, address
        )
        if page.session is not session:
            raise UserError("not-logged-in")  # logged out on another page meanwhile
        page.session = opened
        await self._require_kept(message.facility, opened.token_hash, None)
        await self._show_facility(page, visitor, opened)

    async def _show_facility(self, page: FamilyPage, visitor: Visitor, session: Session) -> None:
        facility = next(each for each in self._config.facility if each.id == session.facility)
        page.send(FacilityOpened(facility=facility_view(facility), until=session.facility_until))
        await self._people.opened(page, visitor.id, facility.id)
        self._pushes.appointments(page)
