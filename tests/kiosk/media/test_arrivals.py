"""Jitter is waited for, one accident is not, and nothing is remembered for long."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from kiosk.media.arrivals import MAX_SPREAD_S, WINDOW_S, Arrivals


def after(transits: list[float], arrivals: Arrivals | None = None) -> Arrivals:
    """Arrivals of packets that were sent each 20 ms."""
    arrivals = arrivals or Arrivals()
    for number, transit in enumerate(transits):
        arrivals.add(number * 0.02 + transit, transit)
    return arrivals


def test_a_regular_line_is_waited_for_exactly() -> None:
    assert after([0.03] * 100).worst_s == 0.03


def test_jitter_is_waited_for() -> None:
    chance = random.Random(1)
    worst = after([0.03 + chance.random() * 0.03 for _ in range(200)]).worst_s
    assert 0.055 < worst <= 0.06


def test_one_late_packet_is_not_waited_for_and_two_are() -> None:
    assert after([0.03] * 20 + [0.08] + [0.03] * 20).worst_s == 0.03
    assert after(([0.03] * 10 + [0.08]) * 2 + [0.03] * 20).worst_s == 0.08


def test_what_comes_out_of_one_stall_is_one_accident() -> None:
    held = [0.03 + 0.5 - 0.02 * number for number in range(25)]
    assert after([0.03] * 60 + held + [0.03] * 10).worst_s == 0.03


def test_a_longer_way_is_waited_for_at_once() -> None:
    assert after([0.03] * 60 + [0.13] * 3).worst_s == 0.13


def test_jitter_is_forgotten() -> None:
    jitter = [0.03, 0.09] * 25
    quiet = [0.03] * int(WINDOW_S / 0.02 + 10)
    assert after(jitter).worst_s == 0.09
    assert after(jitter + quiet).worst_s == 0.03


def test_a_clock_that_was_set_is_a_new_beginning() -> None:
    assert after([0.03] * 50 + [-9.0]).worst_s == -9.0
    arrivals = after([0.08, 0.03] * 20)
    arrivals.add(100.0, 0.01)
    assert arrivals.worst_s == 0.01


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=300))
def test_what_is_waited_for_is_bounded(transits: list[float]) -> None:
    arrivals = Arrivals()
    for number, transit in enumerate(transits):
        arrivals.add(number * 0.02, transit)
        assert arrivals.worst_s <= transit + 1.0 + MAX_SPREAD_S
