"""The hub's clock, followed through messages that may be late."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hub_clock import STEP_S, HubClock

HUB_AHEAD_S = 500.0


def test_before_the_first_message_it_is_the_machines_own() -> None:
    clock = HubClock(1000.0)
    assert (clock.at(0.0), clock.at(2.5)) == (1000.0, 1002.5)


@pytest.mark.parametrize("own_offset_s", [-1e9, 499.9, 500.1, 1e9])
def test_the_first_message_is_believed_whatever_the_machine_said(own_offset_s: float) -> None:
    clock = HubClock(own_offset_s)
    clock.heard(501.0, 1.0)
    assert clock.at(2.0) == 502.0


@pytest.mark.parametrize(
    ("late_s", "believed"),
    [
        (-1000.0, True),  # the hub's clock was set forward
        (-0.25, True),  # quicker than any before
        (0.25, False),
        (STEP_S, False),  # as late as a message may be
        (STEP_S + 0.125, True),  # later than that is a clock that was set back
        (1000.0, True),
    ],
)
def test_a_sample_is_a_late_message_or_a_changed_clock(late_s: float, believed: bool) -> None:
    clock = HubClock(0.0)
    clock.heard(HUB_AHEAD_S, 0.0)
    clock.heard(HUB_AHEAD_S + 10.0 - late_s, 10.0)
    assert clock.at(10.0) == HUB_AHEAD_S + 10.0 - (late_s if believed else 0.0)


def test_after_a_step_back_late_messages_are_measured_from_there() -> None:
    clock = HubClock(0.0)
    clock.heard(500.0, 0.0)
    clock.heard(400.0, 1.0)
    clock.heard(400.75, 2.0)  # 0.25 s late
    assert clock.at(3.0) == 402.0


@given(
    delays_s=st.lists(st.floats(0.0, STEP_S - 0.01), min_size=1),
    own_offset_s=st.floats(-1e6, 1e6),
)
def test_it_lags_by_the_quickest_message_so_far(delays_s: list[float], own_offset_s: float) -> None:
    clock = HubClock(own_offset_s)
    for number, delay_s in enumerate(delays_s):
        arrived = float(number)
        clock.heard(HUB_AHEAD_S + arrived - delay_s, arrived)
        quickest_s = min(delays_s[: number + 1])
        assert clock.at(arrived) == pytest.approx(HUB_AHEAD_S + arrived - quickest_s)
