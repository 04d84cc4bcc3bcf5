"""Wall clocks in a jail's time zone become instants, daylight saving included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.hub.scheduling import (
    MAX_LENGTH_S,
    NotBookable,
    day_span,
    instant,
    period,
    span,
    start,
    wall_text,
)

CHICAGO = "America/Chicago"
ZONES = st.sampled_from(
    ["America/Chicago", "America/Phoenix", "Europe/London", "Australia/Lord_Howe", "UTC"]
)
NOW = datetime(2026, 11, 20, tzinfo=UTC).timestamp()


def test_a_wall_time_is_that_of_the_facility() -> None:
    assert (
        start("2026-11-22 14:30", CHICAGO, NOW)
        == datetime(2026, 11, 22, 20, 30, tzinfo=UTC).timestamp()
    )
    assert (
        start("2026-11-22T14:30:15", CHICAGO, NOW)
        == datetime(2026, 11, 22, 20, 30, 15, tzinfo=UTC).timestamp()
    )


def test_now_and_seconds_from_now() -> None:
    assert start("now", CHICAGO, NOW) == NOW
    assert start("+90", CHICAGO, NOW) == NOW + 90
    assert start("+0.5", CHICAGO, NOW) == NOW + 0.5


def test_a_time_that_is_skipped_does_not_exist() -> None:
    with pytest.raises(NotBookable, match=r"does not exist in America/Chicago.*03:30"):
        start("2027-03-14 02:30", CHICAGO, NOW)
    assert start("2027-03-14 03:00", CHICAGO, NOW) - start("2027-03-14 01:59", CHICAGO, NOW) == 60


def test_a_time_that_comes_twice_means_its_first_occurrence() -> None:
    first = start("2026-11-01 01:30", CHICAGO, NOW)
    assert datetime.fromtimestamp(first, UTC) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert wall_text(first, CHICAGO) == "2026-11-01 01:30:00 CDT"
    assert wall_text(first + 3600, CHICAGO) == "2026-11-01 01:30:00 CST"


def test_a_visit_over_the_change_of_clocks_is_as_long_as_booked() -> None:
    before = start("2026-11-01 00:45", CHICAGO, NOW)
    booked = span(before, 1800.0, before)
    assert booked.ends_at - booked.starts_at == 1800.0
    assert wall_text(booked.ends_at, CHICAGO).endswith("01:15:00 CDT")


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "+", "-5", "+1e3", "2026-11-22", "14:30", "2026-02-30 10:00",
     "2026-11-22 25:00", "2026-11-22 14:30 ", "2026-11-22 14:30+02:00", "now "],
)  # fmt: skip
def test_what_is_no_start(text: str) -> None:
    with pytest.raises(NotBookable):
        start(text, CHICAGO, NOW)


@pytest.mark.parametrize(
    ("starts_at", "length_s", "why"),
    [
        (NOW, 0.0, "lasts"),
        (NOW, MAX_LENGTH_S + 1, "lasts"),
        (NOW, float("nan"), "lasts"),
        (NOW - 61, 60.0, "past"),
        (NOW + 400 * 86_400, 60.0, "year"),
    ],
)
def test_what_cannot_be_booked(starts_at: float, length_s: float, why: str) -> None:
    with pytest.raises(NotBookable, match=why):
        span(starts_at, length_s, NOW)


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(NotBookable, match="Mars/Olympus"):
        instant(datetime(2026, 1, 1), "Mars/Olympus")


@given(ZONES, st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)))
def test_an_instant_shows_that_wall_time_or_there_is_none(zone: str, wall: datetime) -> None:
    wall = wall.replace(microsecond=0, fold=0)
    try:
        at = instant(wall, zone)
    except NotBookable:
        # Then no instant of that day shows it.
        tz = ZoneInfo(zone)
        around = datetime(wall.year, wall.month, wall.day, tzinfo=UTC) - timedelta(days=1)
        step = timedelta(minutes=15)
        shown = {(around + n * step).astimezone(tz).replace(tzinfo=None) for n in range(4 * 72)}
        quarter = wall.replace(minute=wall.minute // 15 * 15, second=0)
        assert quarter not in shown
    else:
        shown_at = datetime.fromtimestamp(at, ZoneInfo(zone))
        assert shown_at.replace(tzinfo=None, fold=0) == wall
        assert shown_at.fold == 0


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        ("2026-12-25", None, 24),
        ("2026-12-25", "2026-12-26", 48),
        ("2026-12-25 09:00", "2026-12-25 12:30", 3.5),
        ("2026-12-25 20:00", "2026-12-25", 4),
        ("2026-12-25", "2026-12-25 08:00", 8),
        ("2026-11-01", None, 25),  # the day on which daylight saving ends
    ],
)
def test_a_period_is_days_or_times_of_the_facility(
    first: str, last: str | None, hours: float
) -> None:
    span = period(first, last, "America/Chicago")
    assert span.ends_at - span.starts_at == hours * 3600


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        ("2026-12-25 09:00", None, "no end: say until when"),
        ("2026-12-25", "2026-12-24", '"2026-12-24" is not after "2026-12-25"'),
        ("25.12.2026", None, '"25.12.2026" is no day: use "2026-12-25"'),
        ("2026-02-30", None, '"2026-02-30" is no date and time'),
        ("2026-03-08 02:30", "2026-03-09", "does not exist"),
    ],
)
def test_what_is_no_period_is_said(first: str, last: str | None, why: str) -> None:
    with pytest.raises(NotBookable, match=why):
        period(first, last, "America/Chicago")


def test_whole_days_take_no_time_of_day() -> None:
    span = day_span("2026-12-01", "2026-12-31", "UTC")
    assert span.ends_at - span.starts_at == 31 * 86_400
    with pytest.raises(NotBookable, match='"2026-12-31 10:00" is no day'):
        day_span("2026-12-01", "2026-12-31 10:00", "UTC")
