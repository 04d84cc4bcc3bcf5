"""The handset's limits, to the moment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.handset import PIN_AGAIN_AFTER_S, SIGN_OUT_AFTER_S, Handset

NEVER = float("-inf")


def hung_up(at: float = 0.0) -> Handset:
    handset = Handset()
    handset.moved(up=True, now=at)
    handset.moved(up=False, now=at)
    return handset


def locked(at: float = PIN_AGAIN_AFTER_S) -> Handset:
    handset = hung_up(at - PIN_AGAIN_AFTER_S)
    handset.watch(at, NEVER, waits=True)
    assert handset.locked_at == at
    return handset


def test_it_is_down_and_nobodys_until_the_hook_says_otherwise() -> None:
    handset = Handset()
    assert (handset.up, handset.locked, handset.ready) == (False, False, False)
    handset.moved(up=True, now=0.0)
    assert (handset.up, handset.locked, handset.ready) == (True, False, True)


@pytest.mark.parametrize(
    ("hung_for_s", "is_locked"),
    [(0.0, False), (PIN_AGAIN_AFTER_S - 0.001, False), (PIN_AGAIN_AFTER_S, True)],
)
def test_it_locks_after_15_s(hung_for_s: float, is_locked: bool) -> None:
    handset = hung_up(at=100.0)
    handset.watch(100.0 + hung_for_s, NEVER, waits=True)
    assert handset.locked is is_locked


@pytest.mark.parametrize(("after_touch_s", "is_locked"), [(14.999, False), (15.0, True)])
def test_a_touch_counts_as_much_as_the_handset(after_touch_s: float, is_locked: bool) -> None:
    handset = hung_up()
    touched_at = 14.0
    handset.watch(touched_at + after_touch_s, touched_at, waits=True)
    assert handset.locked is is_locked


def test_a_touch_before_it_was_hung_up_does_not_count() -> None:
    handset = hung_up(at=10.0)
    handset.watch(24.999, 9.0, waits=True)
    assert not handset.locked
    handset.watch(25.0, 9.0, waits=True)
    assert handset.locked


def test_lifted_it_starts_anew() -> None:
    handset = hung_up()
    handset.moved(up=True, now=14.0)
    handset.watch(100.0, NEVER, waits=True)
    assert handset.ready
    handset.moved(up=False, now=100.0)
    handset.watch(114.999, NEVER, waits=True)
    assert not handset.locked
    handset.watch(115.0, NEVER, waits=True)
    assert handset.locked


def test_one_that_was_down_before_the_visit_is_counted_from_the_visit_on() -> None:
    handset = hung_up()
    handset.watch(1000.0, NEVER, waits=False)
    handset.watch(1000.25, NEVER, waits=True)
    handset.watch(1015.0, NEVER, waits=True)
    assert not handset.locked
    handset.watch(1015.25, NEVER, waits=True)
    assert handset.locked


def test_a_hook_never_heard_of_locks_too() -> None:
    handset = Handset()
    handset.watch(50.0, NEVER, waits=True)
    handset.watch(65.0, NEVER, waits=True)
    assert handset.locked


def test_locked_it_stays_so_when_lifted_and_is_not_ready() -> None:
    handset = locked()
    handset.moved(up=True, now=20.0)
    handset.watch(20.0, NEVER, waits=True)
    assert (handset.up, handset.locked, handset.ready) == (True, True, False)


def test_the_moment_of_locking_does_not_move() -> None:
    handset = locked(at=15.0)
    handset.watch(40.0, NEVER, waits=True)
    assert handset.locked_at == 15.0


def test_without_a_visit_nothing_is_locked() -> None:
    handset = locked()
    handset.watch(20.0, NEVER, waits=False)
    assert not handset.locked


def test_unlocked_and_still_hung_up_the_15_s_begin_again() -> None:
    handset = locked(at=15.0)
    handset.unlock()
    assert not handset.locked
    handset.watch(20.0, NEVER, waits=True)
    handset.watch(34.999, NEVER, waits=True)
    assert not handset.locked
    handset.watch(35.0, NEVER, waits=True)
    assert handset.locked


# -- signing out ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locked_for_s", "left_s"),
    [(0.0, 60), (0.001, 60), (1.0, 59), (59.0, 1), (59.999, 1), (60.0, 0), (600.0, 0)],
)
def test_the_countdown_is_in_whole_seconds_and_ends_at_0(locked_for_s: float, left_s: int) -> None:
    assert locked(at=15.0).sign_out_in_s(15.0 + locked_for_s, NEVER) == left_s


def test_a_touch_starts_the_countdown_again_and_an_old_one_does_not() -> None:
    handset = locked(at=15.0)
    assert handset.sign_out_in_s(70.0, touched_at=70.0) == 60
    assert handset.sign_out_in_s(70.0, touched_at=14.0) == 5


def test_nothing_is_counted_while_it_is_not_locked() -> None:
    handset = hung_up()
    assert handset.sign_out_in_s(14.0, NEVER) is None
    handset = locked()
    handset.unlock()
    assert handset.sign_out_in_s(100.0, NEVER) is None


# -- any history ------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["up", "down", "touch", "unlock", "nothing"]),
        st.sampled_from([0.25, 5.0, 14.75, 15.0, 61.0]),
    ),
    max_size=40,
)


@given(steps=STEPS)
def test_in_no_history_is_it_locked_under_somebodys_hands(steps: list[tuple[str, float]]) -> None:
    """Watched as the shell does, four times a second, in a visit that never ends."""
    handset, now, touched_at = Handset(), 0.0, NEVER
    person_at = now
    for step, wait_s in steps:
        was_locked = handset.locked
        match step:
            case "up" | "down":
                handset.moved(up=step == "up", now=now)
                touched_at = person_at = now
            case "touch":
                touched_at = person_at = now
            case "unlock":
                handset.unlock()
                person_at = now
        if step != "unlock":
            assert handset.locked is was_locked, "only time locks, only the PIN unlocks"
        for _ in range(int(wait_s / 0.25)):
            now += 0.25
            before = handset.locked
            handset.watch(now, touched_at, waits=True)
            if handset.locked and not before:
                assert not handset.up
                assert now - person_at >= PIN_AGAIN_AFTER_S
            left_s = handset.sign_out_in_s(now, touched_at)
            assert (left_s is None) is not handset.locked
            assert left_s is None or 0 <= left_s <= SIGN_OUT_AFTER_S
            assert handset.ready is (handset.up and not handset.locked)
