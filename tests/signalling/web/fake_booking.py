"""The part of a page's test hub that plays booking, by the hub's own rules."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from config.schema import Facility, Visiting
from signalling.booking_messages import (
    Book,
    CancelVisit,
    Invite,
    Invited,
    ListSlots,
    Slots,
    VisitBooked,
    VisitCancelled,
)
from signalling.hub.visiting_rules import Judge, Rules, Taken
from signalling.messages import Message, PageToHub, Refused


@dataclass
class FakeBooking:
    """What can be booked with everybody alike."""

    time_zone: str = "America/Chicago"
    visiting: Visiting = field(
        default_factory=lambda: Visiting(hours=("mon-sat 09:00-12:00",), book_ahead_h=24.0)
    )
    taken: Taken = field(default_factory=Taken)
    refusing: dict[str, Any] | None = None
    """Code and facts that the next booking is refused with."""

    def replies(self, message: PageToHub) -> list[Message]:
        """Answer one message."""
        match message:
            case ListSlots():
                return [self._slots(message)]
            case Book(request=request) if self.refusing is None:
                return [VisitBooked(request=request, visit="v9")]
            case Book() | Invite() if self.refusing is not None:
                facts, self.refusing = self.refusing, None
                about = str(message.__struct_config__.tag)
                return [Refused(about=about, code=facts.pop("code"), facts=facts)]
            case CancelVisit(visit=visit):
                return [VisitCancelled(visit=visit)]
            case Invite(visit=visit):
                return [Invited(visit=visit)]
        return []

    def _slots(self, wish: ListSlots) -> Slots:
        now = time.time()
        facility = Facility(
            id="lindell", name="Lindell", time_zone=self.time_zone, visiting=self.visiting
        )
        judge = Judge(Rules(facility, ""), self.taken, now)
        days = judge.days()
        day = wish.day or next((each.day for each in days if each.free), None)
        slots = judge.slots(date.fromisoformat(day)) if day else ()
        views = tuple(each.view() for each in slots)
        return Slots(now=now, inmate=wish.inmate, day=day, days=days, slots=views)
