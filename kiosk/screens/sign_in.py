"""k2: inmate number, then PIN. The number is shown, the PIN only as circles. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.screens import theme
from kiosk.screens.header import header
from kiosk.screens.items import Button, Look
from kiosk.screens.layout import BACK, KEYPAD, NEXT, NUMBER_FIELD, PIN_FIELD, Box
from kiosk.screens.notes import SUN_EDGE
from kiosk.screens.pen import Pen, middle
from kiosk.view import Back, Key, ScreenName, SignInView, View
from kiosk.words import Words

KEY_SIZE: Final = 56
DIGIT_SIZE: Final = 52
CIRCLE: Final = 30
ERROR: Final = Box(56, 528, 620, 99)


def draw(pen: Pen, view: View, words: Words) -> None:
    """Draw the sign-in screen."""
    header(pen, view, words, button="language")
    state = view.sign_in
    at_pin = state.field == "pin"
    title = words("Type your PIN") if at_pin else words("Type your inmate number")
    pen.text(56, 167, title, theme.HEADING, theme.INK, bold=True, width=640)
    label(pen, 218, "person", words("Inmate number"))
    field(pen, NUMBER_FIELD, not at_pin)
    _number(pen, state, not at_pin)
    label(pen, 382, "lock", words("PIN"))
    field(pen, PIN_FIELD, at_pin)
    pin(pen, state, at_pin)
    message(pen, view, words)
    pen.button(Button(BACK, Back(), words("Back"), "arrow-left", Look.PLAIN, 26))
    pen.icon("help", 241, 696, 40, theme.STONE)
    pen.text(295, 709, words("No number or PIN?"), 24, theme.STONE, width=400)
    pen.text(295, 739, words("Ask an officer."), 24, theme.STONE, width=400)
    keys(pen, state, words)


def label(pen: Pen, y: float, icon: str, text: str) -> None:
    """What a field wants."""
    pen.icon(icon, 58, y - 17, 34, theme.INK)
    pen.text(104, middle(y, 27), text, 27, theme.INK, bold=True)


def field(pen: Pen, box: Box, active: bool) -> None:
    """A field's ground."""
    if active:
        pen.fill(box, theme.CARD, theme.BUTTON_RADIUS, theme.INK, 5)
    else:
        pen.fill(box, theme.PAPER, theme.BUTTON_RADIUS, theme.EDGE, 3)


def _number(pen: Pen, state: SignInView, active: bool) -> None:
    """Digits in pairs, as they are easiest to compare with a card."""
    x, y = NUMBER_FIELD.x + 30, NUMBER_FIELD.centre[1]
    pairs = [state.number[at : at + 2] for at in range(0, len(state.number), 2)]
    across = len(state.number) * theme.DIGIT_CELL + max(0, len(pairs) - 1) * 0.44
    size = min(DIGIT_SIZE, (NUMBER_FIELD.w - 70) / across) if across else DIGIT_SIZE
    for number, pair in enumerate(pairs):
        x += 0.44 * size if number else 0
        x = pen.digits(x, middle(y, size), pair, size)
    if active:
        _caret(pen, x + 4, y)


def pin(pen: Pen, state: SignInView, active: bool) -> None:
    """The PIN, a disc for each digit."""
    y = PIN_FIELD.centre[1]
    # Only what was typed: empty circles would promise a length, and PINs differ in theirs.
    step = min(52.0, (PIN_FIELD.w - 70) / max(1, state.pin_length))
    for number in range(state.pin_length):
        pen.disc(PIN_FIELD.x + 46 + step * number, y, CIRCLE, theme.INK)
    if active:
        _caret(pen, PIN_FIELD.x + 46 + step * state.pin_length - step / 2, y)


def _caret(pen: Pen, x: float, y: float) -> None:
    pen.fill(Box(x, y - 26, 3, 52), theme.INK)


def keys(pen: Pen, state: SignInView, words: Words) -> None:
    """The keys; none can be pressed while nothing may be typed."""
    enabled = not state.busy and state.error != "locked"
    for key, box in KEYPAD.items():
        if key == "delete":
            delete = Button(box, Key(key), icon="backspace", look=Look.KEY, size=44,
                            enabled=enabled, on_hold=Key("clear"))  # fmt: skip
            pen.button(delete)
        else:
            pen.button(Button(box, Key(key), key, look=Look.KEY, size=KEY_SIZE, enabled=enabled))
    label = words("Sign in") if state.field == "pin" else words("Next")
    pen.button(
        Button(NEXT, Key("enter"), label, "arrow-right", Look.MAIN, 24, stacked=True,
               enabled=enabled)
    )  # fmt: skip


def message(pen: Pen, view: View, words: Words) -> None:
    """What became of the last try."""
    state = view.sign_in
    if state.busy:
        pen.text(56, 575, words("One moment"), theme.BODY, theme.STONE)
        return
    if state.error is None:
        return
    pen.fill(ERROR, theme.SUNPALE, theme.BUTTON_RADIUS)
    pen.fill(Box(ERROR.x, ERROR.y, 2 * SUN_EDGE, ERROR.h), theme.SUN, theme.BUTTON_RADIUS)
    pen.fill(Box(ERROR.x + SUN_EDGE, ERROR.y, SUN_EDGE, ERROR.h), theme.SUNPALE)
    pen.icon("warning", 94, 551, 52, theme.INK)
    title, text = _said(view, words)
    pen.text(168, 567, title, 26, theme.INK, bold=True, width=490)
    if state.error == "wrong-sign-in" and state.tries_left is not None:
        text_left = _tries(pen, state.tries_left, max(state.max_tries, state.tries_left))
        pen.text(text_left, 605, text, 26, theme.INK, width=660 - text_left)
    else:
        pen.text(168, 605, text, 26, theme.INK, width=490)


def _tries(pen: Pen, left: int, most: int) -> float:
    """A disc per try, filled while it is left; return where text may follow."""
    for number in range(most):
        x = 181 + 34 * number
        pen.disc(
            x, 597, 26, theme.INK if number < left else theme.SUNPALE, border=theme.INK, width=4
        )
    return 168 + 34 * most + 6


def _said(view: View, words: Words) -> tuple[str, str]:
    state = view.sign_in
    match state.error:
        case "wrong-sign-in":
            left = state.tries_left
            tries = words.count("{n} try left", "{n} tries left", left) if left is not None else ""
            return words("That did not match. Try again."), tries
        case "locked" if view.screen is ScreenName.TECHNICIAN_PIN:
            at = state.unlock_at
            return words("Locked until {time}.", time=words.time(at or view.now)), ""
        case "locked":
            at = state.unlock_at
            opens = words("Locked until {time}.", time=words.time(at)) if at is not None else ""
            return words("Ask an officer."), opens
        case "signed-in-elsewhere":
            other = state.other_terminal or ""
            here = words("You are signed in at terminal {label}.", label=other)
            return here, words("Go there, or sign out there.")
        case "lockdown":
            return words("No visits now"), words("Reason: {reason}", reason=state.reason)
        case "timed-out":
            again = words("You were away. Start again.")
            return again, words("Type your inmate number first.")
        case "not-connected":
            return words("Not connected"), words("Wait a moment and try again.")
        case _:
            return words("That did not work."), words("Wait a moment and try again.")
