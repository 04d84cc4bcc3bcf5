"""A hook that moved both ways passes; stuck and flapping ones do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.judging_hook import FLAPS, Move, is_flapping, judge


def test_seen_both_ways_it_passes() -> None:
    found = judge(False, [Move(1.0, True), Move(4.0, False)], 15.0)
    assert (found.passed, found.detail) == (True, "seen lifted and hung up; the handset is hung up")


@pytest.mark.parametrize(
    ("starts_up", "moves", "words"),
    [
        (False, [], "not seen lifted nor hung up within 15 s (it says the handset is hung up)"),
        (False, [Move(1.0, True)], "not seen hung up within 15 s (it says the handset is up)"),
        (True, [Move(1.0, False)], "not seen lifted within 15 s (it says the handset is hung up)"),
    ],
)
def test_stuck_is_told_with_what_was_not_seen(
    starts_up: bool, moves: list[Move], words: str
) -> None:
    found = judge(starts_up, moves, 15.0)
    assert (found.passed, found.code) == (False, "HOOK-03")
    assert words in found.detail
    assert "hook_inverted" in found.fix


def test_flapping_is_told_asked_or_not() -> None:
    moves = [Move(2 + 0.06 * number, number % 2 == 0) for number in range(10)]
    for asked_s in (None, 15.0):
        found = judge(False, moves, asked_s)
        assert (found.passed, found.code) == (False, "HOOK-04")
        assert found.detail == "flapping: 10 moves within a second"


def test_what_is_never_still_enough_to_count_is_flapping_and_not_stuck() -> None:
    found = judge(False, [], 15.0, raw_moves=40)
    assert (found.code, found.detail) == ("HOOK-04", "flapping: 40 moves within a second")
    assert judge(False, [], 15.0, raw_moves=FLAPS - 1).code == "HOOK-03"


def test_when_nobody_was_asked_nothing_is_claimed() -> None:
    found = judge(True, [], None)
    assert (found.passed, found.proved) == (True, False)
    assert found.detail == "open, the handset is up; not moved, because nobody was asked"
    assert found.fix


@given(st.lists(st.floats(0.25, 5.0), max_size=40))
def test_no_hand_flaps(pauses: list[float]) -> None:
    """Nobody moves a handset oftener than four times a second."""
    moves = [Move(sum(pauses[:number]), number % 2 == 0) for number in range(len(pauses))]
    assert not is_flapping(moves)


@given(start=st.floats(0, 100), step=st.floats(0.05, 0.19))
def test_every_fast_run_flaps(start: float, step: float) -> None:
    moves = [Move(start + step * number, number % 2 == 0) for number in range(FLAPS)]
    assert is_flapping(moves)
