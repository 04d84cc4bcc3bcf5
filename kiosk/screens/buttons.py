"""How a button looks at rest, pressed, focused and disabled. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kiosk.screens import theme
from kiosk.screens.items import Button, Icon, Look, Primitive
from kiosk.screens.layout import Box
from kiosk.screens.pen import Measure, Pen, middle
from kiosk.screens.theme import Colour

ICON_GAP: Final = 18
RING: Final = 6
FOCUS_BORDER: Final = 4


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours of one look."""

    ground: Colour
    pressed: Colour
    text: Colour
    border: Colour = ""
    border_width: float = 0


PAINTS: Final = {
    Look.MAIN: Paint(theme.PINE, theme.PINE_PRESSED, theme.WHITE),
    Look.PLAIN: Paint(theme.CARD, theme.TINT, theme.PINE, theme.PINE, 3),
    Look.ON_PINE: Paint(theme.PINE2, theme.PINE_PRESSED, theme.WHITE, theme.MIST, 3),
    Look.KEY: Paint(theme.CARD, theme.TINT, theme.INK, theme.EDGE, 2),
    Look.RED: Paint(theme.RED, theme.RED_PRESSED, theme.WHITE),
    Look.RED_PLAIN: Paint(theme.CARD, theme.TINT, theme.RED, theme.RED, 3),
}
DISABLED: Final = Paint(theme.PAPER, theme.PAPER, theme.STONE, theme.HAIR, 3)


def paint(button: Button, measure: Measure, pressed: bool, focused: bool) -> list[Primitive]:
    """Return what a button is drawn with, back to front."""
    if button.look is Look.HIDDEN:
        return []
    look = PAINTS[button.look] if button.enabled else DISABLED
    pen = Pen(measure)
    ground = look.pressed if pressed else look.ground
    text = theme.WHITE if pressed and button.look is Look.RED_PLAIN else look.text
    if pressed and button.look is Look.RED_PLAIN:
        ground = theme.RED_PRESSED
    if focused:
        pen.fill(button.box.inset(-RING), theme.SUN, theme.BUTTON_RADIUS + RING)
    border = (theme.INK, FOCUS_BORDER) if focused else (look.border, look.border_width)
    pen.fill(button.box, ground, theme.BUTTON_RADIUS, *border)
    if button.stacked:
        _stacked(pen, button, text)
    else:
        _in_a_row(pen, button, text)
    return [each for each in pen.items if not isinstance(each, Button)]


def _stacked(pen: Pen, button: Button, colour: Colour) -> None:
    x, y = button.box.centre
    size = 48
    pen.icon(button.icon, x - size / 2, button.box.y + 20, size, colour)
    pen.text(
        x,
        y + 36,
        button.label,
        button.size,
        colour,
        bold=True,
        align="centre",
        width=button.box.w - 16,
    )


def _in_a_row(pen: Pen, button: Button, colour: Colour) -> None:
    x, y = button.box.centre
    icon = 1.25 * button.size if button.icon else 0
    gap = ICON_GAP if button.icon and button.label else 0
    room = button.box.w - 32 - icon - gap
    label, size = pen.fitted(button.label, button.size, True, room) if button.label else ("", 0.0)
    text = pen.measure(label, size, True) if label else 0
    left = x - (icon + gap + text) / 2
    text_left, icon_left = (
        (left, left + text + gap) if button.icon_after else (left + icon + gap, left)
    )
    if button.icon:
        pen.add(Icon(button.icon, Box(icon_left, y - icon / 2, icon, icon), colour))
    if label:
        pen.text(text_left, middle(y, size), label, size, colour, bold=True)
