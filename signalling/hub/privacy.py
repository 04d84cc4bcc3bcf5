"""Who makes a visit private: while one of them is on it nobody watches or records it."""

from __future__ import annotations

from signalling.hub.store.interface import Store
from signalling.visit import Visit
from signalling.visit_events import VisitorDeclined


async def ordinary(store: Store, visit: Visit) -> frozenset[str]:
    """Return who of a visit's visitors does not make it private."""
    inmate, found = visit.booked.inmate, set[str]()
    for who in visit.visitors:
        approvals = await store.people.approvals(who)
        if not any(each.private and whom.id == inmate for each, whom in approvals):
            found.add(who)
    return frozenset(found)


def declined(visit: Visit, who: str, ordinary: frozenset[str]) -> VisitorDeclined:
    """Return the event of a visitor who does not come: with the last lawyer goes the privacy.

    Else an inmate's lawyer could be invited, and decline, for a talk that nobody oversees. Whoever
    is not among the `ordinary` makes it private, such as one who was invited since.
    """
    stay = (each for each in visit.visitors if each != who)
    last = who not in ordinary and all(each in ordinary for each in stay)
    return VisitorDeclined(who, ends_privacy=visit.private and last)
