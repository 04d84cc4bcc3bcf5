"""What staff are told of the rules that their booking breaks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.schema import Facility, Unit, Visiting
from signalling.hub import staff_commands as ask
from signalling.hub.scheduling import Span
from signalling.hub.staff_records import Blackout
from signalling.hub.staff_warnings import warnings
from signalling.hub.visiting_rules import Taken
from tests.signalling.hub.commands import Cli
from tests.signalling.hub.harness import EMAIL, NUMBER, Hub
from tests.signalling.hub.test_staff import cli, seed, toml

__all__ = ["cli", "toml"]  # fixtures

CHICAGO = ZoneInfo("America/Chicago")
HOURS = ("mon-fri 09:00-11:30", "fri 20:00-24:00")


def jail(**visiting: Any) -> Facility:
    rules = Visiting(hours=HOURS, **visiting)
    return Facility(
        id="north", name="North", time_zone="America/Chicago", unit=(Unit("C"),), visiting=rules
    )


def at(text: str, minutes: float = 30) -> Span:
    starts_at = datetime.fromisoformat(text).replace(tzinfo=CHICAGO).timestamp()
    return Span(starts_at, starts_at + minutes * 60)


NOW = at("2026-12-01 08:00").starts_at


def told(span: Span, facility: Facility, taken: Taken | None = None, visitors: int = 1) -> str:
    people = ["inmate 7", *(f"v{n}@x.y" for n in range(1, visitors + 1))]
    return "; ".join(warnings(facility, "C", span, taken or Taken(), people, now=NOW))


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (at("2026-12-04 09:00"), ""),
        (at("2026-12-04 11:00"), ""),
        (at("2026-12-04 23:30"), ""),
        (at("2026-12-04 11:10"), "no visiting hours on Friday 11:10 to 11:40 CST"),
        (at("2026-12-04 23:40"), "no visiting hours on Friday 23:40 to 00:10"),
        (at("2026-12-05 09:00"), "no visiting hours on Saturday 09:00 to 09:30"),
    ],
)
def test_hours(span: Span, words: str) -> None:
    said = told(span, jail())
    assert (words in said) if words else said == ""


def test_where_only_staff_book_there_are_no_hours_to_break() -> None:
    nobody = Facility(id="north", name="North", time_zone="America/Chicago")
    assert told(at("2026-12-05 03:00"), nobody) == ""


def test_blackouts_of_hub_toml_and_of_staff() -> None:
    span = at("2026-12-04 09:00")
    closed = jail(blackout=("2026-12-04 Inventory",))
    assert told(span, closed) == "it lies in a blackout of north: Inventory"
    flu = Blackout("b1", "north", "", span.starts_at, span.ends_at, "Flu", "x", 0.0)
    assert told(span, jail(), Taken(blackouts=(flu,))) == "it lies in a blackout of north: Flu"


def test_limits_name_their_key_and_who() -> None:
    span, week = at("2026-12-04 09:00"), date(2026, 11, 30)
    limited = jail(inmate_visits_per_week=2, visitor_visits_per_week=1, visitors_per_visit=1)
    taken = Taken(
        inmate_weeks={week: 2}, visitor_weeks={date(2026, 12, 7): 9}, guest_weeks=({week: 1},)
    )
    assert told(span, limited, taken, visitors=2) == (
        "2 visitors are on it; hub.toml allows 1 (visitors_per_visit);"
        " it is visit 3 of inmate 7 in that week; hub.toml allows 2 (inmate_visits_per_week);"
        " it is visit 2 of v2@x.y in that week; hub.toml allows 1 (visitor_visits_per_week)"
    )
    far = told(at("2026-12-18 09:00"), jail())
    assert far == "it is 17 days ahead; hub.toml allows visitors 14 (book_ahead_days)"


def test_the_command_line_says_it_and_books(cli: Cli) -> None:
    seed(cli)
    words = ("visit", "book", "--inmate", NUMBER, "--visitor", EMAIL, "--start", "+2000000")
    code, output, errors = cli.both(*words)
    assert (code, "scheduled" in output) == (0, True)
    said = "Warning: it is 23 days ahead; hub.toml allows visitors 14 (book_ahead_days).\n"
    assert errors.endswith(said)


async def test_moving_warns_too(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book("+90000")
    moved = await hub.do(ask.VisitMove(visit=visit, start="+2000000"))
    assert ["book_ahead_days" in each for each in moved["warnings"]] == [True]
