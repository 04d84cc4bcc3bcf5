"""What a screen is made of: plain values that the painter turns into drawing. Pure.

A screen is a list of these, back to front; equal items are never drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kiosk.screens.layout import Box
from kiosk.screens.theme import Colour
from kiosk.view import Intent


@dataclass(frozen=True, slots=True)
class Fill:
    """A rectangle, rounded by `radius`, with a border inside its box."""

    box: Box
    colour: Colour
    radius: float = 0
    border: Colour = ""
    border_width: float = 0
    bleed: str = ""
    """Edges that run on to the window's; only for plain rectangles."""


@dataclass(frozen=True, slots=True)
class Oval:
    """The line of an ellipse, as wide as the box."""

    box: Box
    colour: Colour
    width: float


@dataclass(frozen=True, slots=True)
class Text:
    """One line, from `x` to the right, standing on `baseline`."""

    x: float
    baseline: float
    text: str
    size: float
    colour: Colour
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Icon:
    """A symbol of the sprite, as large as fits its box."""

    name: str
    box: Box
    colour: Colour


class Source(StrEnum):
    """Whose picture."""

    REMOTE = "remote"
    SELF = "self"


@dataclass(frozen=True, slots=True)
class Picture:
    """Video. `dim` 0 shows it as it is, 1 not at all."""

    source: Source
    box: Box
    bleed: str = ""
    radius: float = 0
    dim: float = 0


class Look(StrEnum):
    """How a button is painted."""

    MAIN = "main"
    PLAIN = "plain"
    ON_PINE = "on-pine"
    KEY = "key"
    RED = "red"
    RED_PLAIN = "red-plain"
    HIDDEN = "hidden"
    """Not drawn: what lies under it is, and keys do not find it."""


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. Acts on release inside, or by `on_hold` after a long press."""

    box: Box
    intent: Intent
    label: str = ""
    icon: str = ""
    look: Look = Look.PLAIN
    size: float = 30
    icon_after: bool = False
    stacked: bool = False
    """Icon above the label."""
    enabled: bool = True
    on_hold: Intent | None = None
    hold_s: float = 0.8
    """How long `on_hold` wants to be pressed."""


Primitive = Fill | Oval | Text | Icon | Picture
Item = Primitive | Button
