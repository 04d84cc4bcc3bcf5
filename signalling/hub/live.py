"""An open visit in memory: its folded log, and what is known of its ends but never stored."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from signalling.hub.breaks import Ends, PageEnd, PageIs, TerminalEnd
from signalling.hub.measured import Measures
from signalling.hub.store.records import VisitPeople
from signalling.messages import CallStats, Message, Offer
from signalling.visit import Visit
from signalling.visit_events import Cause
from signalling.wire import Person


class Outlet(Protocol):
    """Somebody who can be sent messages."""

    def send(self, message: Message) -> None: ...


@dataclass(slots=True)
class JoinedPage:
    """A page that joined the visit. `outlet` is None while its socket is gone."""

    page: str
    visitor: str
    outlet: Outlet | None
    since: float = 0.0
    """When its socket was lost."""


@dataclass(slots=True)
class Call:
    """The newest offer of the terminal and what became of it."""

    offer: Offer
    answered: bool = False
    candidates: int = 0
    """How many the page has sent."""
    found: list[str] = field(default_factory=list)
    """The terminal's candidates since the offer, as the page may see them."""


@dataclass(frozen=True, slots=True)
class KeptPress:
    """The telephone was pressed while the terminal's link was away for a moment."""

    page: str
    visitor: str
    until: float
    """Then the person has turned away, or will press again."""


@dataclass(slots=True)
class Live:
    """One visit. Whoever appends to its log holds `lock`."""

    visit: Visit
    inmate_name: str
    people: tuple[Person, ...]
    unit: str = ""
    """The housing unit where the inmate lives; empty: not known."""
    ends: Ends = field(default_factory=Ends)
    pages: dict[str, JoinedPage] = field(default_factory=dict)
    holder: str | None = None
    """The page that has the visit."""
    pressed: dict[str, float] = field(default_factory=dict)
    """When the telephone was pressed on the page that has the visit, or had it when its socket
    was lost: that one needs no second press when it comes back."""
    kept_press: KeptPress | None = None
    in_before: frozenset[str] = frozenset()
    """After a restart of the hub in a visit that went on: the visitors who were in it by its log.
    A page of theirs that says it was pressed needs no second press."""
    open_to_all_at: float = 0.0
    """Until then, after a restart of the hub, only a page whose call still runs gets the visit:
    another one that comes back first would cut that call."""
    call: Call | None = None
    changed_at: float = 0.0
    """When joins or breaks were last recorded: flapping is spaced out."""
    told_length: int = 0
    """Up to where other hubs were told of its log."""
    waits_for_picture: float | None = None
    """When the telephone was pressed, until both ends have picture and sound."""
    entered_at: float = 0.0
    """When the inmate last signed in for it: that is spaced out too."""
    measures: Measures = field(default_factory=Measures)
    stars: dict[str, int] = field(default_factory=dict)
    """How it was, by visitor."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def id(self) -> str:
        """The visit's id."""
        return self.visit.id

    def take_people(self, people: VisitPeople) -> bool:
        """Show who its people are by now; whether that is anything new."""
        before = (self.inmate_name, self.unit, self.people)
        self.inmate_name, self.unit, self.people = people.inmate, people.unit, persons(people)
        return before != (self.inmate_name, self.unit, self.people)

    def tracks_open(self, now: float) -> bool:
        """Whether pictures and sound may leave either side.

        The press of the page that has the visit is asked for: the inmate is not shown, nor a
        camera started, because somebody else's page closed or a page was loaded again. A page
        that only lost its socket keeps its press.
        """
        visit, page = self.visit, self.ends.page
        if page.pressed_at is None or page.where is PageIs.LEFT:
            return False
        if visit.begun_at is None or not visit.signed_in or visit.paused:
            return False
        if visit.ended is not None or now >= visit.ends_at:
            return False
        return all(each.cause not in (Cause.HANDSET, Cause.SIGNED_OUT) for each in visit.breaks)

    def begin_anew(self, now: float, grace_s: float) -> None:
        """This hub has just started or taken the visit over: both ends are away since now."""
        visit = self.visit
        self.forget_ends()
        where = PageIs.LOST if visit.visitors_here else PageIs.LEFT
        away = any(each.cause is Cause.PAGE for each in visit.breaks)
        lost = PageEnd(where, since=now, pressed_at=None if away else now)
        if visit.begun_at is not None and not away:
            self.in_before = visit.visitors_here
        self.ends = Ends(_terminal_before(visit, now), lost)
        if visit.begun_at is not None and visit.visitors_here:
            self.open_to_all_at = now + grace_s
        for who in visit.visitors_here:
            page = f"before-restart.{who}"
            self.pages[page] = JoinedPage(page, who, None, now)
        self.note_tracks(now)

    def forget_ends(self) -> None:
        """Forget all that no log has."""
        self.ends, self.call, self.holder, self.kept_press = Ends(), None, None, None
        self.pages, self.pressed, self.in_before = {}, {}, frozenset()

    def note_tracks(self, now: float) -> None:
        """Keep since when tracks have been open."""
        if not self.tracks_open(now):
            self.ends = replace(self.ends, tracks_since=None)
        elif self.ends.tracks_since is None:
            begun = self.visit.begun_at or now
            first = self.visit.counted_until == begun
            self.ends = replace(self.ends, tracks_since=begun if first else now)

    def measured(self, end: str, stats: CallStats, now: float) -> None:
        """One end says how the call is; only what people see and hear of each other counts."""
        if self.visit.begun_at is not None and self.visit.ended is None:
            self.measures.take(end, stats, now)

    # -- pages ------------------------------------------------------------------------------

    def give_to(self, page: str | None, now: float) -> None:
        """Let a page have the visit; None: nobody."""
        if page == self.holder:
            return
        if page is not None:
            self.pressed = {each: at for each, at in self.pressed.items() if each == page}
            before = self.ends.page
            by_choice = before.where in (PageIs.LEFT, PageIs.CLOSED)
            end = PageEnd(
                PageIs.HERE,
                # Without a press nothing goes on: the page is missing since the last one went.
                before.since if by_choice else now,
                receiving=False,
                receiving_since=now,
                pressed_at=self.pressed.get(page),
            )
            self.ends = replace(self.ends, page=end)
        self.holder = page

    def believe(self, page: str, visitor: str, now: float) -> None:
        """A page that joins says that it was pressed before this hub started.

        Only the page can know: the log tells which visitors were in the visit, not on which page
        a telephone was pressed. So it is believed where the log agrees, and until some page has
        the visit in this hub's time; whoever would lie could as well say `press`.
        """
        if self.holder is None and visitor in self.in_before:
            self.pressed.setdefault(page, now)

    def press(self, page: str, now: float) -> None:
        """The person at the page that has the visit pressed the telephone."""
        if page not in self.pressed:
            self.waits_for_picture = now
        at = self.pressed.setdefault(page, now)
        self.ends = replace(self.ends, page=replace(self.ends.page, pressed_at=at))

    def take_press_to_picture(self) -> float | None:
        """Return the seconds from a press until both ends received, once."""
        terminal, page, since = self.ends.terminal, self.ends.page, self.waits_for_picture
        if since is None or not (terminal.receiving and page.receiving):
            return None
        self.waits_for_picture = None
        return max(0.0, terminal.receiving_since - since, page.receiving_since - since)

    def keep_press(self, page: str, visitor: str, now: float, grace_s: float) -> bool:
        """Keep a press until the terminal is back; False when it has been away for too long."""
        gone_since = self.ends.terminal.gone_since
        if gone_since is None or now >= gone_since + grace_s:
            return False
        self.kept_press = KeptPress(page, visitor, now + grace_s)
        return True

    def take_kept_press(self, now: float) -> str | None:
        """Return who pressed on the page that has the visit and is still here; it is used up."""
        kept, self.kept_press = self.kept_press, None
        if kept is None or now >= kept.until or kept.page != self.holder:
            return None
        joined = self.pages.get(kept.page)
        return kept.visitor if joined is not None and joined.outlet is not None else None

    def page_gone(self, page: str, where: PageIs, now: float, since: float) -> None:
        """A page left, was closed or lost; another one here gets the visit unless it was lost."""
        joined = self.pages[page]
        joined.outlet, joined.since = None, since
        if where is not PageIs.LOST:
            del self.pages[page]
            self.pressed.pop(page, None)
        if self.holder != page:
            return
        end = replace(self.ends.page, where=where, since=since)
        self.ends = replace(self.ends, page=end)
        if where is not PageIs.LOST:
            self.give_to(self._next_page(), now)

    def drop_lost(self, now: float, grace_s: float) -> float | None:
        """Forget lost pages after `grace_s`; return when to look again.

        The page whose media still reaches the jail keeps the visit: it only lost its socket.
        """
        look_at: list[float] = []
        for page in [each for each in self.pages.values() if each.outlet is None]:
            if page.page == self.holder and self.ends.terminal.receiving:
                continue
            if now < page.since + grace_s:
                look_at.append(page.since + grace_s)
                continue
            del self.pages[page.page]
            if page.page == self.holder:
                self.give_to(self._next_page(), now)
        if self.holder is None and now >= self.open_to_all_at:
            self.give_to(self._next_page(), now)
        return min(look_at, default=None)

    def _next_page(self) -> str | None:
        return next((each.page for each in self.pages.values() if each.outlet is not None), None)

    @property
    def visitors_now(self) -> frozenset[str]:
        """The visitors with a page for this visit, lost ones included until they are dropped."""
        return frozenset(each.visitor for each in self.pages.values())

    def send_to_holder(self, message: Message) -> bool:
        """Send to the page that has the visit; False when it is not connected."""
        page = self.pages.get(self.holder) if self.holder is not None else None
        if page is None or page.outlet is None:
            return False
        page.outlet.send(message)
        return True


def persons(people: VisitPeople) -> tuple[Person, ...]:
    """Return a visit's visitors as screens name them."""
    return tuple(Person(name=name, relation=relation) for name, relation in people.visitors)


def keys_of(visit: Visit) -> tuple[str, ...]:
    """Return what a visit is found by."""
    # Ids of inmates and visitors differ in their first letter; a facility's never has a space.
    return (visit.booked.inmate, *visit.visitors, f"at {visit.booked.facility}")


def by_start(lives: Iterable[Live]) -> list[Live]:
    """Return visits by when they start."""
    return sorted(lives, key=lambda live: live.visit.booked.starts_at)


def _terminal_before(visit: Visit, now: float) -> TerminalEnd:
    """A terminal after a restart: away, its handset as the log last had it."""
    hung = next((each for each in visit.breaks if each.cause is Cause.HANDSET), None)
    if hung is None:
        return TerminalEnd(gone_since=now)
    return TerminalEnd(gone_since=now, handset_up=False, handset_since=hung.since)
