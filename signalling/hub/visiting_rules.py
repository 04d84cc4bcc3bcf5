"""Pure: from a facility's visiting rules and what is taken to the slots that can be booked.

Every refusal names its rule. The store asks again, with the same functions, in the transaction
that books. Instants are seconds since the epoch; days and weeks are the facility's.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final

from config.schema import Facility, Visiting
from config.visiting_hours import Closed, Opening, read_closed, read_hours
from signalling.booking_messages import DayView, SlotView
from signalling.hub.scheduling import CELL_S, NotBookable, Span, instant, zone
from signalling.hub.staff_records import Blackout
from signalling.wire import Scalar

MINUTE_S: Final = 60.0
Weeks = Mapping[date, int]
"""Visits that were not cancelled, by the Monday of their week."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What stands in the way of the people of one wish. Spans are open visits."""

    inmate: tuple[Span, ...] = ()
    visitor: tuple[Span, ...] = ()
    guests: tuple[Span, ...] = ()
    seats: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    """By the number of the terminal that they hold, from 1."""
    inmate_weeks: Weeks = field(default_factory=dict)
    visitor_weeks: Weeks = field(default_factory=dict)
    guest_weeks: tuple[Weeks, ...] = ()
    blackouts: tuple[Blackout, ...] = ()
    """Of the inmate's facility and unit, beside the days in hub.toml."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A time to book. Without a `rule` it is free; `facts` are the rule's."""

    starts_at: float
    ends_at: float
    rule: str = ""
    facts: Mapping[str, Scalar] = field(default_factory=dict)
    next_at: float | None = None

    def view(self) -> SlotView:
        """As pages are told."""
        return SlotView(
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            rule=self.rule,
            facts=dict(self.facts),
            next_at=self.next_at,
        )


def cancel_until(starts_at: float, visiting: Visiting) -> float:
    """Return the last moment at which who booked a visit can cancel or move it."""
    return starts_at - visiting.cancel_before_h * 3600.0


def monday(at: float, time_zone: str) -> date:
    """Return the Monday of the week that an instant lies in."""
    day = datetime.fromtimestamp(at, UTC).astimezone(zone(time_zone)).date()
    return day - timedelta(days=day.weekday())


def cells_of(spans: tuple[Span, ...], gap_s: float = 0.0) -> frozenset[int]:
    """Return the five-minute cells that spans touch, with a gap around each of them."""
    return frozenset(
        cell
        for span in spans
        for cell in range(
            int((span.starts_at - gap_s) // CELL_S), int(-(-(span.ends_at + gap_s) // CELL_S))
        )
    )


def blackout_reason(
    closed: Iterable[Closed], blackouts: Iterable[Blackout], day: date, span: Span
) -> str | None:
    """Return why no visit of this span, on this day of the facility, takes place; None: it may."""
    reasons = [each.reason for each in closed if each.holds(day)]
    reasons += [each.reason for each in blackouts if each.holds(span.starts_at, span.ends_at)]
    return reasons[0] if reasons else None


class Rules:
    """What visitors may book in one housing unit of one facility."""

    def __init__(self, facility: Facility, unit: str) -> None:
        self.visiting: Visiting = facility.visiting
        self.time_zone = facility.time_zone
        known = next((each for each in facility.unit if each.name == unit), None)
        self.terminals: int | None = known.terminals if known is not None else None
        """None: they are not counted."""
        hours = known.hours if known is not None and known.hours else facility.visiting.hours
        lost = bool(facility.unit) and known is None
        self.openings: tuple[Opening, ...] = () if lost else read_hours(hours)
        self.closed: tuple[Closed, ...] = tuple(map(read_closed, facility.visiting.blackout))

    @property
    def by_staff(self) -> bool:
        """Whether only staff book here."""
        return not self.openings

    @cached_property
    def visit_s(self) -> float:
        """Seconds of a visit."""
        return self.visiting.visit_min * MINUTE_S

    @cached_property
    def gap_s(self) -> float:
        """Seconds between two visits at one terminal."""
        return self.visiting.gap_min * MINUTE_S

    def today(self, now: float) -> date:
        """Return the day that it is at the facility."""
        return datetime.fromtimestamp(now, UTC).astimezone(zone(self.time_zone)).date()

    def days(self, now: float) -> list[date]:
        """Return all days that can be booked, today first."""
        today = self.today(now)
        return [today + timedelta(days=n) for n in range(self.visiting.book_ahead_days + 1)]

    def starts(self, day: date) -> Iterator[float]:
        """Yield when slots of a day start, whatever else stands in their way."""
        last_end = float("-inf")
        for opening in self.openings:
            if opening.weekday != day.weekday():
                continue
            closes_at = self._instant(day, opening.until_min)
            at_min = opening.from_min
            while at_min + self.visiting.visit_min <= opening.until_min:
                at = self._instant(day, at_min)
                at_min += self.visiting.visit_min + self.visiting.gap_min
                # On the day that skips an hour, walls are further apart than instants.
                if at is None or at < last_end + self.gap_s:
                    continue
                if closes_at is None or at + self.visit_s <= closes_at:
                    last_end = at + self.visit_s
                    yield at

    def _instant(self, day: date, minutes: int) -> float | None:
        day, minutes = (day + timedelta(days=1), 0) if minutes == 24 * 60 else (day, minutes)
        try:
            return instant(datetime.combine(day, time(*divmod(minutes, 60))), self.time_zone)
        except NotBookable:
            return None  # clocks never show it that day


class Judge:
    """Says of each slot whether it is free for the people of one wish, or which rule refuses."""

    def __init__(self, rules: Rules, taken: Taken, now: float, visitors: int = 1) -> None:
        self._rules = rules
        self._now = now
        self._taken = taken
        self._visitors = visitors
        self._last_day = rules.days(now)[-1]
        self._inmate = cells_of(taken.inmate)
        self._visitor = cells_of(taken.visitor)
        self._guests = cells_of(taken.guests)
        self._seats = {
            number: cells_of(spans, rules.gap_s) for number, spans in taken.seats.items()
        }

    def days(self) -> tuple[DayView, ...]:
        """Return every day that can be booked, with how much of it is free."""
        views: list[DayView] = []
        for day in self._rules.days(self._now):
            slots = self._judged(day)
            free = sum(not each.rule for each in slots)
            rule = "" if free else self._why_none(day, slots)
            views.append(DayView(day=day.isoformat(), free=free, rule=rule))
        return tuple(views)

    def _why_none(self, day: date, slots: list[Slot]) -> str:
        if self._rules.by_staff:
            return "by-staff"
        if any(each.holds(day) for each in self._rules.closed):
            return "blackout"
        return Counter(each.rule for each in slots).most_common(1)[0][0] if slots else "closed"

    def slots(self, day: date) -> tuple[Slot, ...]:
        """Return the slots of a day; those that are refused name the next free one."""
        return tuple(
            replace(each, next_at=self.next_free(each.starts_at)) if each.rule else each
            for each in self._judged(day)
        )

    def slot(self, starts_at: float) -> Slot:
        """Return the slot that starts then; the rule is `not-a-slot` when none does."""
        day = datetime.fromtimestamp(starts_at, UTC).astimezone(zone(self._rules.time_zone)).date()
        found = Slot(starts_at, starts_at + self._rules.visit_s, "not-a-slot")
        if self._rules.by_staff:
            found = replace(found, rule="by-staff")
        elif starts_at in self._rules.starts(day):
            found = self._judge(day, starts_at)
        return replace(found, next_at=self.next_free(starts_at)) if found.rule else found

    def next_free(self, after: float) -> float | None:
        """Return the first free slot that starts after an instant, None when there is none."""
        at = bisect.bisect_right(self._free, after)
        return self._free[at] if at < len(self._free) else None

    @cached_property
    def _free(self) -> list[float]:
        return [
            each.starts_at
            for day in self._rules.days(self._now)
            for each in self._judged(day)
            if not each.rule
        ]

    def _judged(self, day: date) -> list[Slot]:
        return [self._judge(day, at) for at in self._rules.starts(day)]

    def _judge(self, day: date, at: float) -> Slot:
        rule, facts = self._of_time(day, at) or self._of_people(at) or ("", {})
        return Slot(at, at + self._rules.visit_s, rule, facts)

    def _of_time(self, day: date, at: float) -> tuple[str, dict[str, Scalar]] | None:
        visiting = self._rules.visiting
        if at <= self._now:
            return "past", {}
        if at < self._now + visiting.book_ahead_h * 3600.0:
            return "too-soon", {"hours": visiting.book_ahead_h}
        if day > self._last_day:
            return "too-far", {"days": visiting.book_ahead_days}
        span = Span(at, at + self._rules.visit_s)
        reason = blackout_reason(self._rules.closed, self._taken.blackouts, day, span)
        return ("blackout", {"reason": reason}) if reason is not None else None

    def _of_people(self, at: float) -> tuple[str, dict[str, Scalar]] | None:
        rules, taken, visiting = self._rules, self._taken, self._rules.visiting
        span = cells_of((Span(at, at + rules.visit_s),))
        if rules.terminals is not None and not self._has_seat(span, rules.terminals):
            return "unit-full", {}
        for rule, cells in (
            ("inmate-busy", self._inmate),
            ("visitor-busy", self._visitor),
            ("guest-busy", self._guests),
        ):
            if not span.isdisjoint(cells):
                return rule, {}
        week = monday(at, rules.time_zone)
        quotas: tuple[tuple[str, int, tuple[Weeks, ...]], ...] = (
            ("inmate-week", visiting.inmate_visits_per_week, (taken.inmate_weeks,)),
            ("visitor-week", visiting.visitor_visits_per_week, (taken.visitor_weeks,)),
            ("guest-week", visiting.visitor_visits_per_week, taken.guest_weeks),
        )
        for rule, count, weeks in quotas:
            if count and any(each.get(week, 0) >= count for each in weeks):
                return rule, {"count": count}
        if self._visitors > visiting.visitors_per_visit:
            return "too-many-visitors", {"count": visiting.visitors_per_visit}
        return None

    def _has_seat(self, span: frozenset[int], terminals: int) -> bool:
        return any(
            span.isdisjoint(self._seats.get(number, frozenset()))
            for number in range(1, terminals + 1)
        )
