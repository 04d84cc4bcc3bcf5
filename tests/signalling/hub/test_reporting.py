"""Reports: what became of each visit, and sums by day, unit, terminal and cause."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.reporting import PAUSED, Report, outcome
from signalling.visit_events import (
    AnyWhat,
    Begun,
    Booked,
    By,
    Cause,
    Ended,
    EndReason,
    Event,
    Extended,
    InmateSignedIn,
    InmateSignedOut,
    Interrupted,
    Moved,
    Paused,
    Resumed,
    Side,
    Unpaused,
)
from tests.signalling.hub.commands import Cli
from tests.signalling.hub.harness import Hub
from tests.signalling.hub.test_staff import cli, seed, toml

__all__ = ["cli", "toml"]  # fixtures

START, END = 1_000_000.0, 1_001_800.0
RED_X = Ended(By.VISITOR, EndReason.RED_X)
BOOKED = Booked("north", "i", ("v",), START, END, START - 600)


def log(*steps: tuple[float, AnyWhat]) -> list[Event]:
    every = [(START - 900, BOOKED), *steps]
    return [
        Event("x", n, f"e{n}", "hub", at, at, what) for n, (at, what) in enumerate(every, start=1)
    ]


def begun(*steps: tuple[float, AnyWhat]) -> list[Event]:
    first = (START - 60, InmateSignedIn("t1")), (START, Begun("v"))
    return log(*first, *((START + after, what) for after, what in steps))


BUSY = begun(
    (60, Interrupted(Side.VISITOR, Cause.LINK)),
    (120, Resumed(Side.VISITOR, Cause.LINK)),
    (120, Extended(60)),
    (200, Moved("t2")),
    (300, Interrupted(Side.TERMINAL, Cause.HANDSET)),
    (330, Resumed(Side.TERMINAL, Cause.HANDSET)),
    (400, Paused("o", "count")),
    (410, InmateSignedOut()),
    (520, Unpaused("o")),
    (550, InmateSignedIn("t3")),
    (600, RED_X),
)


@pytest.mark.parametrize(
    ("events", "became"),
    [
        (log(), "nobody_came"),
        (log((START - 800, Ended(By.STAFF, EndReason.CANCELLED, "o"))), "cancelled_by_staff"),
        (log((START - 800, Ended(By.VISITOR, EndReason.CANCELLED))), "cancelled_by_visitor"),
        (begun((100, RED_X)), "held"),
    ],
)
def test_every_visit_became_one_thing(events: list[Event], became: str) -> None:
    assert outcome(events, "C", "UTC", END + 1).became == became


def test_a_visit_that_is_still_to_come_is_open() -> None:
    assert outcome(log(), "", "UTC", START - 100).became == "open"


def test_lost_time_has_its_cause_and_the_terminal_where_it_was_lost() -> None:
    found = outcome(BUSY, "C", "UTC", END)
    assert [(each.cause, each.terminal, each.seconds) for each in found.lost] == [
        ("visitor link", "t1", 60),
        ("terminal handset", "t2", 30),
        (PAUSED, "t2", 120),
        ("terminal signed-out", "t2", 30),
    ]
    assert found.used_s + sum(each.seconds for each in found.lost) == 600
    assert (found.day, found.unit, found.terminal) == ("1970-01-12", "C", "t3")


def test_a_loss_that_goes_on_is_counted_until_now() -> None:
    events = begun((60, Interrupted(Side.VISITOR, Cause.LINK)))
    assert [each.seconds for each in outcome(events, "", "UTC", START + 90).lost] == [30]


def test_sums_add_up_to_their_total() -> None:
    report = Report("lost", "cause")
    for _ in range(3):
        report.take(outcome(BUSY, "C", "UTC", END))
    assert report.rows() == [
        {"cause": PAUSED, "times": 3, "lost_min": 6.0},
        {"cause": "terminal handset", "times": 3, "lost_min": 1.5},
        {"cause": "terminal signed-out", "times": 3, "lost_min": 1.5},
        {"cause": "visitor link", "times": 3, "lost_min": 3.0},
    ]
    assert report.total() == {"times": 12, "lost_min": 12.0}
    by_terminal = Report("lost", "terminal")
    by_terminal.take(outcome(BUSY, "C", "UTC", END))
    assert [(row["terminal"], row["lost_min"]) for row in by_terminal.rows()] == [
        ("t1", 1.0),
        ("t2", 3.0),
    ]
    minutes = Report("minutes", "unit")
    minutes.take(outcome(BUSY, "", "UTC", END))
    minutes.take(outcome(log(), "", "UTC", END + 1))
    assert minutes.rows() == [
        {"unit": "-", "held": 1, "booked_min": 30.0, "used_min": 6.0, "lost_min": 2.0}
        | {"paused_min": 2.0, "added_min": 1.0}
    ]
    visits = Report("visits", "day")
    for each in (BUSY, log()):
        visits.take(outcome(each, "C", "UTC", END + 1))
    assert visits.total()["booked"] == 2
    assert visits.total()["nobody_came"] == 1


def test_two_thousand_visits_are_summed_in_less_than_a_second() -> None:
    report, started_s = Report("lost", "cause"), time.process_time()
    for _ in range(2000):
        report.take(outcome(BUSY, "C", "UTC", END))
    assert time.process_time() - started_s < 1
    assert report.total()["times"] == 8000


async def test_a_report_of_a_running_hub_counts_its_visits(hub: Hub) -> None:
    await hub.begun(seconds=600)
    await hub.do(ask.VisitCancel(visit=await hub.book("+7200", 600.0)))
    days = {"first": "2026-01-01", "last": f"{datetime.now(UTC).year + 1}-12-31"}
    shown = await hub.do(ask.ReportShow(kind="visits", facility="north", **days))  # type: ignore[arg-type]
    assert shown["total"] == {"booked": 2, "held": 1, "nobody_came": 0} | {
        "cancelled_by_visitor": 0, "cancelled_by_staff": 1, "open": 0,
    }  # fmt: skip
    for command, why in (
        (ask.ReportShow(kind="visits", first="x", last="2026-01-01"), '"x" is no day'),
        (ask.ReportShow(kind="visits", by="cause", **days), "only by day, facility, unit"),
        (ask.ReportShow(kind="lost", facility="west", **days), "no facility west"),  # type: ignore[arg-type]
    ):
        with pytest.raises(StaffError, match=why):
            await hub.do(command)


def test_reports_need_no_hub_and_come_as_table_csv_and_json(cli: Cli, tmp_path: Path) -> None:
    seed(cli)
    visit = cli.json(
        "visit", "book", "--inmate", "40713", "--visitor", "ana@example.org", "--start", "+86400"
    )
    cli.json("visit", "cancel", visit["visit"])
    days = ("--from", "2026-01-01", "--to", "2029-12-31")
    long_ago = ("--from", "2020-01-01", "--to", "2020-01-02")
    assert "No visits from" in cli.run("report", "visits", *long_ago)[1]
    assert "No visit was held from" in cli.run("report", "minutes", *days)[1]
    code, table = cli.run("report", "visits", *days, "--by", "facility")
    assert code == 0
    assert "north" in table
    assert "all" in table
    code, text, _ = cli.both("report", "visits", *days, "--by", "facility", "--csv")
    assert text.splitlines()[1:] == ["north,1,0,0,0,1,0"]
    assert cli.json("report", "lost", *days)["rows"] == []
    assert "not both" in cli.fails("report", "visits", *days, "--csv", "--json")


def test_facilities_are_listed_and_shown(cli: Cli) -> None:
    seed(cli)
    rows = cli.json("facility", "list")
    assert [(row["facility"], row["terminals"], row["visits_today"]) for row in rows] == [
        ("north", 0, 0),
        ("south", 0, 0),
    ]
    code, shown = cli.run("facility", "show", "north")
    assert code == 0
    assert "America/Chicago" in shown
    assert json.dumps(cli.json("facility", "show", "north")["units"]) == "[]"
    assert "no facility west" in cli.fails("facility", "show", "west")
