"""Idle limits and sheets, to the moment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.idle import LIMITS_S, LINGER_S, SETTLE_S, SHEET_S, STILL_THERE_S, Patience
from kiosk.view import ScreenName, Sheet

SHOWN_AT = 100.0
LIMITED = sorted(LIMITS_S.items())
UNLIMITED = sorted(set(ScreenName) - set(LIMITS_S))


def patience(screen: ScreenName = ScreenName.SIGN_IN, at: float = SHOWN_AT) -> Patience:
    made = Patience()
    made.shows(screen, at)
    return made


def test_before_any_screen_nothing_is_asked() -> None:
    made = Patience()
    assert (made.left_s(0.0), made.still_there_s(0.0), made.sheet(0.0)) == (None, None, None)
    assert made.confirmed(0.0) is None


# -- the limit --------------------------------------------------------------------------------


@pytest.mark.parametrize(("screen", "limit_s"), LIMITED)
def test_a_limit_counts_from_the_screen_and_asks_in_its_last_10_s(
    screen: ScreenName, limit_s: float
) -> None:
    made = patience(screen)
    end = SHOWN_AT + limit_s
    assert made.left_s(SHOWN_AT) == limit_s
    assert made.sheet(end - STILL_THERE_S - 0.001) is None
    assert made.sheet(end - STILL_THERE_S) == Sheet("still-there", 10)
    assert made.sheet(end - 0.001) == Sheet("still-there", 1)
    assert (made.left_s(end), made.sheet(end)) == (0.0, Sheet("still-there", 0))
    assert made.sheet(end + 5.0) == Sheet("still-there", 0)


@pytest.mark.parametrize("screen", UNLIMITED)
def test_other_screens_have_none(screen: ScreenName) -> None:
    made = patience(screen)
    assert (made.left_s(SHOWN_AT + 1e6), made.sheet(SHOWN_AT + 1e6)) == (None, None)


def test_the_same_screen_again_does_not_start_it_anew() -> None:
    made = patience()
    made.shows(ScreenName.SIGN_IN, SHOWN_AT + 20.0)
    assert made.left_s(SHOWN_AT + 20.0) == 10.0


def test_another_screen_does_and_so_does_the_same_after_it() -> None:
    made = patience()
    made.shows(ScreenName.MY_VISITS, SHOWN_AT + 20.0)
    assert made.left_s(SHOWN_AT + 20.0) == 60.0
    made.shows(ScreenName.SIGN_IN, SHOWN_AT + 50.0)
    assert made.left_s(SHOWN_AT + 50.0) == 30.0


def test_a_touch_starts_it_anew_and_one_before_the_screen_does_not() -> None:
    made = Patience()
    made.touch(SHOWN_AT - 5.0)
    made.shows(ScreenName.SIGN_IN, SHOWN_AT)
    assert made.left_s(SHOWN_AT) == 30.0
    made.touch(SHOWN_AT + 7.0)
    assert made.left_s(SHOWN_AT + 8.0) == 29.0


# -- "still there" ----------------------------------------------------------------------------


def test_touched_the_sheet_lingers_so_that_the_release_finds_its_button() -> None:
    made = patience()
    made.touch(SHOWN_AT + 25.0)
    assert made.sheet(SHOWN_AT + 25.0) == Sheet("still-there", 10)
    assert made.sheet(SHOWN_AT + 25.0 + LINGER_S - 0.001) == Sheet("still-there", 10)
    assert made.sheet(SHOWN_AT + 25.0 + LINGER_S) is None


def test_a_touch_while_it_lingers_lets_it_linger_on() -> None:
    made = patience()
    made.touch(SHOWN_AT + 25.0)
    made.touch(SHOWN_AT + 25.75)
    assert made.sheet(SHOWN_AT + 26.5) == Sheet("still-there", 10)
    assert made.sheet(SHOWN_AT + 26.75) is None


def test_a_touch_without_a_sheet_brings_none() -> None:
    made = patience()
    made.touch(SHOWN_AT + 5.0)
    assert made.sheet(SHOWN_AT + 5.0) is None


def test_closed_it_does_not_linger() -> None:
    made = patience()
    made.touch(SHOWN_AT + 25.0)
    made.close()
    assert made.sheet(SHOWN_AT + 25.0) is None


def test_another_screen_has_no_lingering_sheet() -> None:
    made = patience()
    made.touch(SHOWN_AT + 25.0)
    made.shows(ScreenName.MY_VISITS, SHOWN_AT + 25.5)
    assert made.sheet(SHOWN_AT + 25.5) is None


def test_a_yes_while_it_lingers_is_a_yes_to_it_at_once() -> None:
    made = patience()
    made.touch(SHOWN_AT + 25.0)
    assert made.confirmed(SHOWN_AT + 25.0) == "still-there"
    assert made.sheet(SHOWN_AT + 25.0) is None
    assert made.confirmed(SHOWN_AT + 25.0) is None


# -- questions --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["confirm-end", "confirm-sign-out"])
def test_a_question_counts_down_10_s_and_closes(kind: str) -> None:
    made = patience(ScreenName.IN_VISIT)
    made.ask(kind, SHOWN_AT)
    assert made.sheet(SHOWN_AT) == Sheet(kind, 10)
    assert made.sheet(SHOWN_AT + SHEET_S - 0.001) == Sheet(kind, 1)
    assert made.sheet(SHOWN_AT + SHEET_S) is None
    assert made.confirmed(SHOWN_AT + SHEET_S) is None


def test_a_touch_counts_its_10_s_anew() -> None:
    made = patience(ScreenName.WAITING)
    made.ask("confirm-sign-out", SHOWN_AT)
    made.touch(SHOWN_AT + 9.0)
    assert made.sheet(SHOWN_AT + 18.5) == Sheet("confirm-sign-out", 1)
    assert made.sheet(SHOWN_AT + 19.0) is None


def test_a_question_that_time_closed_does_not_come_back_with_a_touch() -> None:
    made = patience(ScreenName.WAITING)
    made.ask("confirm-sign-out", SHOWN_AT)
    made.tick(SHOWN_AT + SHEET_S - 0.001)
    assert made.sheet(SHOWN_AT + SHEET_S - 0.001) == Sheet("confirm-sign-out", 1)
    made.tick(SHOWN_AT + SHEET_S)
    made.touch(SHOWN_AT + SHEET_S)
    assert made.sheet(SHOWN_AT + SHEET_S) is None


@pytest.mark.parametrize(
    ("after_s", "answer"),
    [(0.0, None), (SETTLE_S - 0.001, None), (SETTLE_S + 0.001, "confirm-end")],
)
def test_a_yes_counts_only_after_the_sheet_has_settled(after_s: float, answer: str | None) -> None:
    made = patience(ScreenName.IN_VISIT)
    made.ask("confirm-end", SHOWN_AT)
    assert made.confirmed(SHOWN_AT + after_s) == answer
    still_open = made.sheet(SHOWN_AT + after_s) is not None
    assert still_open is (answer is None)


def test_asked_again_it_neither_settles_nor_counts_anew_but_another_question_does() -> None:
    made = patience(ScreenName.IN_VISIT)
    made.ask("confirm-end", SHOWN_AT)
    made.ask("confirm-end", SHOWN_AT + 4.0)
    assert made.sheet(SHOWN_AT + 4.0) == Sheet("confirm-end", 6)
    made.ask("confirm-sign-out", SHOWN_AT + 4.0)
    assert made.sheet(SHOWN_AT + 4.0) == Sheet("confirm-sign-out", 10)
    assert made.confirmed(SHOWN_AT + 4.0) is None


def test_a_question_stands_before_still_there() -> None:
    made = patience(ScreenName.ENDED)
    made.ask("confirm-sign-out", SHOWN_AT + 25.0)
    assert made.sheet(SHOWN_AT + 25.0) == Sheet("confirm-sign-out", 10)
    assert made.confirmed(SHOWN_AT + 26.0) == "confirm-sign-out"
    assert made.sheet(SHOWN_AT + 26.0) == Sheet("still-there", 4)


@pytest.mark.parametrize("before", list(ScreenName))
@pytest.mark.parametrize("after", list(ScreenName))
def test_a_question_goes_with_its_screen_but_for_the_two_of_a_begun_visit(
    before: ScreenName, after: ScreenName
) -> None:
    made = patience(before)
    made.ask("confirm-end", SHOWN_AT)
    made.shows(after, SHOWN_AT + 1.0)
    begun = {ScreenName.IN_VISIT, ScreenName.HELD}
    stays = before is after or {before, after} == begun
    kind = made.sheet(SHOWN_AT + 1.0)
    assert kind == (Sheet("confirm-end", 9) if stays else None)


# -- any history ------------------------------------------------------------------------------


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["touch", "ask", "close", "yes", "tick", *LIMITS_S, *UNLIMITED]),
            st.floats(0.0, 40.0),
        ),
        max_size=40,
    )
)
def test_in_every_history_a_yes_belongs_to_the_sheet_that_was_open(
    steps: list[tuple[str, float]],
) -> None:
    made, now = patience(), SHOWN_AT
    for step, wait_s in steps:
        now += wait_s
        match step:
            case "touch":
                made.touch(now)
            case "ask":
                made.ask("confirm-end", now)
            case "close":
                made.close()
            case "tick":
                made.tick(now)
            case "yes":
                shown = made.sheet(now)
                answer = made.confirmed(now)
                assert answer is None or (shown is not None and answer == shown.kind)
            case _:
                made.shows(ScreenName(step), now)
        made.tick(now)  # as the session does after each event
        sheet, left_s = made.sheet(now), made.left_s(now)
        assert sheet is None or 0 <= sheet.seconds <= 10
        assert sheet is not None or left_s is None or left_s > STILL_THERE_S
