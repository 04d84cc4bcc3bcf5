"""Sums of sounds: untouched while they fit, bent and never clipped when they do not."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hardware.interfaces import Block
from kiosk.media.limiter import FULL_SCALE, KNEE, mixed

SAMPLE = st.integers(-32_768, 32_767)


def block(*samples: int) -> Block:
    return np.array(samples, dtype=np.int16)


def test_what_fits_is_the_plain_sum() -> None:
    total = mixed(block(1000, -1000, KNEE, 0), block(234, -234, 0, -KNEE))
    assert total.dtype == np.int16
    assert total.tolist() == [1234, -1234, KNEE, -KNEE]


def test_two_full_voices_do_not_wrap_around() -> None:
    high, low = mixed(block(32_767, -32_768), block(32_767, -32_768)).tolist()
    assert high == -low
    assert 32_700 < high < FULL_SCALE


@given(SAMPLE, SAMPLE)
def test_it_bends_the_same_way_up_and_down_and_stays_inside(first: int, second: int) -> None:
    (total,) = mixed(block(first), block(second)).tolist()
    exact = first + second
    assert abs(total) <= min(abs(exact), FULL_SCALE)
    assert total == exact if abs(exact) <= KNEE else abs(total) >= KNEE


@given(st.integers(-65_536, 65_533))
def test_louder_in_is_never_softer_out(exact: int) -> None:
    def sum_of(total: int) -> int:
        return int(mixed(block(total // 2), block(total - total // 2))[0])

    assert sum_of(exact) <= sum_of(exact + 1)
