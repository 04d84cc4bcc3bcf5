"""Small things that say something: pills on the picture, notes with a sun edge. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.screens import theme
from kiosk.screens.layout import Box
from kiosk.screens.pen import Pen, middle
from kiosk.words import Words
from signalling.wire import VisitView

PILL_HEIGHT: Final = 52
PILL_TEXT: Final = 24
SUN_EDGE: Final = 12


def pill(
    pen: Pen,
    x: float,
    y: float,
    icon: str,
    text: str,
    *,
    ground: theme.Colour = theme.INK,
    colour: theme.Colour = theme.WHITE,
    align: str = "left",
    height: float = PILL_HEIGHT,
) -> None:
    """An icon and a few words on the picture, at its left, middle or right end `x`."""
    icon_room = 48 if icon else 0
    across = 20 + icon_room + pen.measure(text, PILL_TEXT, True) + 20
    left = x - {"left": 0.0, "centre": across / 2, "right": across}[align]
    pen.fill(Box(left, y, across, height), ground, theme.SMALL_RADIUS)
    if icon:
        pen.icon(icon, left + 18, y + height / 2 - 16, 32, colour)
    baseline = middle(y + height / 2, PILL_TEXT)
    pen.text(left + 20 + icon_room, baseline, text, PILL_TEXT, colour, bold=True)


def note(pen: Pen, box: Box, icon: str, title: str, text: str = "") -> None:
    """A pale note with a sun edge: icon, one bold line and one plain."""
    pen.fill(box, theme.SUNPALE, theme.BUTTON_RADIUS)
    # The edge is square on its right: a rounded strip with its right half covered again.
    pen.fill(Box(box.x, box.y, 2 * SUN_EDGE, box.h), theme.SUN, theme.BUTTON_RADIUS)
    pen.fill(Box(box.x + SUN_EDGE, box.y, SUN_EDGE, box.h), theme.SUNPALE)
    y = box.centre[1]
    pen.icon(icon, box.x + 38, y - 24, 48, theme.INK)
    left, room = box.x + 108, box.w - 132
    if not text:
        pen.text(left, middle(y, 26), title, 26, theme.INK, bold=True, width=room)
        return
    pen.text(left, y - 8, title, 26, theme.INK, bold=True, width=room)
    pen.text(left, y + 27, text, 24, theme.INK, width=room)


def notice(pen: Pen, box: Box, visit: VisitView, words: Words) -> None:
    """What happens to picture and sound, before they flow; nothing where nothing does."""
    if visit.private:
        note(pen, box, "lock", words("Private"), words("Not recorded, not watched."))
    elif visit.recorded and visit.watched:
        note(pen, box, "record", words("This visit is recorded."), words("An officer may watch."))
    elif visit.recorded:
        note(pen, box, "record", words("This visit is recorded."))
    elif visit.watched:
        note(pen, box, "eye", words("An officer may watch."))


def notice_pills(pen: Pen, x: float, y: float, visit: VisitView, words: Words) -> None:
    """The same on the picture. A private visit can show no other pill than the lock."""
    if visit.private:
        pill(pen, x, y, "lock", words("Private"))
        return
    if visit.recorded:
        pill(pen, x, y, "record", words("Recorded"))
        y += PILL_HEIGHT + 12
    if visit.watched:
        pill(pen, x, y, "eye", words("Officer may watch"))
