"""Colours, type sizes and other measures of every screen. Pure.

Sizes are in design pixels (1280 x 800). Contrasts were computed by WCAG 2: ink on paper 13.7,
stone on paper 8.1, white on pine 12.0, mist on pine 7.6 (never on pine2), white on green 7.8,
white on red 7.7, red on card 7.7 (red text on no other ground).
"""

from __future__ import annotations

from typing import Final

Colour = str
"""`#RRGGBB`."""

PAPER: Final = "#F6F1E7"
CARD: Final = "#FFFFFF"
INK: Final = "#15272B"
STONE: Final = "#3D4A50"
PINE: Final = "#123C42"
PINE2: Final = "#1F565D"
MIST: Final = "#B9D3CF"
TINT: Final = "#DDE9E6"
SUN: Final = "#FFC83D"
SUNPALE: Final = "#FFEFC2"
GREEN: Final = "#0B5F36"
RED: Final = "#A5141C"
EDGE: Final = "#79725F"
HAIR: Final = "#D8D0BF"
WHITE: Final = CARD

PINE_PRESSED: Final = "#0A262B"
RED_PRESSED: Final = "#7A0D13"
GREEN_PRESSED: Final = "#07432A"

CLOCK: Final = 232
"""The idle clock: the largest whose five cells end where the language buttons do."""
COUNTDOWN: Final = 110
TITLE: Final = 56
HEADING: Final = 48
LEAD: Final = 36
BODY: Final = 28
SMALL: Final = 22
SMALLEST: Final = 20
"""Nothing is set smaller, however long a name is."""

HEADING_LEADING: Final = 1.15
TEXT_LEADING: Final = 1.3
CAP_HEIGHT: Final = 0.668
"""Height of a capital letter of Atkinson Hyperlegible, in em."""

DIGIT_CELL: Final = 0.68
COLON_CELL: Final = 0.30
"""Width of one cell in em: the digits are proportional, so each that ticks has its own."""

CARD_RADIUS: Final = 16
BUTTON_RADIUS: Final = 12
SMALL_RADIUS: Final = 8
MIN_TARGET: Final = 72
"""Smallest side of anything pressable."""
