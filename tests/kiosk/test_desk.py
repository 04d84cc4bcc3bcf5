"""Who sits here: seats adopted whole, ends that stay until they were seen."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.desk import Desk, visit_in
from signalling.visit import Status
from signalling.visit_events import By, Cause, EndReason, Side
from signalling.wire import BreakView, Seat, VisitView
from tests.kiosk.bench_of_session import ENDS_AT, STARTS_AT, seat, visit

IN_VISIT = visit(Status.IN_VISIT)
ENDED = visit(Status.ENDED, ended_at=ENDS_AT, ended_by=By.STAFF, end_reason=EndReason.STAFF)
V2 = visit(id="v2")


def desk(*seats: Seat | None) -> Desk:
    """Return a desk that adopted these, one after the other."""
    made = Desk()
    for each in seats:
        made.adopt(each)
    return made


# -- whose visit ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("among", "wanted", "found"),
    [
        (None, "v1", None),
        (seat(IN_VISIT), None, None),
        (seat(), "v1", None),
        (seat(V2), "v1", None),
        (seat(V2, IN_VISIT), "v1", IN_VISIT),
    ],
)
def test_a_visit_is_found_by_its_id(
    among: Seat | None, wanted: str | None, found: VisitView | None
) -> None:
    assert visit_in(among, wanted) == found


@pytest.mark.parametrize("status", list(Status))
def test_every_visit_but_an_ended_one_waits_or_runs(status: Status) -> None:
    shown = visit(status)
    made = desk(seat(shown))
    ended = status is Status.ENDED
    assert (made.visit, made.finished) == ((None, shown) if ended else (shown, None))


def test_without_a_seat_or_a_choice_there_is_none() -> None:
    assert Desk().visit is None
    assert desk(seat(IN_VISIT, at=None)).visit is None
    assert desk(seat(IN_VISIT), None).visit is None


def test_a_seat_is_adopted_whole() -> None:
    made = desk(seat(IN_VISIT, V2), seat(V2, at="v2", inmate="Other"))
    assert made.seat == seat(V2, at="v2", inmate="Other")
    assert (made.visit, made.finished) == (V2, None)


# -- ends -------------------------------------------------------------------------------------


def test_an_end_hides_the_visit_that_the_hub_has_ready_next() -> None:
    made = desk(seat(IN_VISIT, V2), seat(ENDED, V2, at="v2"))
    assert (made.visit, made.finished) == (None, ENDED)
    made.dismiss()
    assert (made.visit, made.finished) == (V2, None)


def test_an_end_stays_when_the_seat_goes() -> None:
    made = desk(seat(IN_VISIT), seat(ENDED), None)
    assert (made.seat, made.finished) == (None, ENDED)
    made.dismiss()
    assert made.finished is None


def test_what_the_hub_says_more_about_an_end_is_shown() -> None:
    more = msgspec.structs.replace(ENDED, used_s=99.0)
    assert desk(seat(ENDED), seat(more)).finished == more


def test_an_end_seen_once_is_not_shown_again() -> None:
    made = desk(seat(ENDED))
    made.dismiss()
    made.adopt(seat(ENDED))
    assert (made.visit, made.finished) == (None, None)


def test_a_second_end_waits_until_the_first_was_seen() -> None:
    second = msgspec.structs.replace(ENDED, id="v2")
    made = desk(seat(ENDED, V2), seat(ENDED, second, at="v2"))
    assert made.finished == ENDED
    made.dismiss()
    made.adopt(seat(ENDED, second, at="v2"))
    assert made.finished == second


def test_an_end_of_a_visit_that_nobody_waited_for_here_is_no_news() -> None:
    made = desk(seat(IN_VISIT, V2), seat(IN_VISIT, msgspec.structs.replace(ENDED, id="v2")))
    assert (made.visit, made.finished) == (IN_VISIT, None)


def test_dismissing_nothing_changes_nothing() -> None:
    made = desk(seat(IN_VISIT))
    made.dismiss()
    assert made == desk(seat(IN_VISIT))


# -- the clock --------------------------------------------------------------------------------


def test_the_clock_ends_a_begun_visit_as_expired_with_nothing_open() -> None:
    held = visit(
        Status.INTERRUPTED,
        tracks_open=True,
        breaks=(BreakView(side=Side.TERMINAL, cause=Cause.LINK, since=STARTS_AT),),
    )
    made = desk(seat(held))
    made.end_by_clock(ENDS_AT + 2.0)
    assert made.finished == msgspec.structs.replace(
        held,
        status=Status.ENDED,
        ended_at=ENDS_AT,
        ended_by=By.CLOCK,
        end_reason=EndReason.EXPIRED,
        tracks_open=False,
        breaks=(),
    )
    assert made.visit is None


def test_the_clock_ends_a_visit_that_never_began_as_nobody_came() -> None:
    made = desk(seat(visit()))
    made.end_by_clock(ENDS_AT - 1.0)
    assert made.finished is not None
    assert made.finished.end_reason is EndReason.NOBODY_CAME
    assert made.finished.ended_at == ENDS_AT - 1.0, "never later than now"


@pytest.mark.parametrize("seated", [None, seat(IN_VISIT, at=None), seat(ENDED)])
def test_the_clock_ends_nothing_where_nothing_runs(seated: Seat | None) -> None:
    made = desk(seated)
    made.end_by_clock(ENDS_AT)
    assert made == desk(seated)


def test_a_hub_that_knows_better_takes_the_clocks_end_back() -> None:
    made = desk(seat(IN_VISIT))
    made.end_by_clock(ENDS_AT)
    later = visit(Status.IN_VISIT, ends_at=ENDS_AT + 300)
    made.adopt(seat(later))
    assert (made.visit, made.finished) == (later, None)


def test_seen_the_clocks_end_is_not_made_again() -> None:
    made = desk(seat(IN_VISIT))
    made.end_by_clock(ENDS_AT)
    made.dismiss()
    made.end_by_clock(ENDS_AT + 1.0)
    assert (made.visit, made.finished) == (None, None)


def test_a_visit_goes_on_after_its_end_was_seen_and_its_true_end_is_shown() -> None:
    made = desk(seat(IN_VISIT))
    made.end_by_clock(ENDS_AT)
    made.dismiss()
    made.adopt(seat(IN_VISIT))
    assert made.visit == IN_VISIT
    made.adopt(seat(ENDED))
    assert made.finished == ENDED


# -- leaving ----------------------------------------------------------------------------------


def test_left_nothing_is_seen_of_the_inmate_though_the_hub_is_slow() -> None:
    made = desk(seat(IN_VISIT))
    made.leave()
    made.adopt(seat(IN_VISIT))
    made.adopt(seat(ENDED))
    assert made == Desk(leaving=True)


def test_once_the_hub_has_followed_the_next_seat_counts() -> None:
    made = desk(seat(IN_VISIT))
    made.leave()
    made.adopt(None)
    assert made == Desk()
    made.adopt(seat(IN_VISIT, inmate="Other"))
    assert made.visit == IN_VISIT


def test_leaving_twice_still_waits_for_the_hub() -> None:
    made = desk(seat(IN_VISIT))
    made.leave()
    made.leave()
    assert made.leaving


def test_leaving_an_end_whose_seat_is_gone_waits_for_nobody() -> None:
    made = desk(seat(ENDED), None)
    made.leave()
    assert made == Desk()


def test_what_one_inmate_has_seen_is_not_taken_as_seen_by_the_next() -> None:
    made = desk(seat(ENDED))
    made.dismiss()
    made.leave()
    made.adopt(None)
    made.adopt(seat(ENDED))
    assert made.finished == ENDED


SEATS = st.one_of(
    st.none(),
    st.builds(
        lambda first, at: seat(first, V2, at=at),
        st.sampled_from([visit(), IN_VISIT, ENDED]),
        st.sampled_from([None, "v1", "v2"]),
    ),
)


@given(
    steps=st.lists(
        st.one_of(SEATS, st.sampled_from(["dismiss", "leave", "clock"])), min_size=1, max_size=25
    )
)
def test_in_every_history_a_visit_is_one_of_the_seat_and_never_beside_an_end(
    steps: list[Seat | str | None],
) -> None:
    made = Desk()
    for step in steps:
        match step:
            case "dismiss":
                made.dismiss()
                assert made.finished is None
            case "leave":
                made.leave()
                assert (made.seat, made.visit, made.finished) == (None, None, None)
            case "clock":
                made.end_by_clock(ENDS_AT)
                assert made.visit is None
            case Seat() | None:
                left = made.leaving and step is not None
                made.adopt(step)
                assert made.seat == (None if left else step)
        if made.visit is not None:
            assert made.finished is None
            assert made.seat is not None and made.visit in made.seat.visits
            assert made.visit.id == made.seat.visit
            assert made.visit.status is not Status.ENDED
        assert made.finished is None or made.finished.status is Status.ENDED
        assert not (made.leaving and made.seat)
