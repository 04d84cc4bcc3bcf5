"""Pure: which rules a visit of staff breaks. They may; whoever books by mistake reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from config.schema import Facility
from signalling.hub.scheduling import Span, between_text, zone
from signalling.hub.visiting_rules import Rules, Taken, Weeks, blackout_reason, monday


def warnings(
    facility: Facility, unit: str, span: Span, taken: Taken, people: Sequence[str], *, now: float
) -> list[str]:
    """Return a sentence for each rule. `people` are the inmate, and the visitors in order."""
    rules = Rules(facility, unit)
    return [
        *_hours(facility, rules, unit, span),
        *_blackout(facility, rules, span, taken),
        *_limits(facility, span, people, now),
        *_weeks(facility, span, taken, people),
    ]


def _hours(facility: Facility, rules: Rules, unit: str, span: Span) -> Iterator[str]:
    # Where only staff book there are no hours to keep to.
    if rules.by_staff or _open(rules, span):
        return
    place = facility.time_zone
    day = f"{datetime.fromtimestamp(span.starts_at, zone(place)):%A}"
    times = between_text(span.starts_at, span.ends_at, place)
    where = f"{facility.id}, unit {unit}," if unit else facility.id
    yield f"{where} has no visiting hours on {day} {times} (hours in hub.toml)"


def _open(rules: Rules, span: Span) -> bool:
    starts = datetime.fromtimestamp(span.starts_at, UTC).astimezone(zone(rules.time_zone))
    ends = datetime.fromtimestamp(span.ends_at, UTC).astimezone(zone(rules.time_zone))
    from_min = starts.hour * 60 + starts.minute
    until_min = ends.hour * 60 + ends.minute + (ends.second > 0)
    if ends.date() != starts.date():
        if ends.date() - starts.date() > timedelta(days=1) or until_min > 0:
            return False
        until_min = 24 * 60
    return any(
        each.weekday == starts.weekday()
        and each.from_min <= from_min
        and until_min <= each.until_min
        for each in rules.openings
    )


def _blackout(facility: Facility, rules: Rules, span: Span, taken: Taken) -> Iterator[str]:
    day = datetime.fromtimestamp(span.starts_at, UTC).astimezone(zone(rules.time_zone)).date()
    reason = blackout_reason(rules.closed, taken.blackouts, day, span)
    if reason is not None:
        said = f": {reason}" if reason else ""
        yield f"it lies in a blackout of {facility.id}{said}"


def _limits(facility: Facility, span: Span, people: Sequence[str], now: float) -> Iterator[str]:
    visiting = facility.visiting
    count = len(people) - 1
    if count > visiting.visitors_per_visit:
        allowed = f"{visiting.visitors_per_visit} (visitors_per_visit)"
        yield f"{count} visitors are on it; hub.toml allows {allowed}"
    there = zone(facility.time_zone)
    days = datetime.fromtimestamp(span.starts_at, there).date()
    ahead = (days - datetime.fromtimestamp(now, there).date()).days
    if ahead > visiting.book_ahead_days:
        allowed = f"{visiting.book_ahead_days} (book_ahead_days)"
        yield f"it is {ahead} days ahead; hub.toml allows visitors {allowed}"


def _weeks(facility: Facility, span: Span, taken: Taken, people: Sequence[str]) -> Iterator[str]:
    week = monday(span.starts_at, facility.time_zone)
    inmates, visitors = "inmate_visits_per_week", "visitor_visits_per_week"
    counted: list[tuple[str, str, int, Weeks]] = [
        (people[0], inmates, facility.visiting.inmate_visits_per_week, taken.inmate_weeks)
    ]
    weeks = (taken.visitor_weeks, *taken.guest_weeks)
    counted += [
        (who, visitors, facility.visiting.visitor_visits_per_week, each)
        for who, each in zip(people[1:], weeks, strict=False)
    ]
    for who, key, allowed, each in counted:
        number = each.get(week, 0) + 1
        if allowed and number > allowed:
            yield f"it is visit {number} of {who} in that week; hub.toml allows {allowed} ({key})"
