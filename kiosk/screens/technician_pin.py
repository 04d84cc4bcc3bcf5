"""The technician's PIN, and the way to it: where the terminal says who it is, held. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.screens import sign_in, theme
from kiosk.screens.header import header
from kiosk.screens.items import Button, Look
from kiosk.screens.layout import BACK, PIN_FIELD, Box
from kiosk.screens.pen import Pen
from kiosk.view import AskTechnician, Back, Touch, View
from kiosk.words import Words

HOLD_S: Final = 3.0
"""Long enough that nobody who starts a visit does it by chance."""


def held_for_technician(box: Box) -> Button:
    """Return what asks for the PIN when it is held; pressed shortly it is like all beside it."""
    return Button(box, Touch(), look=Look.HIDDEN, on_hold=AskTechnician(), hold_s=HOLD_S)


def draw(pen: Pen, view: View, words: Words) -> None:
    """Draw the PIN pad."""
    header(pen, view, words, button="language")
    pen.icon("wrench", 56, 124, 56, theme.INK)
    title = words("Technician")
    pen.text(132, 167, title, theme.HEADING, theme.INK, bold=True, width=564)
    pen.text(56, 262, words("Type your PIN"), theme.LEAD, theme.INK, width=620)
    sign_in.label(pen, 382, "lock", words("PIN"))
    sign_in.field(pen, PIN_FIELD, True)
    sign_in.pin(pen, view.sign_in, True)
    sign_in.message(pen, view, words)
    pen.button(Button(BACK, Back(), words("Back"), "arrow-left", Look.PLAIN, 26))
    sign_in.keys(pen, view.sign_in, words)
