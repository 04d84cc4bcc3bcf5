"""Bounces, and contacts that never come to rest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hardware.debounce import FLAPPING_HOLD_S, Debounce


def test_a_move_counts_once_it_has_been_still() -> None:
    switch = Debounce(0.05, False)
    assert switch.due_at() is None
    switch.move(True, 1.0)
    assert switch.due_at() == 1.05
    assert not switch.settle(1.04) and not switch.state
    assert switch.settle(1.05) and switch.state
    assert not switch.settle(2.0) and switch.due_at() is None


def test_bounces_put_it_off_and_are_counted() -> None:
    switch = Debounce(0.05, False)
    for step, raw in enumerate((True, False, True, True, False, True)):
        switch.move(raw, 1 + step / 100)
    assert switch.moves == 5
    assert switch.due_at() == 1.1
    assert switch.settle(1.1) and switch.state


def test_a_bounce_that_ends_where_it_began_is_nothing() -> None:
    switch = Debounce(0.05, False)
    switch.move(True, 1.0)
    switch.move(False, 1.01)
    assert switch.due_at() is None
    assert not switch.settle(5.0)
    assert switch.moves == 2


def test_a_stuck_switch_has_no_moves() -> None:
    switch = Debounce(0.05, True)
    switch.move(True, 1.0)
    assert switch.moves == 0


def test_a_contact_that_flaps_slowly_is_held_longer_and_let_go_again() -> None:
    """Each 100 ms, twice as slow as the debounce: four moves count, then none until it is calm."""
    switch, now, counted = Debounce(0.05, False), 10.0, []
    for step in range(100):
        switch.move(step % 2 == 0, now)
        if switch.settle(now + 0.06):
            counted.append(now)
        now += 0.1
    assert len(counted) == 4
    assert switch.moves == 100
    switch.move(True, now)
    assert switch.due_at() == now + FLAPPING_HOLD_S
    assert switch.settle(now + FLAPPING_HOLD_S) and switch.state, "calm at last"
    switch.move(False, now + 3)
    assert switch.due_at() == now + 3.05, "as before"


def test_calm_without_a_move_that_counts_ends_flapping_too() -> None:
    switch, now = Debounce(0.05, False), 10.0
    for up in (True, False, True, False, True, False):
        switch.move(up, now)
        switch.settle(now + 0.06)
        now += 0.1
    switch.move(True, now + 1)
    assert switch.due_at() == now + 1.05


def test_four_real_moves_are_no_flapping_once_they_are_old() -> None:
    switch, now = Debounce(0.05, False), 10.0
    for up in (True, False, True, False, True, False):
        switch.move(up, now)
        assert switch.settle(now + 0.05)
        now += 0.8
    switch.move(True, now - 0.7)
    assert switch.due_at() == now - 0.7 + 0.05


def test_flapping_asks_for_a_second_of_rest() -> None:
    switch, now = Debounce(0.05, False), 10.0
    for up in (True, False, True, False):
        switch.move(up, now)
        assert switch.settle(now + 0.05)
        now += 0.1
    switch.move(True, now)
    assert switch.due_at() == now + FLAPPING_HOLD_S


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 0.2)), max_size=60), st.floats(0.001, 1))
def test_what_counts_was_still_and_the_end_is_the_truth(
    moves: list[tuple[bool, float]], hold_s: float
) -> None:
    switch, now, moved_at, raw = Debounce(hold_s, False), 100.0, 100.0, False
    for up, wait_s in moves:
        if up != raw:
            raw, moved_at = up, now
        switch.move(up, now)
        now += wait_s
        before = switch.state
        if switch.settle(now):
            assert switch.state is raw is not before
            assert now - moved_at >= hold_s - 1e-9
    switch.settle(now + max(hold_s, FLAPPING_HOLD_S))
    assert switch.state is raw
