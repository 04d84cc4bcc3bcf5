"""The receipt: examples of every way to lose time, then random logs, whose sums must agree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalling.receipt import GiveBack, Loss, NotEnded, Receipt, receipt_of
from signalling.visit import MAX_EVENTS, fold
from signalling.visit_events import (
    AnyWhat,
    Begun,
    By,
    Cause,
    Ended,
    EndReason,
    Event,
    Extended,
    InmateSignedIn,
    InmateSignedOut,
    Interrupted,
    Paused,
    Resumed,
    Side,
    Unpaused,
)
from tests.signalling.test_visit import END, START, STEPS, log

LIMIT_S = 600.0
SIGNED_IN = InmateSignedIn("t4")
LINK_DOWN = Interrupted(Side.VISITOR, Cause.LINK)
LINK_UP = Resumed(Side.VISITOR, Cause.LINK)
HUNG_UP = Interrupted(Side.TERMINAL, Cause.HANDSET)
LIFTED = Resumed(Side.TERMINAL, Cause.HANDSET)
RED_X = Ended(By.VISITOR, EndReason.RED_X)
EXPIRED = Ended(By.CLOCK, EndReason.EXPIRED)


def made(*steps: tuple[float, AnyWhat], limit_s: float = LIMIT_S) -> Receipt:
    return receipt_of(log(*steps), GiveBack(limit_s, limit_s))


def begun(*steps: tuple[float, AnyWhat], limit_s: float = LIMIT_S) -> Receipt:
    return made((500, SIGNED_IN), (1_010, Begun("maria")), *steps, limit_s=limit_s)


def test_an_undisturbed_visit_is_all_used() -> None:
    receipt = begun((END, EXPIRED))
    assert (receipt.booked_start, receipt.booked_end, receipt.ends_at) == (START, END, END)
    assert (receipt.begun_at, receipt.ended_at) == (1_010, END)
    assert (receipt.ended_by, receipt.end_reason) == (By.CLOCK, EndReason.EXPIRED)
    assert (receipt.used_s, receipt.lost_s, receipt.added_s) == (1_790, 0, 0)
    assert not receipt.losses
    assert not receipt.additions
    assert receipt.not_added_why == ""


def test_lost_time_names_its_side_and_cause_and_what_was_added() -> None:
    receipt = begun(
        (1_100, LINK_DOWN), (1_130, LINK_UP), (1_130, Extended(30)), (END + 30, EXPIRED)
    )
    lost = Loss(
        from_at=1_100, until_at=1_130, lost_s=30, side=Side.VISITOR, cause=Cause.LINK, by_rule=True
    )
    assert receipt.losses == (lost,)
    assert receipt.lost_by == {Side.VISITOR: 30}
    assert [(each.added_at, each.added_s) for each in receipt.additions] == [(1_130, 30)]
    assert receipt.ends_at == receipt.ended_at == END + 30
    assert receipt.used_s == 1_790
    assert receipt.not_added_s == 0


def test_a_choice_is_lost_and_nothing_is_owed_for_it() -> None:
    receipt = begun((1_100, HUNG_UP), (1_160, LIFTED), (END, EXPIRED))
    assert [(each.cause, each.by_rule) for each in receipt.losses] == [(Cause.HANDSET, False)]
    assert (receipt.lost_s, receipt.not_added_s) == (60, 0)
    out = begun((1_100, InmateSignedOut()), (1_150, InmateSignedIn("t5")), (END, EXPIRED))
    assert [(each.cause, each.lost_s) for each in out.losses] == [(Cause.SIGNED_OUT, 50)]


def test_of_two_causes_the_first_has_the_time_until_it_is_mended() -> None:
    receipt = begun(
        (1_100, LINK_DOWN), (1_110, HUNG_UP), (1_120, LINK_UP), (1_150, LIFTED), (1_200, RED_X)
    )
    assert [(each.cause, each.from_at, each.until_at) for each in receipt.losses] == [
        (Cause.LINK, 1_100, 1_120),
        (Cause.HANDSET, 1_120, 1_150),
    ]


def test_a_loss_goes_on_while_other_things_happen_in_it() -> None:
    steps = (1_100, LINK_DOWN), (1_110, HUNG_UP), (1_120, LIFTED), (1_130, LINK_UP)
    receipt = begun(*steps, (1_140, RED_X))
    assert [each.lost_s for each in receipt.losses] == [30]


@pytest.mark.parametrize("what", [LINK_DOWN, HUNG_UP, InmateSignedOut()])
def test_whatever_breaks_in_a_pause_its_time_is_staffs(what: AnyWhat) -> None:
    """A lockdown sends people away from the terminals: that is nobody's choice."""
    receipt = begun((1_100, Paused("o")), (1_120, what), (1_160, Unpaused("o")), (1_160, RED_X))
    assert (receipt.used_s, receipt.lost_s, receipt.paused_s) == (90, 0, 60)


def test_a_pause_ends_what_was_being_lost() -> None:
    receipt = begun((1_100, LINK_DOWN), (1_110, Paused("o")), (1_130, LINK_UP), (1_140, RED_X))
    assert [each.lost_s for each in receipt.losses] == [10]
    assert (receipt.paused_s, receipt.used_s) == (30, 90)


def test_a_pause_by_staff_is_neither_used_nor_lost_and_given_back() -> None:
    steps = (1_100, Paused("o")), (1_160, Unpaused("o")), (1_160, Extended(60)), (END + 60, EXPIRED)
    receipt = begun(*steps)
    assert (receipt.lost_s, receipt.paused_s) == (0, 60)
    assert (receipt.used_s, receipt.added_s, receipt.not_added_s) == (1_790, 60, 0)


def test_pauses_have_a_limit_of_their_own() -> None:
    limits = GiveBack(max_s=600, pause_max_s=3600)
    assert [limits.most_s(each) for each in (0, 60, 10_000)] == [600, 660, 4200]


@pytest.mark.parametrize(
    ("steps", "limit_s", "why"),
    [
        ([(1_130, LINK_UP), (1_130, Extended(10)), (END + 10, EXPIRED)], 10.0, "limit"),
        ([(1_130, LINK_UP), (1_130, Extended(10)), (END + 10, EXPIRED)], 600.0, "next-visit"),
        ([(END, EXPIRED)], 600.0, "held-to-the-end"),
        ([(1_130, LINK_UP), (1_130, Paused("o")), (END, EXPIRED)], 600.0, "next-visit"),
        ([(1_130, RED_X)], 600.0, "ended-early"),
        ([(1_130, Ended(By.STAFF, EndReason.STAFF, "o"))], 600.0, "ended-early"),
        ([(1_100.6, LINK_UP), (END, EXPIRED)], 600.0, "too-short"),
    ],
)
def test_time_that_was_not_added_says_why(
    steps: list[tuple[float, AnyWhat]], limit_s: float, why: str
) -> None:
    receipt = begun((1_100, LINK_DOWN), *steps, limit_s=limit_s)
    assert receipt.not_added_s > 0
    assert receipt.not_added_s == receipt.lost_s + receipt.paused_s - receipt.added_s
    assert receipt.not_added_why == why


def test_a_full_log_could_take_no_addition() -> None:
    flaps = [(1_020.0 + n, LINK_DOWN if n % 2 == 0 else LINK_UP) for n in range(MAX_EVENTS - 3)]
    assert begun(*flaps, (END, EXPIRED)).not_added_why == "limit"


def test_a_visit_that_nobody_came_to_used_nothing() -> None:
    receipt = made((END, Ended(By.CLOCK, EndReason.NOBODY_CAME)))
    assert receipt.begun_at is None
    assert (receipt.used_s, receipt.lost_s, receipt.ended_at) == (0, 0, END)


@pytest.mark.parametrize("steps", [[], [(500.0, SIGNED_IN), (1_010.0, Begun("maria"))]])
def test_there_is_no_receipt_before_the_end(steps: list[tuple[float, AnyWhat]]) -> None:
    with pytest.raises(NotEnded):
        made(*steps)


@settings(max_examples=300)
@given(st.floats(0, 40), STEPS, st.sampled_from([0.0, 30.0, 600.0]), st.booleans())
def test_random_logs_add_up(
    late: float, steps: list[tuple[float, AnyWhat]], limit_s: float, signed_out: bool
) -> None:
    begin = 1_010 + late
    events = log((500, SIGNED_IN), (begin, Begun("maria")))
    tail: list[tuple[float, AnyWhat]] = [(1.5, InmateSignedOut())] if signed_out else []
    now = begin
    for gap, what in [*steps, *tail, (5_000.0, EXPIRED)]:
        visit = fold(events)
        now = max(now + gap, visit.ends_at) if what is EXPIRED else now + gap
        if visit.forbids(what, now) is None:
            n = len(events) + 1
            events.append(Event("v1", n, f"e{n}", "hub", now, now, what))
    visit, receipt = fold(events), receipt_of(events, GiveBack(limit_s, limit_s))
    at = visit.at(now)
    assert receipt.begun_at is not None
    span_s = receipt.ended_at - receipt.begun_at
    assert receipt.used_s + receipt.lost_s + receipt.paused_s == span_s
    assert sum(each.lost_s for each in receipt.losses) == receipt.lost_s
    assert sum(receipt.lost_by.values()) == receipt.lost_s
    assert receipt.ends_at == receipt.booked_end + receipt.added_s
    assert receipt.added_s == sum(each.added_s for each in receipt.additions)
    counts = (receipt.used_s, receipt.lost_s, receipt.paused_s, receipt.not_added_s)
    assert all(each >= 0 for each in counts)
    assert all(each.until_at - each.from_at == each.lost_s > 0 for each in receipt.losses)
    assert (receipt.not_added_why == "") == (receipt.not_added_s == 0)
    # Rounding moves each boundary by half a second at most: never further from what was counted.
    edges = len(events)
    assert abs(receipt.used_s - at.used_s) <= edges
    assert abs(receipt.lost_s - at.lost_s) <= edges
