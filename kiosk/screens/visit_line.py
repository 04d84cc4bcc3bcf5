"""Scheduled, Pending, Ready, In visit: where a visit stands, as a line of four stops. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.screens import theme
from kiosk.screens.layout import Box
from kiosk.screens.pen import Pen
from kiosk.words import Words
from signalling.visit import Status

STOPS: Final = ("Scheduled", "Pending", "Ready", "In visit")
STOP_OF: Final = {
    Status.SCHEDULED: 0,
    Status.PENDING: 1,
    Status.READY: 2,
    Status.IN_VISIT: 3,
    Status.INTERRUPTED: 3,
    Status.ENDED: 3,
}
ACROSS: Final = 40
LINE: Final = 6


def visit_line(
    pen: Pen, words: Words, status: Status, left: float, right: float, *, y: float
) -> None:
    """Draw the line with its first and last stop centred on `left` and `right`."""
    from_here = STOP_OF[status]
    step = (right - left) / (len(STOPS) - 1)
    stops = [left + step * index for index in range(len(STOPS))]
    for index in range(len(STOPS) - 1):
        colour = theme.PINE if index < from_here else theme.HAIR
        pen.fill(_line(stops[index], stops[index + 1], y), colour)
    for index, (x, stop) in enumerate(zip(stops, STOPS, strict=True)):
        here = index == from_here
        _stop(pen, x, y, index, from_here)
        colour = theme.INK if here else theme.STONE
        text = words(stop)
        pen.text(x, y + 50, text, theme.SMALL, colour, bold=here, align="centre", width=step - 8)


def _line(start: float, end: float, y: float) -> Box:
    return Box(start, y - LINE / 2, end - start, LINE)


def _stop(pen: Pen, x: float, y: float, index: int, from_here: int) -> None:
    if index < from_here:
        pen.disc(x, y, ACROSS, theme.PINE)
        pen.icon("check", x - 13, y - 13, 26, theme.WHITE)
    elif index > from_here:
        pen.disc(x, y, ACROSS, theme.CARD, border=theme.EDGE, width=5)
    elif STOPS[index] == "Ready":
        pen.disc(x, y, ACROSS, theme.GREEN)
        pen.icon("phone", x - 11, y - 11, 22, theme.WHITE)
    else:
        pen.disc(x, y, ACROSS, theme.SUN, border=theme.INK, width=5)
