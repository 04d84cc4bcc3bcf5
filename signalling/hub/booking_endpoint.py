"""What pages ask of booking."""

from __future__ import annotations

from typing import Final

from signalling.booking_messages import (
    Book,
    CancelVisit,
    Invite,
    Invited,
    ListSlots,
    VisitBooked,
    VisitCancelled,
)
from signalling.errors import UserError
from signalling.hub.booking import Booking
from signalling.hub.switchboard import FamilyPage
from signalling.hub.throttle import Throttle, require_open

BookingMessage = ListSlots | Book | CancelVisit | Invite
"""What is handled here."""
LISTS: Final = 120
LISTS_WINDOW_S: Final = 60.0
"""Asking for slots takes some ten milliseconds of everybody's hub; nobody presses days faster."""
BOOKINGS: Final = 40
BOOKINGS_WINDOW_S: Final = 3600.0
"""Each is mailed to everybody on it, moved ones too, and is remembered for hours."""
INVITES: Final = 20
INVITES_WINDOW_S: Final = 3600.0
"""An e-mail that is refused tells that nobody approved has it: not to be asked of a whole list."""


class BookingEndpoint:
    """The part of `/family` about booking. The page has a session, its facility is open to it."""

    def __init__(self, booking: Booking) -> None:
        self._booking = booking
        self._invites = Throttle(INVITES, INVITES_WINDOW_S)
        self._lists = Throttle(LISTS, LISTS_WINDOW_S)
        self._bookings = Throttle(BOOKINGS, BOOKINGS_WINDOW_S)

    async def handle(self, page: FamilyPage, message: BookingMessage, now: float) -> None:
        """Answer one message. Raises UserError."""
        assert page.session is not None and page.session.facility is not None
        visitor, facility = page.session.visitor, page.session.facility
        match message:
            case ListSlots(inmate=inmate, day=day, moving=moving):
                self._count_list(visitor, now)
                page.send(await self._booking.slots(visitor, facility, inmate, day, moving))
            case Book():
                self._count_list(visitor, now)
                require_open(self._bookings, visitor, now)
                self._count(visitor, len(message.invite), now)
                live = await self._booking.book(visitor, facility, message)
                self._bookings.failed(visitor, now)
                page.send(VisitBooked(request=message.request, visit=live.id))
            case CancelVisit(visit=visit):
                await self._booking.cancel(visitor, visit)
                page.send(VisitCancelled(visit=visit))
            case Invite(visit=visit, email=email):
                self._count(visitor, 1, now)
                await self._booking.invite(visitor, visit, email)
                page.send(Invited(visit=visit))

    def _count_list(self, visitor: str, now: float) -> None:
        if self._lists.shut_until(visitor, now) is not None:
            raise UserError("busy")
        self._lists.failed(visitor, now)

    def _count(self, visitor: str, emails: int, now: float) -> None:
        until = self._invites.shut_until(visitor, now)
        if emails and until is not None:
            raise UserError("too-many-tries", unlock_at=until)
        for _ in range(emails):
            self._invites.failed(visitor, now)
