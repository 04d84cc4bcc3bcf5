"""Carries out the staff commands that book, move and list visits."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from config.schema import Facility
from config.visiting_hours import read_closed
from signalling.errors import IllegalEvent
from signalling.hub import scheduling
from signalling.hub import staff_commands as ask
from signalling.hub.booking import new_visit_id
from signalling.hub.desk_finding import SIGN_UP, facility_of, find_inmate, find_visitor, zone_of
from signalling.hub.desk_rows import visit_row
from signalling.hub.errors import StaffError
from signalling.hub.live import Live
from signalling.hub.scheduling import NotBookable, Span, between_text, wall_text, zone
from signalling.hub.services import Services
from signalling.hub.staff_warnings import warnings
from signalling.hub.store.booking_plan import Plan, Wish
from signalling.hub.store.interface import Occupied, Stale
from signalling.hub.store.records import Inmate
from signalling.hub.visiting_rules import Judge, Rules, Slot, blackout_reason
from signalling.visit import fold
from signalling.visit_events import Booked

HISTORY_S = 14 * 86_400.0


class BookingDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    # -- booking ----------------------------------------------------------------------------

    async def visit_book(self, command: ask.VisitBook, who: str) -> Any:
        """Book a visit for approved visitors."""
        inmate = await find_inmate(self._store, command.inmate, command.facility)
        facility = facility_of(self._services.config, inmate.facility)
        span = self._span(command.start, command.length_s, facility)
        if not command.anyway:
            await self._require_no_blackout(facility, inmate.unit, span)
        visitors, private = await self._invited(command.visitors, inmate)
        booked = self._booked(inmate, visitors, span, private=private)
        wish = self._wish(facility, inmate, visitors, None)
        warned = await self._warnings(facility, inmate, wish, span)
        try:
            made = await self._store.visits.book(
                new_visit_id(), booked, f"staff:{who}", inmate.unit, _terminals(facility, inmate)
            )
        except Occupied as error:
            raise StaffError(await self._occupied(error, booked, facility)) from None
        live = await self._services.visits.adopt(made)
        return {**self._row(live), "warnings": warned}

    async def visit_move(self, command: ask.VisitMove, who: str) -> Any:
        """Book a visit anew for the same people and cancel it, both or neither."""
        moved = await self._services.others.mirror.find(command.visit)
        if moved is None or moved.visit.ended is not None:
            raise StaffError(f"there is no open visit {command.visit}")
        if moved.visit.begun_at is not None:
            raise StaffError(f"visit {command.visit} has begun and cannot be moved any more")
        before = moved.visit.booked
        inmate = await self._store.people.inmate(before.inmate)
        assert inmate is not None
        facility = facility_of(self._services.config, before.facility)
        length_s = command.length_s or before.ends_at - before.starts_at
        span = self._span(command.start, length_s, facility)
        if not command.anyway:
            await self._require_no_blackout(facility, inmate.unit, span)
        booked = self._booked(inmate, moved.visit.visitors, span, private=moved.visit.private)
        wish = self._wish(facility, inmate, moved.visit.visitors, command.visit)
        warned = await self._warnings(facility, inmate, wish, span)
        plan = Plan(
            new_visit_id(),
            f"staff-{secrets.token_hex(8)}",
            wish,
            booked,
            lambda _taken, _now: Slot(span.starts_at, span.ends_at),
            staff=who,
        )
        try:
            made, ended = await self._store.booking.book(plan)
        except Occupied as error:
            raise StaffError(await self._occupied(error, booked, facility)) from None
        except (Stale, IllegalEvent) as error:
            raise StaffError(f"visit {command.visit} was not moved: {error}") from None
        live = await self._services.visits.adopt(made)
        if ended is not None:
            await self._services.visits.replace(moved, ended)
        return {**self._row(live), "moved_from": command.visit, "warnings": warned}

    async def _warnings(
        self, facility: Facility, inmate: Inmate, wish: Wish, span: Span
    ) -> list[str]:
        """Rules that this visit breaks, with what is booked before it."""
        people = [f"inmate {inmate.number}"]
        for who in (wish.visitor, *wish.guests):
            visitor = await self._store.people.visitor(who)
            people.append(visitor.email if visitor is not None else who)
        taken = await self._store.booking.taken(wish)
        return warnings(facility, inmate.unit, span, taken, people, now=self._store.clock())

    def _span(self, start: str, length_s: float, facility: Facility) -> Span:
        now = self._store.clock()
        try:
            starts_at = scheduling.start(start, facility.time_zone, now)
            return scheduling.span(starts_at, length_s, now)
        except NotBookable as error:
            raise StaffError(str(error)) from None

    def _booked(
        self, inmate: Inmate, visitors: tuple[str, ...], span: Span, *, private: bool
    ) -> Booked:
        return Booked(
            facility=inmate.facility,
            inmate=inmate.id,
            visitors=visitors,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            sign_in_from=span.starts_at - self._services.config.visits.sign_in_early_s,
            private=private,
        )

    async def _require_no_blackout(self, facility: Facility, unit: str, span: Span) -> None:
        kept = await self._store.blackouts.all(span.starts_at)
        day = datetime.fromtimestamp(span.starts_at, UTC).astimezone(zone(facility.time_zone))
        reason = blackout_reason(
            map(read_closed, facility.visiting.blackout),
            (b for b in kept if b.facility == facility.id and b.unit in ("", unit)),
            day.date(),
            span,
        )
        if reason is not None:
            said = f": {reason}" if reason else ""
            raise StaffError(f"{facility.id} takes no visits then{said}; add --anyway to book it")

    async def _occupied(self, error: Occupied, booked: Booked, facility: Facility) -> str:
        other = fold(await self._store.visits.log(error.visit))
        starts_at, ends_at = other.booked.starts_at, other.ends_at
        known = {each.id: each.time_zone for each in self._services.config.facility}
        place = known.get(other.booked.facility, facility.time_zone)
        said = (
            f"the {error.kind} already has visit {error.visit},"
            f" {between_text(starts_at, ends_at, place)}"
        )
        if booked.starts_at >= ends_at or booked.ends_at <= starts_at:
            said += ", and two visits may not share five minutes of the clock"
        return said

    async def _invited(
        self, emails: tuple[str, ...], inmate: Inmate
    ) -> tuple[tuple[str, ...], bool]:
        ids: list[str] = []
        private = False
        for email in emails:
            visitor = await find_visitor(self._store, email, SIGN_UP)
            approvals = await self._store.people.approvals(visitor.id)
            found = next((each for each, whom in approvals if whom.id == inmate.id), None)
            if found is None or not found.holds(self._store.clock()):
                raise StaffError(f"{email} is not approved to visit inmate {inmate.number}")
            ids.append(visitor.id)
            # One lawyer makes the visit private: nobody may watch or record a lawyer.
            private = private or found.private
        return tuple(dict.fromkeys(ids)), private

    # -- what is free -----------------------------------------------------------------------

    async def slots_list(self, command: ask.SlotsList, _who: str) -> Any:
        """The slots of a day at which an inmate, a terminal and the visitors are free.

        Staff are held to neither the time ahead nor quotas.
        """
        inmate = await find_inmate(self._store, command.inmate, command.facility)
        facility = facility_of(self._services.config, inmate.facility)
        visitors = tuple([(await find_visitor(self._store, each)).id for each in command.visitors])
        free = structs.replace(
            facility.visiting,
            book_ahead_h=0.0,
            book_ahead_days=90,
            inmate_visits_per_week=0,
            visitor_visits_per_week=0,
            visitors_per_visit=8,
        )
        rules = Rules(structs.replace(facility, visiting=free), inmate.unit)
        if rules.by_staff:
            where = f"unit {inmate.unit or '(not known)'} of {facility.id}"
            raise StaffError(
                f"{where} has no visiting hours in hub.toml; visit-hub visit book takes any time"
            )
        now = self._store.clock()
        taken = await self._store.booking.taken(self._wish(facility, inmate, visitors, None))
        judge = Judge(rules, taken, now, max(1, len(visitors)))
        day = rules.today(now)
        if command.day is not None:
            try:
                day = datetime.strptime(command.day, "%Y-%m-%d").replace(tzinfo=UTC).date()
            except ValueError:
                raise StaffError(f'"{command.day}" is no day: use "2026-12-25"') from None
        return [_slot_row(each, facility.time_zone) for each in judge.slots(day)]

    def _wish(
        self, facility: Facility, inmate: Inmate, visitors: tuple[str, ...], moving: str | None
    ) -> Wish:
        rules = Rules(facility, inmate.unit)
        return Wish(
            visitor=visitors[0] if visitors else "",
            inmate=inmate.id,
            facility=facility.id,
            time_zone=facility.time_zone,
            unit=inmate.unit,
            terminals=rules.terminals or 0,
            gap_s=rules.gap_s,
            since=self._store.clock() - HISTORY_S,
            guests=visitors[1:],
            moving=moving,
        )

    def _row(self, live: Live) -> dict[str, Any]:
        place = zone_of(self._services.config, live.visit.booked.facility)
        names = tuple(person.name for person in live.people)
        return visit_row(live.visit, live.inmate_name, names, place, self._store.clock())


def _terminals(facility: Facility, inmate: Inmate) -> int:
    unit = next((each for each in facility.unit if each.name == inmate.unit), None)
    return unit.terminals if unit is not None else 0


def _slot_row(slot: Slot, place: str) -> dict[str, Any]:
    facts = " ".join(str(value) for value in slot.facts.values())
    return {
        "start": wall_text(slot.starts_at, place),
        "end": wall_text(slot.ends_at, place),
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "free": not slot.rule,
        "why_not": f"{slot.rule} {facts}".strip() or None,
    }
