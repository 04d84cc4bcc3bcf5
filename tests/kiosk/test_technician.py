"""Who is at the technician's screens, and what they wait for."""

from __future__ import annotations

import pytest

from kiosk.technician import ANSWER_S, HEALTH_EVERY_S, PING_EVERY_S, Technician
from kiosk.technician_lock import TechnicianLock
from tests.kiosk.test_technician_lock import SETTINGS


def at_work() -> Technician:
    made = Technician(TechnicianLock(SETTINGS))
    made.come()
    made.begin()
    return made


def test_nobody_comes_where_there_is_no_pin() -> None:
    made = Technician()
    made.come()
    assert not made.is_here


def test_they_come_begin_and_leave_nothing() -> None:
    made = Technician(TechnicianLock(SETTINGS))
    made.come()
    assert (made.is_here, made.works) == (True, False)
    made.begin()
    assert (made.is_here, made.works, made.pad) == (True, True, None)
    made.row, made.report, made.key = "camera", "sent", "5"
    made.heard(-20.0)
    made.ping_due(0.0)
    made.answered(0.0, 0.01)
    made.leave()
    assert not made.is_here
    assert made.row is None
    assert (made.report + made.key, made.dbfs, made.round_trip_ms) == ("", None, None)


@pytest.mark.parametrize(
    ("dbfs", "shown"), [(-17.6, -18), (3.0, 0), (float("-inf"), -100), (-1e9, -100)]
)
def test_a_level_is_brought_within_sense(dbfs: float, shown: int) -> None:
    made = at_work()
    made.heard(dbfs)
    assert made.dbfs == shown


def test_a_level_that_is_no_number_is_silence() -> None:
    made = at_work()
    made.heard(float("nan"))
    assert made.dbfs == -100


def test_nothing_is_measured_while_nobody_looks() -> None:
    made = Technician()
    made.heard(-10.0)
    assert (made.dbfs, made.ping_due(0.0), made.health_due(0.0)) == (None, False, False)


def test_the_hub_and_the_machine_are_asked_now_and_then() -> None:
    made = at_work()
    assert (made.ping_due(5.0), made.health_due(5.0)) == (True, True)
    assert not made.ping_due(5.0 + PING_EVERY_S - 0.1)
    assert made.ping_due(5.0 + PING_EVERY_S)
    assert not made.health_due(5.0 + HEALTH_EVERY_S - 0.1)
    assert made.health_due(5.0 + HEALTH_EVERY_S)


def test_the_round_trip_is_of_the_ping_that_was_asked() -> None:
    made = at_work()
    made.ping_due(5.0)
    made.answered(4.0, 5.2)
    assert made.round_trip_ms is None
    made.answered(5.0, 5.0124)
    assert made.round_trip_ms == 12
    made.answered(5.0, 6.0)
    assert made.round_trip_ms == 12, "answered once"
    made.link_lost()
    assert made.round_trip_ms is None


def test_a_report_is_sent_when_what_came_after_it_is_answered() -> None:
    made = at_work()
    made.report_sent(5.0)
    made.answered(4.0, 5.5)
    assert made.report == "sending"
    made.answered(5.0, 5.5)
    assert made.report == "sent"
    made.report_ended("refused")
    assert made.report == "sent", "it is over"


@pytest.mark.parametrize(
    ("after_s", "report"), [(ANSWER_S - 0.1, "sending"), (ANSWER_S, "no-answer")]
)
def test_a_hub_that_says_nothing_is_not_waited_for(after_s: float, report: str) -> None:
    made = at_work()
    made.report_sent(5.0)
    made.tick(5.0 + after_s)
    assert made.report == report
    made.answered(5.0, 30.0)
    assert made.report == ("sent" if report == "sending" else report)


def test_a_report_is_lost_with_the_link() -> None:
    made = at_work()
    made.report_sent(5.0)
    made.link_lost()
    assert made.report == "not-connected"


def test_a_refusal_that_nobody_waits_for_is_nothing() -> None:
    made = at_work()
    made.report_ended("refused")
    assert made.report == ""
