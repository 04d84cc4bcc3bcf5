"""The sheet at the bottom that asks once more; faces above it stay visible. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.screens import theme
from kiosk.screens.items import Button, Look
from kiosk.screens.layout import SHEET, SHEET_CONFIRM, SHEET_DISMISS, Box
from kiosk.screens.pen import Pen, middle
from kiosk.screens.people import names
from kiosk.screens.time_left import time_left
from kiosk.view import Confirm, Dismiss, ScreenName, Sheet, View
from kiosk.words import Words

TOP: Final = 12
TEXT: Final = 28
NOBODY_SIGNED_IN: Final = frozenset(
    {ScreenName.SIGN_IN, ScreenName.TECHNICIAN_PIN, ScreenName.TECHNICIAN}
)
COUNT: Final = Box(40, 548, 112, 112)


def sheet(pen: Pen, view: View, words: Words) -> None:
    """Draw the view's sheet. Everything pressable beneath it is out of reach."""
    asked = view.sheet
    assert asked is not None
    pen.fill(SHEET, theme.PAPER, bleed="lrb")
    pen.fill(Box(SHEET.x, SHEET.y, SHEET.w, TOP), theme.SUN, bleed="lr")
    match asked.kind:
        case "confirm-end":
            _confirm_end(pen, view, asked, words)
        case "confirm-sign-out":
            _confirm_sign_out(pen, words)
        case "confirm-restart":
            _confirm_restart(pen, words)
        case "still-there":
            _still_there(pen, view, asked, words)
        case _:
            raise ValueError(f"no such sheet: {asked.kind}")


def _words(pen: Pen, title: str, text: str, x: float = 40, right: float = 1240) -> None:
    pen.text(x, 603, title, theme.HEADING, theme.INK, bold=True, width=right - x)
    pen.text(x, 649, text, TEXT, theme.STONE, width=1240 - x)


def _confirm_end(pen: Pen, view: View, asked: Sheet, words: Words) -> None:
    assert view.visit is not None
    left = time_left(view.visit, view.now, words)
    across = pen.text(1240, 599, left, theme.LEAD, theme.INK, bold=True, align="right")
    room = across - pen.measure(left, theme.LEAD, True) - 32
    text = words(
        "You cannot start it again. If you do nothing, the visit goes on ({n} s).", n=asked.seconds
    )
    name = names(view.visit, words)
    _words(pen, words("End your visit with {name}?", name=name), text, right=room)
    end, stay = words("End visit"), words("Go on with the visit")
    pen.button(Button(SHEET_CONFIRM, Confirm(), end, "x", Look.RED))
    pen.button(Button(SHEET_DISMISS, Dismiss(), stay, "camera", Look.MAIN))


def _confirm_sign_out(pen: Pen, words: Words) -> None:
    text = words("Your visit waits. Sign in again before it ends.")
    _words(pen, words("Sign out now?"), text)
    out, stay = words("Sign out"), words("Stay here")
    pen.button(Button(SHEET_CONFIRM, Confirm(), out, "sign-out", Look.PLAIN))
    pen.button(Button(SHEET_DISMISS, Dismiss(), stay, "hand", Look.MAIN))


def _confirm_restart(pen: Pen, words: Words) -> None:
    text = words("It starts again by itself if the system is set up so.")
    _words(pen, words("Restart this terminal?"), text)
    pen.button(Button(SHEET_CONFIRM, Confirm(), words("Restart"), "restart", Look.PLAIN))
    pen.button(Button(SHEET_DISMISS, Dismiss(), words("Stay here"), "hand", Look.MAIN))


def _still_there(pen: Pen, view: View, asked: Sheet, words: Words) -> None:
    pen.fill(COUNT, theme.SUN, theme.SMALL_RADIUS)
    x, y = COUNT.centre
    pen.digits(x, middle(y, 72), str(asked.seconds), 72, theme.INK, align="centre")
    n = asked.seconds
    if view.screen in NOBODY_SIGNED_IN:
        text = words.count("This closes in {n} second.", "This closes in {n} seconds.", n)
        out, icon = words("Back"), "arrow-left"
    else:
        text = words.count("We sign you out in {n} second.", "We sign you out in {n} seconds.", n)
        out, icon = words("Sign out"), "sign-out"
    _words(pen, words("Still there?"), text, x=188)
    stay = words("Yes, I am here")
    pen.button(Button(SHEET_CONFIRM, Confirm(), out, icon, Look.PLAIN))
    pen.button(Button(SHEET_DISMISS, Dismiss(), stay, "hand", Look.MAIN))
