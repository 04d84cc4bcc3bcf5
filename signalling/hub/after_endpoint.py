"""What a page asks of a visit beside the visit itself: files of it, past visits, how it was."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from config.schema import Facility
from signalling.booking_messages import GetTicket, Ticket
from signalling.errors import UserError
from signalling.hub import calendar_file
from signalling.hub.receipt_page import HEAD, receipt_page
from signalling.hub.receipt_words import words_of
from signalling.hub.scheduling import zone
from signalling.hub.services import Services
from signalling.hub.switchboard import FamilyPage
from signalling.hub.web_files import POLICY, File, own_page, own_styles
from signalling.receipt import NotEnded
from signalling.visit import Status, Visit

JSON: Final = "application/json; charset=utf-8"


class AfterEndpoint:
    """Serves what comes after a visit, to one page at a time. Everything may raise UserError."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store
        self._visits = services.visits
        self._facilities: dict[str, Facility] = {each.id: each for each in services.config.facility}

    async def ticket(self, page: FamilyPage, message: GetTicket) -> None:
        """Make a file and tell where it is.

        Raises:
            UserError: `unknown-visit`; `ended`, no calendar file of what is over; `not-ready`, no
                receipt before the end; `busy`.
        """
        assert page.session is not None
        visit = await self._visit(page, message.visit)
        if message.what == "calendar":
            file = await self._calendar(visit, message.language)
        else:
            file = await self._receipt(visit, message)
        path = self._services.tickets.issue(page.session.visitor, file)
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
            or page.session.visitor not in found.booked.visitors
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

    async def _receipt(self, visit: Visit, message: GetTicket) -> File:
        receipts = self._services.receipts
        try:
            named = await receipts.of(visit.id)
        except NotEnded:
            raise UserError("not-ready", status=str(self._status(visit))) from None
        if message.what == "receipt":
            called = f"receipt-{_day(visit, named.facility)}-{visit.id}.json"
            return File(JSON, receipts.sign(named), policy=POLICY, download=called)
        styles, allowed = own_styles(HEAD)
        body = receipt_page(
            named,
            message.language,
            styles,
            hub=self._services.config.name,
            key=receipts.key.id,
            issued_at=self._store.clock(),
        )
        return own_page(body, allowed)

    def _status(self, visit: Visit) -> Status:
        return visit.status(max(self._store.clock(), visit.last_recorded_at))


def _day(visit: Visit, facility: Facility) -> str:
    day = datetime.fromtimestamp(visit.booked.starts_at, zone(facility.time_zone))
    return f"{day:%Y-%m-%d}"
