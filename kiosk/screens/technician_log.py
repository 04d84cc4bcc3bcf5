"""k9, one device: its last test in the test's own words, and its faults. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.fault_history import PastFault
from kiosk.screens import theme
from kiosk.screens.layout import Box
from kiosk.screens.pen import Pen
from kiosk.view import DeviceRow, View
from kiosk.words import Words

CARD: Final = Box(24, 104, 796, 576)
LEFT: Final = 48
ROOM: Final = 748
FAULTS_SHOWN: Final = 5


def log(
    pen: Pen, view: View, row: DeviceRow, icon: str, name: str, *, words: Words, said: str
) -> None:
    """Draw what is known of the device; `said` is what was measured."""
    pen.fill(CARD, theme.CARD, theme.CARD_RADIUS, theme.HAIR, 2)
    pen.icon(icon, LEFT, 124, 48, theme.INK)
    pen.text(LEFT + 68, 161, name, theme.LEAD, theme.INK, bold=True, width=500)
    pen.text(LEFT, 216, said, 26, theme.INK, width=ROOM)
    y = _test(pen, view, row, words) + 24
    pen.fill(Box(LEFT, y, ROOM, 2), theme.HAIR)
    pen.text(LEFT, y + 44, words("Faults"), 26, theme.INK, bold=True)
    past = view.technician.past
    if not past:
        pen.text(LEFT, y + 86, words("None are known."), 24, theme.STONE)
    for number, each in enumerate(past[:FAULTS_SHOWN]):
        _fault(pen, y + 86 + 44 * number, each, words)


def _test(pen: Pen, view: View, row: DeviceRow, words: Words) -> float:
    """The last self-test, or what is wrong with what has none; return the last baseline."""
    y = 264.0
    if row.tested_at is not None:
        when = words.day_and_time(row.tested_at, view.now)
        tested = words("Last self-test: {time}", time=when)
        pen.text(LEFT, y, tested, 24, theme.STONE, width=ROOM)
    elif row.detail:
        y -= 34
    else:
        pen.text(LEFT, y, words("No self-test yet"), 24, theme.STONE, width=ROOM)
    for text in filter(None, (row.detail, row.fix)):
        y = pen.paragraph(LEFT, y + 34, text, theme.SMALL, ROOM, leading=theme.TEXT_LEADING)
    return y


def _fault(pen: Pen, y: float, fault: PastFault, words: Words) -> None:
    pen.text(LEFT, y, fault.code, 24, theme.INK, bold=True)
    start = words.moment(fault.since)
    if fault.mended_at is None:
        when = words("Open since {time}", time=start)
    else:
        when = words("{start} to {end}", start=start, end=words.moment(fault.mended_at))
    end = pen.text(LEFT + 116, y, when, theme.SMALL, theme.INK, width=420)
    if fault.said:
        room = LEFT + ROOM - end - 20
        pen.text(end + 20, y, fault.said, theme.SMALLEST, theme.STONE, width=room)
