"""The sign-in pad, key by key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.sign_in import ANSWER_TIMEOUT_S, MAX_DIGITS, SignInPad
from kiosk.view import SignInView
from signalling.messages import Refused, SignIn

KEYS = {"e": "enter", "d": "delete", "c": "clear"}


def typed(pad: SignInPad, keys: str, now: float = 0.0) -> list[SignIn]:
    """Type digits; "e" is enter, "d" delete, "c" clear. Return what is to be sent."""
    asked = [pad.key(KEYS.get(key, key), now) for key in keys]
    return [each for each in asked if each is not None]


def refused(code: str = "wrong-sign-in", **facts: str | float | None) -> Refused:
    return Refused(about="sign-in", code=code, facts=facts)


def asking(keys: str = "12e34e", now: float = 0.0) -> SignInPad:
    """Return a pad that waits for the hub's answer."""
    pad = SignInPad()
    assert len(typed(pad, keys, now)) == 1
    return pad


# -- typing -----------------------------------------------------------------------------------


def test_it_begins_with_the_number() -> None:
    assert SignInPad().view() == SignInView()


def test_number_and_pin_make_one_sign_in() -> None:
    pad = SignInPad()
    assert typed(pad, "482e12") == []
    assert pad.view() == SignInView(number="482", pin_length=2, field="pin")
    assert typed(pad, "e", now=5.0) == [SignIn(inmate_number="482", pin="12")]
    assert (pad.busy_since, pad.view().busy) == (5.0, True)


@pytest.mark.parametrize(
    ("keys", "number", "pin_length", "field"),
    [
        ("e", "", 0, "number"),
        ("d", "", 0, "number"),
        ("12d", "1", 0, "number"),
        ("12c", "", 0, "number"),
        ("12ee", "12", 0, "pin"),
        ("12e34d", "12", 1, "pin"),
        ("12e34c", "12", 0, "pin"),
        ("12ed", "12", 0, "number"),
        ("12e3dd", "12", 0, "number"),
        ("12edd", "1", 0, "number"),
        ("12ec", "12", 0, "pin"),
        ("12e34dded5e6", "125", 1, "pin"),
    ],
)
def test_what_the_keys_do(keys: str, number: str, pin_length: int, field: str) -> None:
    pad = SignInPad()
    assert typed(pad, keys) == []
    assert pad.view() == SignInView(number=number, pin_length=pin_length, field=field)


@pytest.mark.parametrize("key", ["", "12", "x", "²", "٣", "Enter", " "])
def test_what_is_no_key_types_nothing(key: str) -> None:
    pad = SignInPad()
    assert pad.key(key, 0.0) is None
    assert pad.view() == SignInView()


def test_number_and_pin_have_at_most_as_many_digits_as_the_wire_takes() -> None:
    pad = SignInPad()
    typed(pad, "1" * MAX_DIGITS + "9" + "e" + "2" * MAX_DIGITS + "9")
    assert typed(pad, "e") == [SignIn(inmate_number="1" * MAX_DIGITS, pin="2" * MAX_DIGITS)]


# -- a known number ---------------------------------------------------------------------------


def test_of_a_known_number_only_the_pin_is_asked() -> None:
    pad = SignInPad.for_pin("482")
    assert pad.view() == SignInView(number="482", field="pin")
    typed(pad, "1ddd")
    assert pad.view() == SignInView(number="482", field="pin")
    assert typed(pad, "7e") == [SignIn(inmate_number="482", pin="7")]


def test_without_a_known_number_both_are_asked() -> None:
    assert SignInPad.for_pin("") == SignInPad()


# -- the PIN is a secret ----------------------------------------------------------------------


def test_the_pin_is_shown_to_nobody_and_forgotten_once_sent() -> None:
    pad = SignInPad()
    typed(pad, "48e7391")
    assert "7391" not in f"{pad!r}{pad.view()!r}"
    (sent,) = typed(pad, "e")
    assert sent.pin == "7391"
    assert pad.view().pin_length == 0
    pad.refused(refused())
    assert typed(pad, "e") == [], "there is nothing left that could be sent again"


# -- answers ----------------------------------------------------------------------------------


def test_while_it_waits_no_key_counts() -> None:
    pad = asking()
    before = pad.view()
    assert typed(pad, "1dce") == []
    assert pad.view() == before


@pytest.mark.parametrize(
    ("facts", "tries_left", "unlock_at", "other_terminal"),
    [
        ({}, None, None, None),
        ({"tries_left": 2}, 2, None, None),
        ({"tries_left": 0}, 0, None, None),
        ({"unlock_at": 99}, None, 99.0, None),
        ({"unlock_at": 99.5}, None, 99.5, None),
        ({"terminal": "3"}, None, None, "3"),
        ({"tries_left": "2", "unlock_at": "99", "terminal": 3}, None, None, None),
        ({"tries_left": 1.5, "unlock_at": None, "terminal": None}, None, None, None),
    ],
)
def test_a_refusal_is_shown_with_the_facts_that_have_their_type(
    facts: dict[str, str | float | None],
    tries_left: int | None,
    unlock_at: float | None,
    other_terminal: str | None,
) -> None:
    pad = asking()
    pad.refused(refused("locked", **facts))
    assert pad.view() == SignInView(
        number="12",
        field="pin",
        error="locked",
        tries_left=tries_left,
        unlock_at=unlock_at,
        other_terminal=other_terminal,
    )


@pytest.mark.parametrize("key", ["5", "d", "c"])
def test_the_next_key_takes_the_whole_error_away(key: str) -> None:
    pad = asking()
    pad.refused(refused(tries_left=2, unlock_at=9.0, terminal="3"))
    typed(pad, key)
    view = pad.view()
    assert (view.error, view.tries_left, view.unlock_at, view.other_terminal) == (None,) * 4


def test_an_enter_that_sends_nothing_leaves_the_error() -> None:
    pad = asking()
    pad.refused(refused(tries_left=2))
    assert typed(pad, "e") == []
    assert (pad.error, pad.tries_left) == ("wrong-sign-in", 2)


def test_a_second_refusal_keeps_nothing_of_the_first() -> None:
    pad = asking()
    pad.refused(refused(tries_left=1))
    typed(pad, "5e")
    assert pad.view().error is None
    pad.refused(refused("locked", unlock_at=9.0))
    view = pad.view()
    assert (view.error, view.tries_left, view.unlock_at) == ("locked", None, 9.0)


@pytest.mark.parametrize(
    ("waited_s", "busy", "error"),
    [(ANSWER_TIMEOUT_S - 0.001, True, None), (ANSWER_TIMEOUT_S, False, "no-answer")],
)
def test_it_waits_10_s_for_an_answer(waited_s: float, busy: bool, error: str | None) -> None:
    pad = asking(now=50.0)
    pad.tick(50.0 + waited_s)
    assert (pad.view().busy, pad.error) == (busy, error)


def test_time_says_nothing_while_nothing_is_asked() -> None:
    pad = SignInPad()
    pad.tick(1e9)
    assert pad.error is None


def test_a_lost_link_fails_what_is_asked_and_nothing_else() -> None:
    idle, waiting, answered = SignInPad(), asking(), asking()
    answered.refused(refused())
    for pad in (idle, waiting, answered):
        pad.failed("not-connected")
    assert (idle.error, waiting.error, answered.error) == (None, "not-connected", "wrong-sign-in")
    assert not waiting.view().busy
    assert len(typed(waiting, "5e")) == 1


@given(keys=st.lists(st.sampled_from([*"0123456789", "enter", "delete", "clear"]), max_size=60))
def test_whatever_is_typed_the_wire_takes_what_is_sent(keys: list[str]) -> None:
    pad = SignInPad()
    for key in keys:
        shown = pad.view()
        sent = pad.key(key, 0.0)
        assert (sent is not None) is (
            key == "enter" and shown.field == "pin" and shown.pin_length > 0
        )
        if sent is not None:
            assert sent.inmate_number == shown.number
            assert len(sent.pin) == shown.pin_length
            assert 1 <= len(sent.inmate_number) <= MAX_DIGITS
            assert 1 <= len(sent.pin) <= MAX_DIGITS
            assert (sent.inmate_number + sent.pin).isdecimal()
            pad.refused(refused())
