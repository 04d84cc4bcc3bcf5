"""The part of a page's test hub that plays what comes after a visit."""

from __future__ import annotations

from dataclasses import dataclass, field

from signalling.booking_messages import GetTicket, ListPast, OwnView, Past, Rate, Rated, Ticket
from signalling.messages import Message, PageToHub
from signalling.wire import VisitView

AT_ONCE = 2


@dataclass
class FakeAfter:
    """Past visits, newest first, and a path for every ticket."""

    past: list[VisitView] = field(default_factory=list)
    path: str = "/favicon.svg"

    def replies(self, message: PageToHub) -> list[Message]:
        """Answer one message."""
        match message:
            case GetTicket(visit=visit, what=what):
                return [Ticket(visit=visit, what=what, path=self.path)]
            case Rate(visit=visit, stars=stars):
                return [Rated(visit=visit, stars=stars)]
            case ListPast(before=before):
                earlier = [
                    each for each in self.past if before is None or (each.ended_at or 0.0) < before
                ]
                shown = tuple(earlier[:AT_ONCE])
                own = {each.id: OwnView(inmate="i1", by_me=True) for each in shown}
                return [Past(visits=shown, own=own, more=len(earlier) > AT_ONCE)]
        return []
