"""A view in, its items out: which screen draws what. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from kiosk.screens import (
    ended,
    held,
    idle,
    in_visit,
    my_visits,
    out_of_order,
    set_up,
    sign_in,
    technician,
    technician_pin,
    waiting,
)
from kiosk.screens.items import Button, Item
from kiosk.screens.pen import Measure, Pen
from kiosk.screens.sheet import sheet
from kiosk.view import Confirm, Dismiss, ScreenName, View
from kiosk.words import Words

Draw = Callable[[Pen, View, Words], None]

SCREENS: Final[Mapping[ScreenName, Draw]] = MappingProxyType(
    {
        ScreenName.IDLE: idle.draw,
        ScreenName.SIGN_IN: sign_in.draw,
        ScreenName.MY_VISITS: my_visits.draw,
        ScreenName.WAITING: waiting.draw,
        ScreenName.IN_VISIT: in_visit.draw,
        ScreenName.HELD: held.draw,
        ScreenName.ENDED: ended.draw,
        ScreenName.OUT_OF_ORDER: out_of_order.draw,
        ScreenName.TECHNICIAN_PIN: technician_pin.draw,
        ScreenName.TECHNICIAN: technician.draw,
        ScreenName.SET_UP: set_up.draw,
    }
)


def scene(view: View, measure: Measure) -> tuple[Item, ...]:
    """Return what `view` looks like, back to front, on a window cleared to `theme.PAPER`.

    Raises:
        MissingWords: a text or the language has no translation.
    """
    pen = Pen(measure)
    words = Words(view.language, view.facility)
    SCREENS[view.screen](pen, view, words)
    if view.sheet is not None:
        sheet(pen, view, words)
    return tuple(pen.items)


def pressable(view: View, items: tuple[Item, ...]) -> tuple[Button, ...]:
    """Return the buttons that can be pressed, topmost first: with a sheet, only its own."""
    buttons = [each for each in reversed(items) if isinstance(each, Button) and each.enabled]
    if view.sheet is not None:
        buttons = [each for each in buttons if isinstance(each.intent, Confirm | Dismiss)]
    return tuple(buttons)
