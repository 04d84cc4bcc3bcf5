"""Applies visit events, keeps the timers, and says what changed once it is committed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Final

from config.schema import HubConfig
from signalling.errors import IllegalEvent
from signalling.hub.breaks import (
    PageIs,
    Rules,
    changes,
    spacing_s,
    wanted_breaks,
)
from signalling.hub.bus.interface import Bus, VisitChanged
from signalling.hub.event_words import pairs
from signalling.hub.giving_back import due_s, look_at, owed
from signalling.hub.keeping import Keeping
from signalling.hub.live import Live, by_start, keys_of, persons
from signalling.hub.lockdown_rules import Locked
from signalling.hub.metrics import Metrics
from signalling.hub.store.interface import Occupied, Stale, Store
from signalling.hub.store.records import Draft, VisitPeople
from signalling.hub.timers import Timers
from signalling.logs import about_visit
from signalling.receipt import LEAST_EXTENSION_S, GiveBack
from signalling.visit import Visit
from signalling.visit_events import (
    By,
    Ended,
    EndReason,
    VisitorJoined,
    VisitorLeft,
)
from signalling.wire import Person

log = logging.getLogger(__name__)

KEPT_AFTER_END_S: Final = 12 * 3600.0
"""An ended visit stays on its visitor's list this long."""
COMES_AND_GOES_BELOW: Final = 450
"""Log length from which pages coming and going are no longer recorded."""
TRIES: Final = 5

AUTHOR: Final = "hub"
Decide = Callable[[Visit, float], Iterable[Draft]]
Append = Callable[[Visit, Sequence[Draft]], Awaitable[Visit]]


class Visits:
    """The open visits, and those ended not long ago.

    Several hubs each know all of them; of a facility that another hub keeps only the log is true
    here: nothing is known of its visits' ends, and time has no effects.
    """

    def __init__(
        self, store: Store, bus: Bus, keeping: Keeping, config: HubConfig, metrics: Metrics
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._bus = bus
        self._keeping = keeping
        self._rules = Rules(config.visits.link_grace_s, config.visits.first_picture_s)
        self._limits = GiveBack(config.visits.give_back_max_s, config.visits.pause_max_s)
        self.locked = Locked()
        self._live: dict[str, Live] = {}
        self._of: dict[str, dict[str, Live]] = {}
        """The same by inmate, by visitor and by facility: pushes must not look at all."""
        self.timers = Timers(store.clock)
        self.stopping = False
        """Set when the hub goes down: connections that end then say nothing about visits."""

    async def start(self) -> None:
        """Read the open visits."""
        visits = await self._store.visits.load_since(self._store.clock() - KEPT_AFTER_END_S)
        people = await self._store.visits.people(visits)
        for visit in visits:
            self._adopt(visit, people[visit.id], told=True)

    def take(self, facility: str | None) -> None:
        """This hub keeps a facility from now on; None: all. Timers apply what time did meanwhile.

        Nobody is connected yet; both ends have the grace time to come back.
        """
        now = self._store.clock()
        for live in self.at(facility):
            live.begin_anew(now, self._rules.link_grace_s)

    def settle_all(self, facility: str | None) -> None:
        """Settle all visits of a facility, None: all, with the next turn of the timers."""
        for live in self.at(facility):
            self.settle_soon(live)

    def leave(self, facility: str) -> None:
        """Another hub keeps a facility from now on: what is known of its visits' ends is old."""
        for live in self.at(facility):
            live.forget_ends()

    async def run(self) -> None:
        """Fire timers until cancelled."""
        await self.timers.run(self._fire)

    async def _fire(self, visit: str) -> None:
        live = self._live.get(visit)
        if live is None:
            return
        if live.visit.ended_at is not None and self._forget(live):
            return
        with about_visit(visit):
            await self.settle(live)

    def _forget(self, live: Live) -> bool:
        ended_at = live.visit.ended_at or 0.0
        old = self._store.clock() >= ended_at + KEPT_AFTER_END_S
        if old:
            del self._live[live.id]
            for key in keys_of(live.visit):
                del self._of[key][live.id]
            self.publish(live)
        return old

    # -- finding ----------------------------------------------------------------------------

    def get(self, visit: str) -> Live | None:
        """By id, open or ended not long ago."""
        return self._live.get(visit)

    def all(self) -> list[Live]:
        """All, by start."""
        return by_start(self._live.values())

    def at(self, facility: str | None) -> list[Live]:
        """A facility's, by start; None: all."""
        return (
            self.all()
            if facility is None
            else by_start(self._of.get(f"at {facility}", {}).values())
        )

    def some(self) -> list[Live]:
        """All, in no order."""
        return list(self._live.values())

    def of_inmate(self, inmate: str) -> list[Live]:
        """An inmate's, by start."""
        return by_start(self._of.get(inmate, {}).values())

    def of_visitor(self, visitor: str, facility: str) -> list[Live]:
        """A visitor's at one facility, by start."""
        theirs = self._of.get(visitor, {}).values()
        return by_start(each for each in theirs if each.visit.booked.facility == facility)

    def of(self, visitor: str) -> list[Live]:
        """A visitor's at every facility, by start."""
        return by_start(self._of.get(visitor, {}).values())

    def next_start(self, facility: str, now: float) -> float | None:
        """When the next visit of a facility starts."""
        here = (each.visit for each in self._of.get(f"at {facility}", {}).values())
        starts = (each.booked.starts_at for each in here if each.ended is None)
        return min((at for at in starts if at > now), default=None)

    # -- changing ---------------------------------------------------------------------------

    async def adopt(self, visit: Visit, *, told: bool = False) -> Live:
        """Take a visit into memory that was just booked, or (`told`) is known to others."""
        people = await self._store.visits.people([visit])
        return self._adopt(visit, people[visit.id], told=told)

    def _adopt(self, visit: Visit, people: VisitPeople, *, told: bool) -> Live:
        known = self._live.get(visit.id)
        if known is not None:
            return known  # heard of it from another hub while we asked the store
        live = Live(visit, people.inmate, persons(people), people.unit)
        live.stars = people.stars
        live.told_length = visit.length if told else 0
        self._live[visit.id] = live
        for key in keys_of(visit):
            self._of.setdefault(key, {})[visit.id] = live
        ours = self._keeping.keeps(visit.booked.facility)
        self._schedule(live, None, ours=ours)
        self.publish(live)
        return live

    async def refresh(self, visit: Visit) -> None:
        """Another hub appended to a visit, or booked it: take it as the store has it."""
        live = self._live.get(visit.id)
        if live is None:
            if visit.ended_at is None or visit.ended_at > self._store.clock() - KEPT_AFTER_END_S:
                await self.adopt(visit, told=True)
            return
        before = live.visit.visitors
        async with live.lock:
            if visit.length <= live.visit.length:
                return
            live.visit, live.told_length = visit, visit.length
            live.note_tracks(self._store.clock())
        await self._changed(live, before)

    async def read_people_again(self, visitor: str | None) -> None:
        """Somebody's name, unit or relation changed, None: anybody's: say so on the screens."""
        lives = self.some() if visitor is None else list(self._of.get(visitor, {}).values())
        read = [(live, live.visit) for live in lives]
        people = await self._store.visits.people([visit for _, visit in read])
        for live, visit in read:
            if live.visit.visitors == visit.visitors and live.take_people(people[live.id]):
                self.publish(live)

    async def _people(self, visit: Visit) -> tuple[Person, ...]:
        return persons((await self._store.visits.people([visit]))[visit.id])

    async def change(self, live: Live, decide: Decide, append: Append | None = None) -> bool:
        """Append what `decide(visit, now)` returns, then settle and publish.

        `append` does it in the place of the store's own, with a check of its own.

        When another author was first, the visit is read again and `decide` asked again.
        Returns whether anything was appended.

        Raises:
            IllegalEvent: the log does not allow it; nothing was changed.
        """
        before = live.visit
        try:
            async with live.lock:
                changed = await self._append(live, decide, append)
        except Exception:
            if live.visit is not before:  # another author was first
                await self._changed(live, before.visitors)
            raise
        await self._changed(live, before.visitors)
        return changed

    async def _changed(self, live: Live, before: Sequence[str]) -> None:
        if live.visit.visitors != before:
            await self._visitors_changed(live, before)
        await self.settle(live)

    async def _visitors_changed(self, live: Live, before: Sequence[str]) -> None:
        now = self._store.clock()
        gone = [each for each in before if each not in live.visit.visitors]
        for key in gone:
            self._of[key].pop(live.id, None)  # a change at the same moment may have done it
        for key in keys_of(live.visit):
            self._of.setdefault(key, {})[live.id] = live
        for page in [each for each in live.pages.values() if each.visitor in gone]:
            live.page_gone(page.page, PageIs.LEFT, now, now)
        live.people = await self._people(live.visit)
        self.publish(live, gone)

    async def settle(self, live: Live) -> None:
        """Record what follows from time and from both ends, set the timer, publish."""
        if self.stopping:
            return
        picture_s = live.take_press_to_picture()
        if picture_s is not None:
            self._metrics.picture.observe(picture_s)
        async with live.lock:
            ours = self._keeping.keeps(live.visit.booked.facility)
            look = await self._settle(live) if ours else None
            self._schedule(live, look, ours=ours)
        self.publish(live)

    async def replace(self, live: Live, visit: Visit) -> None:
        """Take a visit as the store made it in a transaction of its own."""
        async with live.lock:
            if visit.length > live.visit.length:
                live.visit = visit
        await self.settle(live)

    def settle_soon(self, live: Live) -> None:
        """Settle with the next turn of the timers, for callers that cannot wait."""
        self.timers.set(live.id, self._store.clock())

    def publish(self, live: Live, gone: Sequence[str] = ()) -> None:
        """Say that something about the visit changed, to whoever is no longer on it too."""
        booked = live.visit.booked
        visitors = tuple(dict.fromkeys((*live.visit.visitors, *gone)))
        length = live.visit.length
        change = VisitChanged(live.id, booked.inmate, visitors, booked.facility, length)
        if length > live.told_length:
            live.told_length = length
            self._bus.publish(change)
        else:
            self._bus.publish_here(change)

    async def _append(self, live: Live, decide: Decide, append: Append | None = None) -> bool:
        append = append or self._store.visits.append
        for _ in range(TRIES):
            drafts = list(decide(live.visit, self._store.clock()))
            if not drafts:
                return False
            before = live.visit
            try:
                live.visit = await append(before, drafts)
            except Stale:
                again = await self._store.visits.load(live.id)
                if again is None:
                    raise
                live.visit = again
                continue
            self._metrics.appended(before, live.visit)
            for draft in drafts:
                log.info("visit=%s %s author=%s", live.id, pairs(draft.what), draft.author)
            live.note_tracks(self._store.clock())
            return True
        raise Stale(f"visit {live.id}: others kept being first")

    async def _settle(self, live: Live) -> float | None:
        now = self._store.clock()
        if live.visit.ended is not None:
            return None
        try:
            if now >= live.visit.ends_at:
                await self._append(live, _expiry)
                return None
            lost_at = live.drop_lost(now, self._rules.link_grace_s)
            live.note_tracks(now)
            due_at = await self._record(live)
            await self._give_back(live)
        except IllegalEvent as error:
            # The clock moved past the end in between; the timer set below does the rest.
            log.info("visit=%s not recorded: %s", live.id, error)
            return None
        return min((at for at in (lost_at, due_at) if at is not None), default=None)

    async def _record(self, live: Live) -> float | None:
        """Record pages that came and went, and breaks; return when time may change that."""
        now = self._store.clock()
        quiet_until = live.changed_at + spacing_s(live.visit.length)
        if now < quiet_until:
            return quiet_until
        # A visit may hold for another reason once tracks are shut for this one: look twice.
        for _ in range(2):
            if not await self._append(live, lambda visit, at: self._wanted(live, visit, at)):
                break
            live.changed_at = now
        if live.visit.begun_at is None:
            return None
        return wanted_breaks(live.ends, live.visit.signed_in, now, self._rules).check_at

    def _wanted(self, live: Live, visit: Visit, now: float) -> Iterable[Draft]:
        if not self._keeping.keeps(visit.booked.facility):
            return  # another hub was first, and knows the ends better by now
        if visit.length < COMES_AND_GOES_BELOW:
            for who in sorted(live.visitors_now - visit.visitors_here):
                yield Draft(VisitorJoined(who), AUTHOR)
            for who in sorted(visit.visitors_here - live.visitors_now):
                yield Draft(VisitorLeft(who), AUTHOR)
        if visit.begun_at is not None:
            wanted = wanted_breaks(live.ends, visit.signed_in, now, self._rules)
            for what, happened_at in changes(visit.breaks, wanted, now):
                yield Draft(what, AUTHOR, happened_at)

    async def _give_back(self, live: Live) -> None:
        """Add what is owed to the end, where it is time to."""
        visit = live.visit
        seconds = due_s(visit, self._store.clock(), self._limits)
        if seconds < LEAST_EXTENSION_S:
            return
        seconds = min(seconds, await self._store.visits.room_after(visit))
        if seconds < LEAST_EXTENSION_S:
            return
        try:
            await self._append(live, partial(owed, limits=self._limits, most_s=seconds))
        except Occupied as error:
            # Booked in this very moment; the next one has the right of way.
            log.info("visit=%s lost time not given back: %s", live.id, error)

    def _schedule(self, live: Live, look: float | None, *, ours: bool = True) -> None:
        now = self._store.clock()
        if live.visit.ended_at is not None:
            self.timers.set(live.id, live.visit.ended_at + KEPT_AFTER_END_S)
            return
        if not ours:
            # Only to forget it one day: what time does to it is said by the hub that keeps it.
            self.timers.set(live.id, max(now, live.visit.ends_at) + KEPT_AFTER_END_S)
            return
        # The clock ends it even when folding says so already: `ended` is still to be recorded.
        times = [live.visit.next_change(now) or now, live.visit.ends_at]
        looks = (look, look_at(live.visit, now), live.visit.booked.sign_in_from)
        times += [at for at in looks if at and at > now]
        self.timers.set(live.id, min(times))


def _expiry(visit: Visit, now: float) -> Iterable[Draft]:
    if visit.ended is None and now >= visit.ends_at:
        came = visit.begun_at is not None
        reason = EndReason.EXPIRED if came else EndReason.NOBODY_CAME
        yield Draft(Ended(By.CLOCK, reason), AUTHOR)
