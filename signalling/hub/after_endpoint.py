"""What a page asks of a visit beside the visit itself: files of it, past visits, how it was."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from config.schema import Facility
from signalling.booking_messages import GetTicket, ListPast, OwnView, Past, Rate, Rated, Ticket
from signalling.errors import UserError
from signalling.hub import calendar_file
from signalling.hub.live import Live
from signalling.hub.receipt_page import HEAD, receipt_page
from signalling.hub.receipt_words import words_of
from signalling.hub.scheduling import zone
from signalling.hub.services import Services
from signalling.hub.store.records import Rating
from signalling.hub.switchboard import FamilyPage
from signalling.hub.throttle import Throttle
from signalling.hub.views import visit_view
from signalling.hub.web_files import POLICY, File, own_page, own_styles
from signalling.receipt import NotEnded
from signalling.visit import Status, Visit
from signalling.wire import Person, VisitView

log = logging.getLogger(__name__)

AfterMessage = GetTicket | ListPast | Rate
"""What is handled here."""
PAST_AT_ONCE: Final = 20
ASKS: Final = 60
ASKS_WINDOW_S: Final = 60.0
"""How often a visitor asks in each window: the fold of a long log takes milliseconds of the hub."""
JSON: Final = "application/json; charset=utf-8"


class AfterEndpoint:
    """Serves what comes after a visit. The page has a session, and its facility is open to it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store
        self._visits = services.visits
        self._asks = Throttle(ASKS, ASKS_WINDOW_S)
        self._facilities: dict[str, Facility] = {each.id: each for each in services.config.facility}

    async def handle(self, page: FamilyPage, message: AfterMessage) -> None:
        """Answer one message.

        Raises:
            UserError: `unknown-visit`, also for somebody else's; `ended`, no calendar file of what
                is over; `not-ready`, no receipt or rating before the end; `busy`.
        """
        assert page.session is not None
        visitor, now = page.session.visitor, self._store.clock()
        if self._asks.shut_until(visitor, now) is not None:
            raise UserError("busy")
        self._asks.failed(visitor, now)
        match message:
            case GetTicket():
                await self._ticket(page, message)
            case ListPast():
                await self._list_past(page, message)
            case Rate():
                await self._rate(page, message)

    # -- files ------------------------------------------------------------------------------

    async def _ticket(self, page: FamilyPage, message: GetTicket) -> None:
        assert page.session is not None and page.visitor is not None
        visit = await self._visit(page, message.visit)
        language = message.language or page.visitor.language
        if message.what == "calendar":
            file = await self._calendar(visit, language)
        else:
            file = await self._receipt(visit, message.what, language)
        path = await self._services.tickets.issue(page.session.visitor, file)
        page.send(Ticket(visit=visit.id, what=message.what, path=path))

    async def _visit(self, page: FamilyPage, visit: str) -> Visit:
        """Return a visit of this page's visitor at the open facility, however long ago."""
        assert page.session is not None
        live = self._visits.get(visit)
        if live is not None and self._status(live.visit) is Status.ENDED and not live.visit.ended:
            await self._visits.settle(live)  # the clock ended it a moment before the timer does
        found = live.visit if live is not None else await self._store.visits.load(visit)
        if (
            found is None
            or page.session.visitor not in found.visitors
            or page.session.facility != found.booked.facility
        ):
            raise UserError("unknown-visit")
        return found

    async def _calendar(self, visit: Visit, language: str) -> File:
        if self._status(visit) is Status.ENDED:
            raise UserError("ended")
        config, facility = self._services.config, self._facilities[visit.booked.facility]
        inmate = await self._store.people.inmate(visit.booked.inmate)
        name = inmate.name if inmate is not None else visit.booked.inmate
        body = calendar_file.calendar_file(
            visit.id,
            config.name,
            summary=words_of(language)["visit-with"].format(name=name),
            starts_at=visit.booked.starts_at,
            ends_at=visit.ends_at,
            stamp_at=self._store.clock(),
            location=facility.name,
        )
        called = f"visit-{_day(visit, facility)}.ics"
        return File(calendar_file.CONTENT_TYPE, body, policy=POLICY, download=called)

    async def _receipt(self, visit: Visit, what: str, language: str) -> File:
        receipts = self._services.receipts
        try:
            named = await receipts.of(visit.id)
        except NotEnded:
            raise UserError("not-ready", status=str(self._status(visit))) from None
        if what == "receipt":
            called = f"receipt-{_day(visit, named.facility)}-{visit.id}.json"
            return File(JSON, receipts.sign(named), policy=POLICY, download=called)
        styles, allowed = own_styles(HEAD)
        body = receipt_page(
            named,
            language,
            styles,
            hub=self._services.config.name,
            key=receipts.key.id,
            issued_at=self._store.clock(),
        )
        return own_page(body, allowed)

    # -- past visits ------------------------------------------------------------------------

    async def _list_past(self, page: FamilyPage, message: ListPast) -> None:
        assert page.session is not None and page.session.facility is not None
        visitor, now = page.session.visitor, self._store.clock()
        before = now if message.before is None else message.before
        found = await self._store.past.visits(
            visitor, page.session.facility, before, PAST_AT_ONCE + 1
        )
        views: list[VisitView] = []
        own: dict[str, OwnView] = {}
        for each in found[:PAST_AT_ONCE]:
            people = tuple(Person(name=name, relation=relation) for name, relation in each.people)
            live = Live(each.visit, each.inmate, people)
            if each.stars is not None:
                live.stars[visitor] = each.stars
            views.append(visit_view(live, self._services.config.notice, now))
            own[live.id] = self._services.pushes.own.own_view(live, visitor, now)
        page.send(Past(visits=tuple(views), own=own, more=len(found) > PAST_AT_ONCE))

    async def _rate(self, page: FamilyPage, message: Rate) -> None:
        assert page.session is not None
        visit, visitor = await self._visit(page, message.visit), page.session.visitor
        if visit.ended is None or visit.begun_at is None:
            raise UserError("not-ready", status=str(self._status(visit)))
        troubles = tuple(dict.fromkeys(message.troubles))
        await self._store.past.rate(Rating(visit.id, visitor, message.stars, troubles))
        log.info("visit=%s rated %d (%s)", visit.id, message.stars, ", ".join(troubles))
        page.send(Rated(visit=visit.id, stars=message.stars))
        live = self._visits.get(visit.id)
        if live is not None:
            live.stars[visitor] = message.stars
            self._visits.publish(live)

    def _status(self, visit: Visit) -> Status:
        return visit.status(max(self._store.clock(), visit.last_recorded_at))


def _day(visit: Visit, facility: Facility) -> str:
    day = datetime.fromtimestamp(visit.booked.starts_at, zone(facility.time_zone))
    return f"{day:%Y-%m-%d}"
