"""k1: nobody is here. Time and place, the languages, and how to start. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.screens import theme
from kiosk.screens.header import gate_sign
from kiosk.screens.items import Button, Look
from kiosk.screens.layout import GATE, IDLE_TOUCH, LANGUAGES
from kiosk.screens.pen import Pen, middle
from kiosk.screens.technician_pin import held_for_technician
from kiosk.view import ChooseLanguage, View
from kiosk.words import OWN_NAMES, Words

LEFT: Final = 56
RIGHT: Final = 756
PANEL_LEFT: Final = 848
PANEL_WIDTH: Final = 392


def draw(pen: Pen, view: View, words: Words) -> None:
    """Draw the idle screen."""
    pen.button(held_for_technician(GATE))  # there too where no hub has said the number yet
    if view.label:
        _place(pen, view, words)
        _time(pen, view, words)
    else:
        # No hub has said yet which terminal this is, nor what time it is here.
        pen.icon("no-wifi", LEFT, 220, 160, theme.STONE)
        pen.text(LEFT, 460, words("Not connected"), theme.TITLE, theme.INK, bold=True)
        pen.text(LEFT, 520, words("One moment"), theme.LEAD, theme.STONE)
    for box, language in zip(LANGUAGES, view.languages, strict=False):
        look = Look.MAIN if language == view.language else Look.PLAIN
        pen.button(Button(box, ChooseLanguage(language), OWN_NAMES[language], look=look))
    _panel(pen, view, words)


def _place(pen: Pen, view: View, words: Words) -> None:
    gate_sign(pen, GATE, view.label, theme.SUN, theme.INK)
    room = RIGHT - 184
    pen.text(184, 94, view.facility.name, theme.LEAD, theme.INK, bold=True, width=room)
    where = words("Terminal {label}, Unit {unit}", label=view.label, unit=view.unit)
    pen.text(184, 133, where, 30, theme.STONE, width=room)


def _time(pen: Pen, view: View, words: Words) -> None:
    digits, half = words.clock(view.now)
    end = pen.digits(LEFT, 388, digits, theme.CLOCK)
    if half:
        across = pen.measure(half, theme.LEAD, True)
        pen.text(min(end + 8, RIGHT - across), 216, half, theme.LEAD, theme.INK, bold=True)
    pen.text(LEFT, 491, words.date(view.now), 52, theme.INK, bold=True, width=RIGHT - LEFT)
    pen.text(LEFT, 537, words.zone(view.now), theme.BODY, theme.STONE, width=RIGHT - LEFT)
    if view.next_start_at is not None:
        pen.icon("calendar", LEFT, 584, 38, theme.STONE)
        at = words.time(view.next_start_at)
        before = pen.text(108, 613, words("Next visit here at"), 30, theme.STONE)
        pen.text(before + 14, 613, at, 30, theme.INK, bold=True)


def _panel(pen: Pen, view: View, words: Words) -> None:
    pen.fill(IDLE_TOUCH, theme.PINE, bleed="trb")
    pen.icon("wall-phone-lift", 896, 72, 288, theme.PAPER)
    start = words("Lift the handset or touch to start")
    last = pen.paragraph(
        PANEL_LEFT, 454, start, 50, PANEL_WIDTH, colour=theme.WHITE, bold=True, lines=3
    )
    y = max(638.0, last + 72)
    for language in (each for each in view.languages if each != view.language):
        other = Words(language, view.facility)("Lift the handset or touch to start")
        pen.paragraph(
            PANEL_LEFT, y, other, 30, PANEL_WIDTH, colour=theme.MIST, leading=theme.TEXT_LEADING
        )
        break  # one other language has room; the buttons name them all
    text, dot = (
        (words("This terminal works"), theme.MIST)
        if view.connected
        else (words("Not connected"), theme.SUN)
    )
    pen.disc(PANEL_LEFT + 9, 738, 18, dot)
    bold = not view.connected
    colour = theme.MIST if view.connected else theme.WHITE
    pen.text(880, middle(738, theme.SMALL), text, theme.SMALL, colour, bold=bold, width=360)
