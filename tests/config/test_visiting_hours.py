"""Visiting hours and closed days: what is read, and what was expected instead."""

from __future__ import annotations

from datetime import date

import pytest

from config.visiting_hours import Opening, read_closed, read_hours


def test_days_and_times_are_read() -> None:
    hours = read_hours(["mon-tue 09:00-11:30", "sun,mon 13:00-24:00"])
    assert hours == (
        Opening(0, 540, 690),
        Opening(0, 780, 1440),
        Opening(1, 540, 690),
        Opening(6, 780, 1440),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon 9-11", "such as"),
        ("mon 09:00-25:00", "such as"),
        ("monday 09:00-11:00", "days out of"),
        ("fri-mon 09:00-11:00", "in the order"),
        ("mon,mon-tue 09:00-11:00", "each day once"),
        ("mon 11:00-09:00", "end after the start"),
        ("mon 09:00-11:02", "steps of five"),
    ],
)
def test_a_wrong_line_is_told_what_to_be(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        read_hours([text])


def test_overlapping_times_are_named_by_their_day() -> None:
    with pytest.raises(ValueError, match="overlap on tue"):
        read_hours(["mon-tue 09:00-11:00", "tue 10:00-12:00"])
    assert read_hours(["tue 09:00-11:00", "tue 11:00-12:00"])


def test_closed_days_have_ends_and_a_reason() -> None:
    new_year = read_closed("2026-12-31..2027-01-01 New Year")
    assert new_year.reason == "New Year"
    assert [new_year.holds(date(2026, 12, day)) for day in (30, 31)] == [False, True]
    assert new_year.holds(date(2027, 1, 1))
    assert read_closed("2026-12-25").holds(date(2026, 12, 25))


@pytest.mark.parametrize(
    "text", ["2026-13-01", "christmas", "2026-12-31..2026-12-30", "2026-02-30"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="day"):
        read_closed(text)
