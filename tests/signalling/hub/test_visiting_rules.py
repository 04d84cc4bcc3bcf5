"""Which slots can be booked: each rule by example, then random hours, days and visits."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.schema import Facility, Unit, Visiting
from signalling.hub.scheduling import Span
from signalling.hub.staff_records import Blackout
from signalling.hub.visiting_rules import Judge, Rules, Slot, Taken, cells_of, monday

ZONE = "America/Chicago"
MONDAY = date(2026, 11, 30)
MIN = 60.0


def facility(unit: tuple[Unit, ...] = (), **visiting: Any) -> Facility:
    rules = {"hours": ("mon-fri 09:00-11:00",), "book_ahead_h": 0.0, **visiting}
    return Facility(id="north", name="North", time_zone=ZONE, visiting=Visiting(**rules), unit=unit)


def at(day: date, clock: str) -> float:
    wall = datetime.combine(day, datetime.strptime(clock, "%H:%M").time())
    return wall.replace(tzinfo=ZoneInfo(ZONE)).timestamp()


NOW = at(MONDAY, "00:00")


def judged(
    taken: Taken | None = None, *, unit: str = "", now: float = NOW, visitors: int = 1, **more: Any
) -> Judge:
    units = more.pop("units", ())
    return Judge(Rules(facility(units, **more), unit), taken or Taken(), now, visitors)


def wall(slot: Slot) -> str:
    return datetime.fromtimestamp(slot.starts_at, UTC).astimezone(ZoneInfo(ZONE)).strftime("%H:%M")


def test_slots_fill_the_hours() -> None:
    assert [wall(each) for each in judged().slots(MONDAY)] == ["09:00", "09:30", "10:00", "10:30"]
    wide = judged(gap_min=10, visit_min=45).slots(MONDAY)
    assert [wall(each) for each in wide] == ["09:00", "09:55"]
    assert judged().slots(MONDAY + timedelta(days=5)) == ()


def test_a_unit_has_its_own_hours() -> None:
    units = (Unit(name="B"), Unit(name="C", hours=("mon 20:00-21:00",)))
    assert [wall(each) for each in judged(unit="C", units=units).slots(MONDAY)] == [
        "20:00",
        "20:30",
    ]
    assert len(judged(unit="B", units=units).slots(MONDAY)) == 4
    assert judged(unit="D", units=units).slot(at(MONDAY, "09:00")).rule == "by-staff"


def span(clock: str, minutes: float = 30) -> tuple[Span, ...]:
    starts_at = at(MONDAY, clock)
    return (Span(starts_at, starts_at + minutes * MIN),)


@pytest.mark.parametrize(
    ("taken", "more", "rule", "facts"),
    [
        (Taken(), {"now": at(MONDAY, "09:00")}, "past", {}),
        (Taken(), {"book_ahead_h": 10.0}, "too-soon", {"hours": 10.0}),
        (Taken(), {"blackout": ("2026-11-30 Storm",)}, "blackout", {"reason": "Storm"}),
        (Taken(inmate=span("09:00")), {}, "inmate-busy", {}),
        (Taken(inmate=span("09:29")), {}, "inmate-busy", {}),
        (Taken(inmate=span("09:31")), {}, "", {}),
        (Taken(inmate=span("08:30", 31)), {}, "inmate-busy", {}),
        (Taken(visitor=span("09:00")), {}, "visitor-busy", {}),
        (Taken(guests=span("09:00")), {}, "guest-busy", {}),
        (
            Taken(inmate_weeks={MONDAY: 2}),
            {"inmate_visits_per_week": 2},
            "inmate-week",
            {"count": 2},
        ),
        (
            Taken(visitor_weeks={MONDAY: 1}),
            {"visitor_visits_per_week": 1},
            "visitor-week",
            {"count": 1},
        ),
        (
            Taken(guest_weeks=({}, {MONDAY: 1})),
            {"visitor_visits_per_week": 1},
            "guest-week",
            {"count": 1},
        ),
        (Taken(visitor_weeks={MONDAY - timedelta(7): 9}), {"visitor_visits_per_week": 1}, "", {}),
        (Taken(), {"visitors": 3, "visitors_per_visit": 2}, "too-many-visitors", {"count": 2}),
        (Taken(), {"hours": ()}, "by-staff", {}),
        (Taken(), {"hours": ("mon 09:05-10:00",)}, "not-a-slot", {}),
    ],
)
def test_a_refused_slot_names_its_rule(
    taken: Taken, more: dict[str, Any], rule: str, facts: dict[str, Any]
) -> None:
    slot = judged(taken, **more).slot(at(MONDAY, "09:00"))
    assert (slot.rule, dict(slot.facts)) == (rule, facts)


def test_too_far_ahead_is_refused_and_no_day_of_it_listed() -> None:
    judge = judged(book_ahead_days=7)
    assert judge.slot(at(MONDAY + timedelta(days=7), "09:00")).rule == ""
    assert judge.slot(at(MONDAY + timedelta(days=8), "09:00")).rule == "too-far"
    assert [each.day for each in judge.days()][-1] == "2026-12-07"


def test_a_unit_is_full_when_no_terminal_is_free_with_its_gap() -> None:
    units = (Unit(name="C", terminals=2),)
    one = Taken(seats={1: span("09:00")})
    both = Taken(seats={1: span("09:00"), 2: span("09:30")})
    nine = at(MONDAY, "09:00")
    assert judged(one, unit="C", units=units).slot(nine).rule == ""
    assert judged(both, unit="C", units=units).slot(nine).rule == ""
    assert judged(both, unit="C", units=units, gap_min=5).slot(nine).rule == "unit-full"
    assert judged(both, units=()).slot(nine).rule == ""


def test_a_day_says_how_much_is_free_or_why_nothing_is() -> None:
    taken = Taken(inmate=span("09:00", 120))
    days = judged(taken, blackout=("2026-12-01",)).days()
    assert [(each.free, each.rule) for each in days[:3]] == [
        (0, "inmate-busy"),
        (0, "blackout"),
        (4, ""),
    ]
    assert days[5].rule == "closed"
    assert {each.rule for each in judged(hours=()).days()} == {"by-staff"}


def test_a_refused_slot_names_the_next_free_one() -> None:
    slots = judged(Taken(inmate=span("09:00", 60))).slots(MONDAY)
    assert [each.next_at for each in slots[:2]] == [at(MONDAY, "10:00")] * 2
    last = judged(Taken(inmate=span("10:30"))).slots(MONDAY)[-1]
    assert last.next_at == at(MONDAY + timedelta(days=1), "09:00")
    assert judged(hours=()).slot(NOW).next_at is None


@pytest.mark.parametrize(
    ("day", "starts"),
    [
        # 02:00 to 03:00 is skipped: 03:15 comes half an hour after 01:45.
        (date(2027, 3, 14), ["01:00", "01:45"]),
        (date(2026, 11, 1), ["01:00", "01:45", "02:30", "03:15"]),  # 01:00 to 02:00 comes twice
    ],
)
def test_when_clocks_change_no_slots_overlap_and_none_comes_twice(
    day: date, starts: list[str]
) -> None:
    now = at(day, "00:00")
    judge = judged(now=now, hours=("sun 01:00-04:00",), visit_min=45)
    slots = judge.slots(day)
    assert [wall(each) for each in slots] == starts
    for before, after in itertools.pairwise(slots):
        assert after.starts_at >= before.ends_at


def test_days_of_three_months_are_judged_fast_enough_to_be_pressed_through() -> None:
    spans = tuple(Span(NOW + n * 7200, NOW + n * 7200 + 1800) for n in range(300))
    seats = dict.fromkeys(range(1, 9), spans)
    began = time.perf_counter()
    units = (Unit(name="C", terminals=8),)
    hours = ("mon-sun 08:00-20:00",)
    taken = Taken(inmate=spans, visitor=spans, seats=seats)
    judged(taken, unit="C", units=units, hours=hours, book_ahead_days=60).days()
    assert time.perf_counter() - began < 0.5  # 0.012 s on a quiet machine


spans_of_a_week = st.lists(
    st.tuples(st.integers(0, 7 * 24 * 12), st.integers(1, 24)).map(
        lambda pair: Span(NOW + pair[0] * 300, NOW + (pair[0] + pair[1]) * 300)
    ),
    max_size=8,
).map(tuple)


@settings(max_examples=60, deadline=None)
@given(
    inmate=spans_of_a_week,
    seats=st.lists(spans_of_a_week, min_size=2, max_size=2),
    visit_min=st.sampled_from([15, 30, 50]),
    gap_min=st.sampled_from([0, 5, 20]),
)
def test_what_is_free_fits_and_what_is_refused_does_not(
    inmate: tuple[Span, ...], seats: list[tuple[Span, ...]], visit_min: int, gap_min: int
) -> None:
    taken = Taken(inmate=inmate, seats={1: seats[0], 2: seats[1]})
    units = (Unit(name="C", terminals=2),)
    judge = judged(
        taken,
        unit="C",
        units=units,
        visit_min=visit_min,
        gap_min=gap_min,
        hours=("mon-sat 08:00-12:00",),
        book_ahead_days=6,
    )
    free: list[float] = []
    every: list[Slot] = []
    for day in (MONDAY + timedelta(days=n) for n in range(7)):
        slots = judge.slots(day)
        every += slots
        for slot in slots:
            assert at(day, "08:00") <= slot.starts_at
            assert slot.ends_at <= at(day, "12:00")
            assert judge.slot(slot.starts_at) == slot
            span = cells_of((Span(slot.starts_at, slot.ends_at),))
            hit = not span.isdisjoint(cells_of(inmate))
            full = all(not span.isdisjoint(cells_of(each, gap_min * MIN)) for each in seats)
            expected = "past" if slot.starts_at <= NOW else "unit-full" if full else ""
            assert slot.rule == (expected or ("inmate-busy" if hit else ""))
            free += [slot.starts_at] if not slot.rule else []
    for slot in every:
        later = [each for each in free if each > slot.starts_at]
        assert slot.next_at == (min(later, default=None) if slot.rule else None)


def test_a_week_begins_on_the_facilitys_monday() -> None:
    assert monday(at(MONDAY, "00:00"), ZONE) == MONDAY
    assert monday(at(MONDAY, "00:00") - 1, ZONE) == MONDAY - timedelta(days=7)


def test_a_blackout_of_hours_refuses_what_lies_in_it_be_it_in_part() -> None:
    hours = at(MONDAY, "09:45"), at(MONDAY, "10:15")
    blackout = Blackout("b", "north", "", *hours, "Painting", "officer", 0.0)
    judge = judged(Taken(blackouts=(blackout,)))
    said = [(wall(each), each.rule, dict(each.facts)) for each in judge.slots(MONDAY)]
    reason = {"reason": "Painting"}
    assert said == [
        ("09:00", "", {}),
        ("09:30", "blackout", reason),
        ("10:00", "blackout", reason),
        ("10:30", "", {}),
    ]
    assert judge.slot(at(MONDAY, "09:30")).next_at == at(MONDAY, "10:30")
    assert judge.days()[0].free == 2
