"""The codes that a hook switch shows itself by on an input device. Pure.

Source: <linux/input-event-codes.h>. Those that keypads, encoders, headset jacks and gpio-keys use
for a switch; any other key can be given by its number.
"""

from __future__ import annotations

from typing import Final

EV_KEY: Final = 1
EV_SW: Final = 5

KEYS: Final = {
    "KEY_ESC": 1,
    "KEY_ENTER": 28,
    "KEY_SPACE": 57,
    "KEY_MUTE": 113,
    "KEY_POWER": 116,
    "KEY_PROG1": 148,
    "KEY_PROG2": 149,
    "KEY_PLAYPAUSE": 164,
    "KEY_PHONE": 169,
    **{f"KEY_F{number}": 170 + number for number in range(13, 25)},
    "KEY_PROG3": 202,
    "KEY_PROG4": 203,
    "KEY_MEDIA": 226,
    "KEY_MICMUTE": 248,
    **{f"BTN_{number}": 0x100 + number for number in range(10)},
    "BTN_TRIGGER": 0x120,
    "KEY_PICKUP_PHONE": 0x1BD,
    "KEY_HANGUP_PHONE": 0x1BE,
    "KEY_VOICECOMMAND": 0x246,
    **{f"BTN_TRIGGER_HAPPY{number}": 0x2BF + number for number in range(1, 11)},
}
SWITCHES: Final = {
    "SW_LID": 0,
    "SW_TABLET_MODE": 1,
    "SW_HEADPHONE_INSERT": 2,
    "SW_MICROPHONE_INSERT": 4,
    "SW_DOCK": 5,
    "SW_LINEOUT_INSERT": 6,
    "SW_JACK_PHYSICAL_INSERT": 7,
    "SW_CAMERA_LENS_COVER": 9,
    "SW_KEYPAD_SLIDE": 10,
    "SW_FRONT_PROXIMITY": 11,
    "SW_LINEIN_INSERT": 13,
    "SW_MUTE_DEVICE": 14,
    "SW_PEN_INSERTED": 15,
    "SW_MACHINE_COVER": 16,
}
KEY_MAX: Final = 0x2FF


def input_code(text: str) -> tuple[int, int] | None:
    """Return event type and code of a name ("SW_DOCK") or a key's number ("169"); None: neither."""
    if text in KEYS:
        return EV_KEY, KEYS[text]
    if text in SWITCHES:
        return EV_SW, SWITCHES[text]
    if text.isascii() and text.isdecimal() and int(text) <= KEY_MAX:
        return EV_KEY, int(text)
    return None


def input_code_name(event_type: int, code: int) -> str:
    """Return what terminal.toml calls a code."""
    table = SWITCHES if event_type == EV_SW else KEYS
    return next((name for name, number in table.items() if number == code), str(code))
