"""What one visitor may do with a visit, and why it is as it is: `OwnView` from the rooms."""

from __future__ import annotations

from config.schema import HubConfig
from signalling.booking_messages import OwnView
from signalling.hub.live import Live
from signalling.hub.seats import Seats
from signalling.hub.switchboard import Switchboard
from signalling.hub.visiting_rules import cancel_until
from signalling.hub.visits import Visits
from signalling.hub.why import Around, why


class OwnViews:
    """Reads the rooms; changes nothing."""

    def __init__(
        self, visits: Visits, seats: Seats, switchboard: Switchboard, config: HubConfig
    ) -> None:
        self._visits = visits
        self._seats = seats
        self._switchboard = switchboard
        self._visiting = {each.id: each.visiting for each in config.facility}

    def own_view(self, live: Live, visitor: str, now: float) -> OwnView:
        """Return a visitor's own view of a visit at `now`."""
        booked = live.visit.booked
        return OwnView(
            inmate=booked.inmate,
            by_me=live.visit.visitors[0] == visitor,
            cancel_until=self._cancel_until(live, visitor, now),
            why=why(live.visit, now, self._around(live)),
            stars=live.stars.get(visitor),
            at_page_of=_at_page_of(live, visitor),
        )

    def _cancel_until(self, live: Live, visitor: str, now: float) -> float | None:
        visit, visiting = live.visit, self._visiting.get(live.visit.booked.facility)
        over = visit.begun_at is not None or visit.ended is not None
        if over or visiting is None or visit.visitors[0] != visitor:
            return None
        until = cancel_until(visit.booked.starts_at, visiting)
        return until if now < until else None

    def busy_with(self, inmate: str) -> str | None:
        """Return the visit that an inmate is in now."""
        for live in self._visits.of_inmate(inmate):
            visit = live.visit
            if visit.begun_at is not None and visit.ended is None and visit.signed_in:
                return live.id
        return None

    def _around(self, live: Live) -> Around:
        if live.visit.ended is not None:
            return Around()
        inmate = live.visit.booked.inmate
        busy_with = self.busy_with(inmate)
        terminal = live.visit.terminal or self._seats.last_terminal(inmate)
        elsewhere = busy_with not in (None, live.id)
        locked_down = self._visits.locked.over_visit(live) is not None
        if terminal is None:
            return Around(elsewhere, locked_down=locked_down)
        link = self._switchboard.terminals.get(terminal)
        faulty = link is not None and bool(link.faults)
        return Around(elsewhere, link is not None, locked_down, faulty)


def _at_page_of(live: Live, visitor: str) -> str | None:
    page = live.pages.get(live.holder or "")
    if page is None or page.visitor == visitor:
        return None
    # Who joins a visit and the names shown for it are told one after the other.
    names = dict(zip(live.visit.visitors, live.people, strict=False))
    return names[page.visitor].name if page.visitor in names else None
