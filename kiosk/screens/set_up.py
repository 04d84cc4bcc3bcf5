"""k10: nobody can use this terminal yet. What is wrong with its file or its hub, in words. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.screens import theme
from kiosk.screens.layout import WRENCH, Box
from kiosk.screens.pen import Pen
from kiosk.screens.technician_pin import held_for_technician
from kiosk.view import SetUp, View
from kiosk.words import Words

BAND: Final = Box(0, 0, 1280, 128)
CARD: Final = Box(40, 208, 1200, 480)
LEFT: Final = 72
WIDTH: Final = 1136
FOOT: Final = 752
SIZE: Final = 26
LINES: Final = {1: 7, 2: 3, 3: 2, 4: 2}
"""Lines that each of so many mistakes may take."""


def draw(pen: Pen, view: View, words: Words) -> None:
    """Draw what keeps the terminal from working."""
    assert view.set_up is not None
    pen.fill(BAND, theme.PINE, bleed="ltr")
    pen.icon("wrench", WRENCH.x + 16, WRENCH.y + 16, 56, theme.SUN)
    if view.set_up.kind == "hub":
        pen.button(held_for_technician(WRENCH))
    title = words("This terminal is not set up yet")
    pen.text(124, 82, title, theme.HEADING, theme.WHITE, bold=True, width=1100)
    pen.text(LEFT - 32, 178, _about(view.set_up, words), theme.BODY, theme.INK, width=1200)
    pen.fill(CARD, theme.CARD, theme.CARD_RADIUS, theme.HAIR, 2)
    _said(pen, view.set_up, words)
    pen.text(LEFT - 32, FOOT, words("This screen looks again by itself."), theme.SMALL,
             theme.STONE, width=700)  # fmt: skip
    pen.text(1240, FOOT, words("Use another terminal."), theme.SMALL, theme.INK, bold=True,
             align="right", width=440)  # fmt: skip


def _about(shown: SetUp, words: Words) -> str:
    if shown.kind == "hub":
        if shown.said[0][1]:
            return words("The hub has not taken it. What to do:")
        return words("It asks its hub.")
    return words("Its file terminal.toml is missing or has mistakes. What to do:")


def _said(pen: Pen, shown: SetUp, words: Words) -> None:
    y, size = float(CARD.y + 44), theme.LEAD if len(shown.said) == 1 else SIZE
    for place, text in shown.said:
        pen.text(LEFT, y, place, theme.SMALL, theme.STONE, bold=True, width=WIDTH)
        y += size + 10
        y = pen.paragraph(
            LEFT, y, text, size, WIDTH, lines=LINES[len(shown.said)], leading=theme.TEXT_LEADING
        )
        y += 46
    if shown.more:
        more = words.count("and {n} more mistake", "and {n} more mistakes", shown.more)
        pen.text(LEFT, CARD.bottom - 16, more, theme.SMALL, theme.STONE, width=WIDTH)
