"""What an input device is good for, from the bits of its keys and switches. Pure.

Numbers from linux/input-event-codes.h, which the kernel keeps for ever.
"""

from __future__ import annotations

import re
import struct
from typing import Final

WORD_BITS: Final = 8 * struct.calcsize("@L")
"""sysfs shows bit fields in words of the reading program's own length (drivers/input/input.c)."""

KEY_PHONE: Final = 169
HOOK_KEYS: Final = frozenset({KEY_PHONE, 0x1BD, 0x1BE})
"""KEY_PHONE, KEY_PICKUP_PHONE, KEY_HANGUP_PHONE."""
HOOK_SWITCHES: Final = frozenset({2, 4, 7})
"""SW_HEADPHONE_INSERT, SW_MICROPHONE_INSERT, SW_JACK_PHYSICAL_INSERT."""

DIGIT_ROWS: Final = (
    frozenset(range(2, 12)),
    frozenset({71, 72, 73, 75, 76, 77, 79, 80, 81, 82}),
    frozenset(range(0x200, 0x20A)),
)
"""KEY_1 to KEY_0, KEY_KP0 to KEY_KP9, KEY_NUMERIC_0 to KEY_NUMERIC_9."""
LETTERS: Final = frozenset({*range(16, 26), *range(30, 39), *range(44, 51)})
LETTERS_OF_A_KEYBOARD: Final = 20
"""A telephone's keypad may have A to D, and a phone's words some letters."""
KEYS_OF_A_REMOTE: Final = 40
"""A device with so many keys claims the whole consumer page, "Telephone" (0x8C) among them."""

_HOOK_NAME: Final = re.compile(r"hook|handset|cradle|(?<!head)(?<!micro)phone(?!s)", re.IGNORECASE)
_KEYPAD_NAME: Final = re.compile(r"key ?pad|num(eric|ber)? ?pad|pin ?pad|handset", re.IGNORECASE)


def bits(words: str) -> frozenset[int]:
    """Return the numbers of the bits that are set in an attribute such as "20000 0 0 10"."""
    value = 0
    for word in words.split():
        value = value << WORD_BITS | int(word, 16)
    return frozenset(number for number in range(value.bit_length()) if value >> number & 1)


def is_keyboard(keys: frozenset[int]) -> bool:
    """Return whether one can write words with it."""
    return len(keys & LETTERS) >= LETTERS_OF_A_KEYBOARD


def is_keypad(keys: frozenset[int], name: str) -> bool:
    """Return whether it has all digits and is no full keyboard.

    Many keypads claim all keys of a keyboard: those are known by their names only.
    """
    has_digits = any(row <= keys for row in DIGIT_ROWS)
    return has_digits and (not is_keyboard(keys) or bool(_KEYPAD_NAME.search(name)))


def is_hook(keys: frozenset[int], switches: frozenset[int], name: str) -> bool:
    """Return whether a key or switch of it could be a handset's cradle.

    The "Telephone" key of a keyboard or remote control is none.
    """
    has_key = bool(keys & HOOK_KEYS) and (len(keys) < KEYS_OF_A_REMOTE or speaks_of_hook(name))
    return has_key or bool(switches & HOOK_SWITCHES)


def is_socket(keys: frozenset[int], name: str) -> bool:
    """Return whether a hook (`is_hook`) looks like a computer's own socket for headsets."""
    return not keys & HOOK_KEYS and not speaks_of_hook(name)


def speaks_of_hook(name: str) -> bool:
    """Return whether a device's name says that it has a hook."""
    return bool(_HOOK_NAME.search(name))
