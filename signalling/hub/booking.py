"""Visitors book, move and cancel visits, and invite others to them."""

from __future__ import annotations

import logging
import secrets
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Final

from config.schema import HubConfig
from signalling.booking_messages import Book, Slots
from signalling.errors import IllegalEvent, UserError
from signalling.hub.live import Live
from signalling.hub.people import DAY_S, People
from signalling.hub.privacy import declined, ordinary
from signalling.hub.store.booking_plan import NotApproved, Plan, Wish
from signalling.hub.store.interface import Occupied, SlotRefused, Stale, Store
from signalling.hub.store.records import Approval, Draft, Inmate
from signalling.hub.visiting_rules import Judge, Rules, Slot, Taken, cancel_until, monday
from signalling.hub.visits import Append, Visits
from signalling.visit import Visit
from signalling.visit_events import Booked, By, Ended, EndReason, VisitorInvited
from signalling.wire import Scalar

log = logging.getLogger(__name__)

YEARS: Final = range(1971, 2096)
"""In which every day is an instant, in every time zone."""
_ID_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def new_visit_id() -> str:
    """Return an id for a visit that people can read to each other."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(10))


class Booking:
    """What one visitor may do with visits. The endpoint has checked session and facility."""

    def __init__(self, store: Store, visits: Visits, people: People, config: HubConfig) -> None:
        self._store = store
        self._visits = visits
        self._people = people
        self._config = config

    # -- slots ------------------------------------------------------------------------------

    async def slots(
        self, visitor: str, facility: str, inmate: str, day: str | None, moving: str | None
    ) -> Slots:
        """Return the days that can be booked and the slots of one, the first free one by default.

        Raises:
            UserError: `not-approved`, `unknown-visit`, `too-late`.
        """
        _, whom = await self._approved(visitor, inmate, facility)
        moved = self._to_move(visitor, moving)
        now = self._store.clock()
        rules, wish = self._wish(visitor, whom, (), moving)
        judge = Judge(rules, await self._store.booking.taken(wish), now)
        days = judge.days()
        first = next((each.day for each in days if each.free), None)
        if day is None and moved is not None and first is not None:
            # Who moves a visit looks near the day that it is on.
            there = rules.today(moved.visit.booked.starts_at).isoformat()
            first = next((each.day for each in days if each.free and each.day >= there), first)
        chosen = day or first
        slots = judge.slots(date.fromisoformat(chosen)) if self._is_day(chosen) and chosen else ()
        return Slots(
            now=now,
            inmate=inmate,
            day=chosen,
            days=days,
            slots=tuple(each.view() for each in slots),
        )

    @staticmethod
    def _is_day(day: str | None) -> bool:
        try:
            return day is not None and date.fromisoformat(day).year in YEARS
        except ValueError:
            return False  # such as 2026-02-30: no slots are on it

    def _wish(
        self, visitor: str, inmate: Inmate, guests: tuple[str, ...], moving: str | None
    ) -> tuple[Rules, Wish]:
        rules = Rules(self._people.facility(inmate.facility), inmate.unit)
        return rules, Wish(
            visitor=visitor,
            inmate=inmate.id,
            facility=inmate.facility,
            time_zone=rules.time_zone,
            unit=inmate.unit,
            terminals=rules.terminals or 0,
            gap_s=rules.gap_s,
            since=self._store.clock() - 14 * DAY_S,
            guests=guests,
            moving=moving,
        )

    # -- booking ----------------------------------------------------------------------------

    async def book(self, visitor: str, facility: str, message: Book) -> Live:
        """Book a slot, instead of another visit or not.

        Raises:
            UserError: `slot-refused` with its `rule`, the rule's facts and `next_at`;
                `guest-refused`, `not-approved`, `rules-not-accepted`, `unknown-visit`, `too-late`.
        """
        await self._people.require_rules(visitor, facility)
        approval, inmate = await self._approved(visitor, message.inmate, facility)
        moved = self._to_move(visitor, message.moving)
        guests = await self._guests(visitor, inmate, message.invite, moved)
        private = approval.private or any(each.private for each, _ in guests)
        names = tuple(each.visitor for each, _ in guests)
        rules, wish = self._wish(visitor, inmate, names, message.moving)
        starts_at = message.starts_at
        booked = Booked(
            facility=inmate.facility,
            inmate=inmate.id,
            visitors=(visitor, *names),
            starts_at=starts_at,
            ends_at=starts_at + rules.visit_s,
            sign_in_from=starts_at - self._config.visits.sign_in_early_s,
            private=private,
        )

        def judge(taken: Taken, now: float) -> Slot:
            return Judge(rules, taken, now, len(booked.visitors)).slot(starts_at)

        plan = Plan(new_visit_id(), message.request, wish, booked, judge)
        made, ended = await self._book(plan)
        known = self._visits.get(made.id)
        if known is not None:
            return known  # this request came before
        live = await self._visits.adopt(made)
        if moved is not None and ended is not None:
            await self._visits.replace(moved, ended)
        log.info("visit=%s booked by visitor %s", live.id, visitor)
        return live

    async def _book(self, plan: Plan) -> tuple[Visit, Visit | None]:
        try:
            return await self._store.booking.book(plan)
        except SlotRefused as error:
            raise _refused(error.slot) from None
        except NotApproved:
            raise UserError("not-approved") from None
        except (Stale, IllegalEvent) as error:
            log.info("not moved: %s", error)
            raise UserError("too-late") from None

    def _to_move(self, visitor: str, moving: str | None) -> Live | None:
        if moving is None:
            return None
        live = self._visits.get(moving)
        if live is None or live.visit.visitors[0] != visitor:
            raise UserError("unknown-visit")
        if live.visit.ended is None:  # else the wish may be a repeat: the store knows
            self._require_early(live)
        return live

    async def _approved(self, visitor: str, inmate: str, facility: str) -> tuple[Approval, Inmate]:
        now = self._store.clock()
        for approval, whom in await self._store.people.approvals(visitor):
            if whom.id == inmate and whom.facility == facility and approval.holds(now):
                return approval, whom
        raise UserError("not-approved")

    async def _guests(
        self, visitor: str, inmate: Inmate, emails: list[str], moved: Live | None
    ) -> list[tuple[Approval, str]]:
        guests: dict[str, tuple[Approval, str]] = {}
        for email in emails:
            approval = await self._guest(inmate, email)
            if approval.visitor != visitor:
                guests[approval.visitor] = (approval, email)
        known = list(guests.values())
        return known if moved is None else await self._move_along(moved, inmate, known)

    async def _move_along(
        self, moved: Live, inmate: Inmate, guests: list[tuple[Approval, str]]
    ) -> list[tuple[Approval, str]]:
        """Whoever is on the visit to move comes along, if they may still visit."""
        here = {approval.visitor for approval, _ in guests}
        for who in moved.visit.visitors[1:]:
            other = await self._store.people.visitor(who)
            if who not in here and other is not None:
                with suppress(UserError):
                    guests.append((await self._guest(inmate, other.email), other.email))
        return guests

    async def _guest(self, inmate: Inmate, email: str) -> Approval:
        """Raises UserError `guest-refused`, alike for no account and no approval."""
        guest = await self._store.people.visitor_by_email(email.lower())
        if guest is not None:
            now = self._store.clock()
            for approval, whom in await self._store.people.approvals(guest.id):
                if whom.id == inmate.id and approval.holds(now):
                    return approval
        raise UserError("guest-refused", email=email)

    # -- what is booked ---------------------------------------------------------------------

    def _own(self, visitor: str, visit: str) -> Live:
        live = self._visits.get(visit)
        if live is None or visitor not in live.visit.visitors:
            raise UserError("unknown-visit")
        if live.visit.ended is not None:
            raise UserError("ended")
        return live

    def _require_early(self, live: Live) -> None:
        visiting = self._people.facility(live.visit.booked.facility).visiting
        until = cancel_until(live.visit.booked.starts_at, visiting)
        if self._store.clock() >= until or live.visit.begun_at is not None:
            raise UserError("too-late", until=until)

    async def cancel(self, visitor: str, visit: str) -> None:
        """Cancel a visit, or decline one that one was invited to.

        Raises:
            UserError: `unknown-visit`, `ended`, `too-late`.
        """
        live = self._own(visitor, visit)
        author = f"visitor:{visitor}"
        booker = live.visit.visitors[0] == visitor
        if booker:
            self._require_early(live)
        plain = await ordinary(self._store, live.visit)

        def decide(visit: Visit, _now: float) -> list[Draft]:
            ended = Ended(By.VISITOR, EndReason.CANCELLED, visitor)
            return [Draft(ended if booker else declined(visit, visitor, plain), author)]

        try:
            await self._visits.change(live, decide)
        except IllegalEvent as error:
            log.info("visit=%s not cancelled: %s", live.id, error)
            raise UserError("too-late") from None

    async def invite(self, visitor: str, visit: str, email: str) -> None:
        """Invite one more visitor to a visit of one's own.

        Raises:
            UserError: `unknown-visit`, `ended`, `not-approved`, `guest-refused`, `slot-refused`.
        """
        live = self._own(visitor, visit)
        booked = live.visit.booked
        if live.visit.visitors[0] != visitor:
            raise UserError("unknown-visit")
        _, inmate = await self._approved(visitor, booked.inmate, booked.facility)
        approval = await self._guest(inmate, email)
        guest = approval.visitor
        if guest == visitor:
            raise UserError("guest-refused", email=email)
        span = (booked.starts_at, booked.ends_at)
        most = self._people.facility(booked.facility).visiting.visitors_per_visit

        def decide(now: Visit, _at: float) -> list[Draft]:
            if guest in now.visitors:
                return []
            if approval.private and not now.private:
                # A lawyer's visit is private from its booking on, and nothing makes one so later.
                raise UserError("guest-refused", email=email)
            if len(now.visitors) >= most:  # by now: invitations may come side by side
                raise _refused(Slot(*span, "too-many-visitors", {"count": most}))
            return [Draft(VisitorInvited(guest), f"visitor:{visitor}")]

        try:
            await self._visits.change(live, decide, self._in_a_free_week(live, inmate, guest))
        except SlotRefused as error:
            raise _refused(error.slot) from None
        except Occupied:
            raise _refused(Slot(*span, "guest-busy")) from None
        except IllegalEvent as error:
            log.info("visit=%s nobody invited: %s", live.id, error)
            raise UserError("ended") from None

    def _in_a_free_week(self, live: Live, inmate: Inmate, guest: str) -> Append:
        """Return what appends where the guest has a visit left that week, else SlotRefused."""
        rules, wish = self._wish(guest, inmate, (), live.id)
        count, booked = rules.visiting.visitor_visits_per_week, live.visit.booked
        week = monday(booked.starts_at, rules.time_zone)

        def judge(taken: Taken) -> Slot:
            full = count and taken.visitor_weeks.get(week, 0) >= count
            span = (booked.starts_at, booked.ends_at)
            return Slot(*span, "guest-week", {"count": count}) if full else Slot(*span)

        return partial(self._store.booking.invite, wish=wish, judge=judge)


def _refused(slot: Slot) -> UserError:
    facts: dict[str, Scalar] = {**slot.facts, "rule": slot.rule, "next_at": slot.next_at}
    return UserError("slot-refused", **facts)
