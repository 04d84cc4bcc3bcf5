"""The database server's clock, from questions and answers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signalling.hub.store.server_clock import ServerClock

SERVER = 1_800_000_000.0


def test_it_is_the_middle_of_the_first_round_trip_and_goes_on_by_itself() -> None:
    now = 100.0
    clock = ServerClock(lambda: now)
    clock.measured(100.0, SERVER, 100.5)
    assert clock() == SERVER - 0.25
    now = 160.0
    assert clock() == SERVER + 59.75


def test_a_slow_answer_that_does_not_contradict_moves_nothing() -> None:
    clock = ServerClock(lambda: 0.0)
    clock.measured(0.0, SERVER, 0.002)
    before = clock()
    clock.measured(10.0, SERVER + 10.4, 13.0)
    assert clock() == before


def test_a_clock_that_was_set_back_is_followed_no_further_than_it_must() -> None:
    clock = ServerClock(lambda: 0.0)
    clock.measured(0.0, SERVER, 0.0)
    clock.measured(10.0, SERVER, 10.5)  # at 10.0 to 10.5 of ours it said the same again
    assert clock() == SERVER - 10.0


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 5), st.floats(0, 1)), min_size=1))
def test_it_is_never_wrong_by_more_than_the_last_round_trip(
    measures: list[tuple[float, float, float]],
) -> None:
    now = 0.0
    clock = ServerClock(lambda: now)
    for pause, trip, share in measures:
        asked = now + pause
        now = asked + trip
        clock.measured(asked, SERVER + asked + trip * share, now)
        assert abs(clock() - (SERVER + now)) <= trip + 1e-5
