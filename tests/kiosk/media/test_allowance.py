"""A free path is used from the first second; a full one is believed at once and left slowly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kiosk.media.allowance import CALM_S, LOWEST_BPS, UNLIMITED_BPS, Allowance


def test_a_browser_that_begins_low_does_not_hold_a_free_path_down() -> None:
    one = Allowance()
    for second in range(30):
        one.told(300_000 + 20_000 * second)
        one.heard(0.0, 0.02, 1_000_000, float(second))
    assert one.bps == UNLIMITED_BPS


def test_loss_makes_the_browsers_word_count() -> None:
    one = Allowance()
    one.told(400_000)
    one.heard(0.01, 0.02, 1_000_000, 0.0)
    assert one.bps == UNLIMITED_BPS, "one per cent is no congestion"
    one.heard(0.05, 0.02, 1_000_000, 1.0)
    assert one.bps == 400_000
    one.told(2_000_000)
    one.heard(0.05, 0.02, 400_000, 2.0)
    assert one.bps == 340_000, "and each further loss takes some more"


def test_a_queue_is_trouble_too() -> None:
    one = Allowance()
    one.heard(0.0, 0.03, 1_000_000, 0.0)
    one.heard(0.0, 0.12, 1_000_000, 1.0)
    assert one.bps == UNLIMITED_BPS
    one.heard(0.0, 0.2, 1_000_000, 2.0)
    assert one.bps == 850_000


def test_after_trouble_it_waits_and_then_rises_in_steps() -> None:
    one = Allowance()
    one.heard(0.1, 0.03, 1_000_000, 0.0)
    low = one.bps
    now = 0.0
    while now < CALM_S:
        now += 1.0
        one.heard(0.0, 0.03, low, now)
        assert one.bps == low
    one.heard(0.0, 0.03, low, now + 1)
    assert low < one.bps <= low * 1.25 + 1
    for second in range(60):
        one.heard(0.0, 0.03, low, now + 2 + second)
    assert one.bps == UNLIMITED_BPS


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1),
            st.none() | st.floats(0, 20),
            st.floats(0, 1e9),
            st.integers(0, 1 << 80),
        ),
        max_size=100,
    )
)
def test_whatever_is_reported_it_stays_within_its_bounds(
    reports: list[tuple[float, float | None, float, int]],
) -> None:
    one = Allowance()
    for number, (loss, rtt_s, sent, told) in enumerate(reports):
        one.told(told)
        one.heard(loss, rtt_s, sent, float(number))
        assert LOWEST_BPS <= one.bps <= UNLIMITED_BPS


def test_a_path_that_became_longer_for_good_is_not_full_for_ever() -> None:
    one = Allowance()
    for second in range(240):
        one.heard(0.0, 0.01 if second < 10 else 0.2, 400_000, float(second))
        if second == 20:
            assert one.bps < 400_000, "at first it cannot be told from a queue"
    assert one.bps >= UNLIMITED_BPS
