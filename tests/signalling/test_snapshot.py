"""What a snapshot says beyond its fields."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signalling.snapshot import GIVEN_BACK, Break, Snapshot, Status
from signalling.visit_events import Cause, Side

AT_SIX = Snapshot(
    status=Status.IN_VISIT,
    now=600.0,
    starts_at=0.0,
    ends_at=1800.0,
    used_s=500.0,
    lost_s=0.0,
    lost_by={},
    owed_s=0.0,
    added_s=0.0,
    breaks=(),
    pause=None,
    paused_s=0.0,
    begun_at=100.0,
    ended_at=None,
    ended_by=None,
    end_reason=None,
)


@pytest.mark.parametrize(
    ("now", "left_s"), [(600.0, 1200.0), (1799.5, 0.5), (1800.0, 0.0), (1900.0, 0.0)]
)
def test_time_left_runs_to_the_end_and_not_below_zero(now: float, left_s: float) -> None:
    assert replace(AT_SIX, now=now).left_s == left_s


def test_an_ended_visit_has_no_time_left_however_early_it_ended() -> None:
    assert replace(AT_SIX, status=Status.ENDED).left_s == 0.0


@pytest.mark.parametrize("cause", Cause)
def test_faults_are_given_back_and_choices_are_not(cause: Cause) -> None:
    faults = {Cause.LINK, Cause.MEDIA}
    assert Break(Side.VISITOR, cause, 0.0).given_back is (cause in faults)
    assert faults == GIVEN_BACK
