"""What an input device is good for, from its keys, its switches and, as a help, its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.capabilities import KEY_PHONE, bits, is_hook, is_keypad, is_socket, speaks_of_hook
from tests.hardware.trees import CONSUMER_PAGE, DIGITS, KEYBOARD, KEYPAD, LETTERS, words

NUMERIC = frozenset(range(0x200, 0x20C))
NONE: frozenset[int] = frozenset()


@given(st.frozensets(st.integers(0, 0x2FF)))
def test_bits_are_those_that_are_set(numbers: frozenset[int]) -> None:
    assert bits(words(numbers)) == numbers


def test_words_come_with_the_highest_first() -> None:
    assert bits("") == bits("0") == NONE
    assert bits("10000000000000 0") == {116}  # a power button, on a machine of 64 bits


@pytest.mark.parametrize(
    ("keys", "name", "expected"),
    [
        (DIGITS, "", True),
        (KEYPAD, "", True),
        (NUMERIC, "", True),
        (DIGITS | set(range(30, 34)), "A to D", True),
        (KEYPAD - {82}, "no zero", False),
        (KEYBOARD, "AT Translated Set 2 keyboard", False),
        (DIGITS | LETTERS, "", False),
        (KEYBOARD, "USB Numeric Keypad", True),
        (KEYBOARD, "PinPad", True),
        (LETTERS, "Keypad", False),
        (NONE, "Keypad", False),
    ],
)
def test_keypads(keys: frozenset[int], name: str, expected: bool) -> None:
    assert is_keypad(keys, name) is expected


@pytest.mark.parametrize(
    ("keys", "switches", "name", "expected"),
    [
        ({KEY_PHONE}, NONE, "", True),
        ({0x1BD}, NONE, "", True),
        (NONE, {2}, "", True),
        (NONE, {4}, "", True),
        (NONE, {0, 5}, "Lid and dock", False),
        (NONE, NONE, "Hook", False),
        (CONSUMER_PAGE, NONE, "Keyboard Consumer Control", False),
        (CONSUMER_PAGE, NONE, "Acme Handset Consumer Control", True),
    ],
)
def test_hooks(keys: set[int], switches: set[int], name: str, expected: bool) -> None:
    assert is_hook(frozenset(keys), frozenset(switches), name) is expected


@pytest.mark.parametrize(
    "name", ["Hook Switch", "cradle", "Acme HANDSET", "USB Phone", "telephone"]
)
def test_names_that_speak_of_a_hook(name: str) -> None:
    assert speaks_of_hook(name)
    assert not is_socket(NONE, name)


@pytest.mark.parametrize(
    "name", ["HDA Intel PCH Headphone", "sof-hda-dsp Headphone Mic", "Microphone", "Headphones"]
)
def test_sockets_do_not(name: str) -> None:
    assert not speaks_of_hook(name)
    assert is_socket(NONE, name)
    assert not is_socket(frozenset({KEY_PHONE}), name)
