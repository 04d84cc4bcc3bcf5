"""k6: the visit is held. Whose link broke, what we do, what becomes of the time. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.screens import held_words, theme
from kiosk.screens.header import header, sun_strip
from kiosk.screens.items import Button, Look
from kiosk.screens.layout import HELD_END_VISIT, Box
from kiosk.screens.notes import note
from kiosk.screens.pen import Pen
from kiosk.screens.people import names
from kiosk.screens.time_left import countdown, left_s
from kiosk.view import AskEnd, View
from kiosk.words import Words
from signalling.visit_events import Cause, Side
from signalling.wire import BreakView

TIME: Final = Box(824, 376, 400, 248)
NOTE: Final = Box(56, 664, 896, 96)
PLACES: Final = (226.0, 640.0, 1054.0)
"""Middles of You, Our network and the visitor."""
ACROSS: Final = 136
PATH_Y: Final = 200
DASH: Final = 18
DASH_GAP: Final = 14


def draw(pen: Pen, view: View, words: Words) -> None:
    """Draw the hold."""
    visit = view.visit
    assert visit is not None
    header(pen, view, words)
    sun_strip(pen)
    why = visit.breaks[0] if visit.breaks else None
    if visit.paused:
        _stopped(pen)
    elif why is not None and why.cause is Cause.HANDSET:
        _handset(pen)
    else:
        _path(pen, why, names(visit, words), words)
    if view.ending:
        _ending(pen, view, words)
        return
    said = held_words.said(view, words)
    pen.text(56, 428, said.title, theme.TITLE, theme.INK, bold=True, width=744)
    y = 496.0
    if said.reason:
        y = pen.paragraph(56, y, said.reason, theme.LEAD, 744, bold=True)
    else:
        pen.text(56, y, said.first, theme.LEAD, theme.INK, bold=said.first_bold, width=744)
    pen.text(56, y + 47, said.second, theme.LEAD, theme.INK, width=744)
    if view.sign_out_in_s is not None:
        out = words("You sign out in {n} s", n=view.sign_out_in_s)
        pen.text(56, y + 104, out, theme.BODY, theme.STONE, bold=True, width=744)
    _time(pen, view, said.time, said.given_back)
    note(pen, NOTE, "pending", said.note, said.note_text)
    pen.button(Button(HELD_END_VISIT, AskEnd(), words("End visit"), "x", Look.RED_PLAIN))


def _ending(pen: Pen, view: View, words: Words) -> None:
    """The red X was confirmed: no time is kept, and nothing is left to press."""
    pen.text(56, 428, words("Ending your visit"), theme.TITLE, theme.INK, bold=True, width=1168)
    pen.text(56, 496, held_words.ending(view, words), theme.LEAD, theme.INK, width=1168)


def _time(pen: Pen, view: View, title: str, kept: bool) -> None:
    assert view.visit is not None
    pen.fill(TIME, theme.CARD, theme.CARD_RADIUS, theme.INK, 4)
    pen.icon("pause" if kept else "clock", 862, 406, 40, theme.INK)
    pen.text(918, 436, title, 27, theme.INK, bold=True, width=290)
    left = countdown(left_s(view.visit, view.now))
    cells = sum(theme.COLON_CELL if each == ":" else theme.DIGIT_CELL for each in left)
    size = min(theme.COUNTDOWN, (TIME.w - 48) / cells)
    pen.digits(TIME.centre[0], 558, left, size, align="centre")


def _handset(pen: Pen) -> None:
    """Hung up, arrow, lifted: what is and what to do."""
    pen.icon("wall-phone-on-hook", 320, 142, 180, theme.PINE)
    pen.icon("arrow-right", 572, 202, 78, theme.PINE)
    pen.fill(Box(735, 132, 248, 217), theme.SUN, theme.CARD_RADIUS)
    pen.icon("wall-phone-lift", 763, 144, 192, theme.INK)


def _stopped(pen: Pen) -> None:
    """An officer's hand."""
    pen.fill(Box(516, 132, 248, 217), theme.SUN, theme.CARD_RADIUS)
    pen.icon("hand", 556, 152, 168, theme.INK)


def _path(pen: Pen, why: BreakView | None, name: str, words: Words) -> None:
    """The way from here to the visitor, broken where it is."""
    broken = _broken(why)
    icons = ("person", "antenna", "home")
    for number, (x, icon) in enumerate(zip(PLACES, icons, strict=True)):
        if number < broken:
            pen.disc(x, PATH_Y, ACROSS, theme.PINE)
            colour = theme.WHITE
        elif number == broken:
            pen.disc(x, PATH_Y, ACROSS, theme.SUN, border=theme.INK, width=6)
            colour = theme.INK
        else:
            pen.disc(x, PATH_Y, ACROSS, theme.CARD, border=theme.EDGE, width=6)
            colour = theme.STONE
        pen.icon(icon, x - 36, PATH_Y - 36, 72, colour)
    labels = (words("You"), words("Our network"), name)
    for x, label in zip(PLACES, labels, strict=True):
        pen.text(x, 309, label, 27, theme.INK, bold=True, align="centre", width=380)
    for number in (0, 1):
        _segment(pen, PLACES[number], PLACES[number + 1], number + 0.5, broken)


def _broken(why: BreakView | None) -> float:
    """Return where: 0 you, 0.5 the way to the network, 1 the network, 1.5, 2 the visitor."""
    if why is None:
        return 1
    match why.side, why.cause:
        case Side.TERMINAL, Cause.LINK:
            return 0.5
        case Side.TERMINAL, _:
            return 0
        case Side.VISITOR, Cause.PAGE:
            return 2
        case Side.VISITOR, _:
            return 1.5
    return 1


def _segment(pen: Pen, start: float, end: float, at: float, broken: float) -> None:
    left, right = start + ACROSS / 2 + 22, end - ACROSS / 2 - 22
    # Whole up to the break; a break at a person or at the network leaves no whole way to it.
    if at < broken - 0.5:
        pen.fill(Box(left, PATH_Y - 4, right - left, 10), theme.PINE)
        return
    whole = int((right - left + DASH_GAP) // (DASH + DASH_GAP))
    from_left = 2 if at == broken else whole
    dashes = [left + (DASH + DASH_GAP) * number for number in range(from_left)]
    if at == broken:
        dashes += [right - DASH - (DASH + DASH_GAP) * number for number in range(2)]
        x = (left + right) / 2
        pen.fill(Box(x - 44, PATH_Y - 43, 88, 88), theme.SUN, theme.SMALL_RADIUS)
        pen.icon("no-wifi", x - 30, PATH_Y - 29, 60, theme.INK)
    for dash in dashes:
        pen.fill(Box(dash, PATH_Y - 4, DASH, 10), theme.EDGE)
