"""The green header: gate sign, where this is, who is signed in, the clock. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.screens import theme
from kiosk.screens.items import Button, Look
from kiosk.screens.layout import HEADER, LANGUAGE, SIGN_OUT, Box
from kiosk.screens.pen import Pen, middle
from kiosk.view import AskSignOut, ChooseLanguage, View
from kiosk.words import OWN_NAMES, Words

RIGHT: Final = 1240
GATE: Final = Box(40, 16, 56, 56)
CLOCK_SIZE: Final = 40
CLOCK_SIZE_12H: Final = 34
STRIP: Final = Box(0, 88, 1280, 12)


def header(pen: Pen, view: View, words: Words, button: str = "", name: bool = False) -> None:
    """Draw the header. `button` is "", "language" or "sign-out"; `name` shows who is signed in."""
    pen.fill(HEADER, theme.PINE, bleed="ltr")
    left = float(RIGHT)
    if view.label:
        _here(pen, view, words)
        left = clock(pen, view, words)
    if button == "language":
        pen.button(language_button(view))
        left = LANGUAGE.x
    elif button == "sign-out":
        sign_out = words("Sign out")
        pen.button(
            Button(SIGN_OUT, AskSignOut(), sign_out, "sign-out", Look.ON_PINE, theme.BODY - 2)
        )
        left = SIGN_OUT.x
    if name and view.inmate:
        left = _name(pen, view.inmate, left - 28)
    if not view.connected:
        _not_connected(pen, words, left - 28)


def _here(pen: Pen, view: View, words: Words) -> None:
    """Which terminal this is, once the hub has said so."""
    gate_sign(pen, GATE, view.label, theme.SUN, theme.INK)
    terminal = words("Terminal {label}", label=view.label)
    pen.text(116, 40, terminal, 24, theme.WHITE, bold=True, width=400)
    pen.text(116, 65, words("Unit {unit}", unit=view.unit), theme.SMALLEST, theme.MIST, width=400)


def sun_strip(pen: Pen) -> None:
    """The yellow line under the header that says: look here."""
    pen.fill(STRIP, theme.SUN, bleed="lr")


def gate_sign(pen: Pen, box: Box, label: str, ground: theme.Colour, colour: theme.Colour) -> None:
    """The terminal's number, as on the wall beside it."""
    pen.fill(box, ground, theme.SMALL_RADIUS)
    text, size = pen.fitted(label, 0.68 * box.h, True, box.w - 12)
    x, y = box.centre
    pen.text(x, middle(y, size), text, size, colour, bold=True, align="centre")


def clock(
    pen: Pen, view: View, words: Words, colour: theme.Colour = theme.WHITE, y: float = 44,
    *, right: float = RIGHT,
) -> float:  # fmt: skip
    """The time of day, ending at `right`; return where it starts."""
    digits, half = words.clock(view.now)
    size = CLOCK_SIZE_12H if half else CLOCK_SIZE
    if half:
        small = theme.SMALLEST
        right -= pen.measure(half, small, True)
        pen.text(right, middle(y, size), half, small, colour, bold=True)
        right -= 6
    cells = sum(theme.COLON_CELL if each == ":" else theme.DIGIT_CELL for each in digits)
    pen.digits(right, middle(y, size), digits, size, colour, align="right")
    return right - cells * size


def language_button(view: View) -> Button:
    """The button that changes to the language after this one; says so in that language."""
    after = view.languages[(view.languages.index(view.language) + 1) % len(view.languages)]
    return Button(
        LANGUAGE, ChooseLanguage(after), OWN_NAMES[after], "globe", Look.ON_PINE, theme.BODY - 2
    )


def _name(pen: Pen, name: str, right: float) -> float:
    text, size = pen.fitted(name, theme.BODY, True, 220)
    pen.text(right, middle(44, size), text, size, theme.WHITE, bold=True, align="right")
    left = right - pen.measure(text, size, True) - 54
    pen.icon("account", left, 24, 40, theme.WHITE)
    return left


def _not_connected(pen: Pen, words: Words, right: float) -> None:
    text, size = words("Not connected"), theme.SMALL
    pen.text(right, middle(44, size), text, size, theme.WHITE, bold=True, align="right")
    pen.disc(right - pen.measure(text, size, True) - 20, 44, 18, theme.SUN)
