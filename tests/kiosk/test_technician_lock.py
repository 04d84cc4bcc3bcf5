"""The technician's PIN: counted, locked, not shown, and no way around by pulling the plug."""

from __future__ import annotations

import msgspec
import pytest

from config.schema import Secret, Technician
from kiosk.technician_lock import MAX_BYTES, MAX_DIGITS, PinPad, TechnicianLock, WrongPins

PIN = "482017"
SETTINGS = Technician(pin=Secret(PIN), tries=3, lockout_s=900)
NOW = 1_800_000_000.0


def lock(*wrong_at: float) -> TechnicianLock:
    """Return one with wrong PINs; both clocks go on together, from different beginnings."""
    made = TechnicianLock(SETTINGS)
    for at in wrong_at:
        assert not made.opens("000000", at, NOW + at)
    return made


def again(made: TechnicianLock) -> TechnicianLock:
    """Return the lock of the next start."""
    data = made.encode()
    assert len(data) <= MAX_BYTES
    return TechnicianLock(SETTINGS, TechnicianLock.decode(data))


def test_the_right_pin_opens_and_forgets_the_wrong_ones() -> None:
    made = lock(0, 0)
    assert made.tries_left(0, NOW) == 1
    assert made.opens(PIN, 0, NOW)
    assert made.tries_left(0, NOW) == 3
    assert again(made).tries_left(0, NOW) == 3


@pytest.mark.parametrize("pin", ["", "48201", "4820170", "482018"])
def test_no_other_does(pin: str) -> None:
    assert not lock().opens(pin, 0, NOW)


def test_without_a_pin_nobody_gets_in() -> None:
    made = TechnicianLock(Technician())
    assert not made.has_pin
    assert not made.opens("", 0, NOW)


def test_three_wrong_ones_lock_it_for_a_while() -> None:
    made = lock(0, 1, 2)
    assert made.locked_for_s(3, NOW + 3) == 899
    assert made.tries_left(3, NOW + 3) == 0
    assert not made.opens(PIN, 901, NOW + 901)
    assert made.locked_for_s(901, NOW + 901) == 1, "a try while it is locked does not count"
    assert made.locked_for_s(902, NOW + 902) is None
    assert made.tries_left(902, NOW + 902) == 3
    assert made.opens(PIN, 902, NOW + 902)


def test_wrong_ones_of_long_ago_do_not_count() -> None:
    assert lock(0, 0, 900).tries_left(901, NOW + 901) == 2


def test_the_count_outlives_a_restart() -> None:
    for made in (lock(0, 0), lock(0, 0, 0)):
        assert again(made).tries_left(-70, NOW + 1) == made.tries_left(1, NOW + 1)
        assert again(made).locked_for_s(-70, NOW + 1) == made.locked_for_s(1, NOW + 1)
    assert again(lock(0, 0, 0)).tries_left(0, NOW + 900) == 3


@pytest.mark.parametrize("clock", [0.0, NOW - 1, NOW + 1e9])
def test_a_clock_that_is_set_while_it_is_locked_opens_nothing_and_locks_no_longer(
    clock: float,
) -> None:
    made = lock(0, 0, 0)
    assert made.locked_for_s(1, clock) == 899
    assert not made.opens(PIN, 899, clock)
    assert made.opens(PIN, 900, clock)


def test_a_start_with_the_clock_set_back_locks_for_all_of_it_and_no_hub_ends_that() -> None:
    made = again(lock(0, 0, 0))
    assert made.locked_for_s(5, 1000.0) == 900
    assert made.locked_for_s(65, NOW + 2000) == 840, "the hub has said what time it is"
    assert made.locked_for_s(905, NOW + 2840) is None


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"nonsense", b'{"count":-1}', b'{"count":1,"more":2}', b'{"count":"3"}']
)
def test_what_is_no_count_is_an_error(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        TechnicianLock.decode(data)


def test_the_pad_takes_digits_and_forgets_them_when_entered() -> None:
    pad = PinPad()
    for key in ("4", "8", "x", "12", "delete", "2"):
        assert pad.key(key) is None
    assert "42" not in repr(pad)
    assert pad.view(lock(), 0, NOW).pin_length == 2
    assert pad.key("enter") == "42"
    assert pad.key("enter") is None
    pad.key("1")
    pad.key("clear")
    assert pad.view(lock(), 0, NOW).pin_length == 0
    for _ in range(MAX_DIGITS + 1):
        pad.key("7")
    assert pad.view(lock(), 0, NOW).pin_length == MAX_DIGITS


def test_the_pad_says_what_is_left_and_until_when() -> None:
    pad = PinPad(was_wrong=True)
    view = pad.view(lock(0), 0, NOW)
    assert (view.field, view.error, view.tries_left, view.max_tries) == (
        "pin", "wrong-sign-in", 2, 3,
    )  # fmt: skip
    view = pad.view(lock(0, 0, 0), 0, NOW)
    assert (view.error, view.tries_left, view.unlock_at) == ("locked", 0, NOW + 900)
    pad.key("1")
    assert pad.view(lock(0), 0, NOW).error is None
    assert WrongPins() == WrongPins(count=0)
