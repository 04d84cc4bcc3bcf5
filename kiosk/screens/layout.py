"""Where everything pressable and every picture lies: the one source of all positions. Pure.

Boxes are in design pixels, 1280 x 800, from the top left. Screens place widgets from here; tests
and the demonstration press here. `Frame` maps to the pixels of a real window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WIDTH: Final = 1280
HEIGHT: Final = 800


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in design pixels; (x, y) is its top left corner."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        """The first pixel to the right of the box."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """The first pixel below the box."""
        return self.y + self.h

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, (x, y)."""
        return self.x + self.w / 2, self.y + self.h / 2

    center = centre

    def contains(self, x: float, y: float) -> bool:
        """Whether the point lies inside."""
        return self.x <= x < self.right and self.y <= y < self.bottom

    def overlaps(self, other: Box) -> bool:
        """Whether the two share any area."""
        across = self.x < other.right and other.x < self.right
        return across and self.y < other.bottom and other.y < self.bottom

    def inset(self, by: float) -> Box:
        """Return the box made smaller by `by` on every side (larger when negative)."""
        return Box(self.x + by, self.y + by, self.w - 2 * by, self.h - 2 * by)


ALL: Final = Box(0, 0, WIDTH, HEIGHT)


@dataclass(frozen=True, slots=True)
class Frame:
    """A window of `width` x `height` pixels with the design centred in it."""

    width: float
    height: float

    @property
    def scale(self) -> float:
        """Window pixels per design pixel."""
        return min(self.width / WIDTH, self.height / HEIGHT)

    @property
    def left(self) -> float:
        """Window pixels left of the design."""
        return (self.width - WIDTH * self.scale) / 2

    @property
    def top(self) -> float:
        """Window pixels above the design."""
        return (self.height - HEIGHT * self.scale) / 2

    def pixels(self, box: Box, bleed: str = "") -> Box:
        """Return `box` in whole window pixels, y downwards.

        `bleed` names edges ("l", "r", "t", "b") that run on to the window's own edge, so that
        backgrounds and video leave no strip beside a window of another shape.
        """
        left = 0.0 if "l" in bleed else round(self.left + box.x * self.scale)
        top = 0.0 if "t" in bleed else round(self.top + box.y * self.scale)
        right = self.width if "r" in bleed else round(self.left + box.right * self.scale)
        bottom = self.height if "b" in bleed else round(self.top + box.bottom * self.scale)
        return Box(left, top, right - left, bottom - top)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return the window pixel (y downwards) of a design point."""
        return self.left + x * self.scale, self.top + y * self.scale

    def design(self, x: float, y: float) -> tuple[float, float]:
        """Return the design point of a window pixel (y downwards)."""
        return (x - self.left) / self.scale, (y - self.top) / self.scale


# -- every screen with a header ---------------------------------------------------------------

HEADER: Final = Box(0, 0, WIDTH, 88)
LANGUAGE: Final = Box(860, 8, 208, 72)
"""Sign-in: switches to the next language."""
SIGN_OUT: Final = Box(860, 8, 208, 72)
"""My visits and waiting."""

# -- k1 idle ----------------------------------------------------------------------------------

LANGUAGES: Final = (Box(56, 664, 223, 88), Box(295, 664, 222, 88), Box(533, 664, 223, 88))
"""One per language, in the order of `View.languages`; a fourth has no room."""
LANGUAGE_EN: Final = LANGUAGES[0]
LANGUAGE_ES: Final = LANGUAGES[1]
IDLE_TOUCH: Final = Box(800, 0, 480, HEIGHT)
"""The green panel. All of the idle screen but the languages starts; this is where people press."""

GATE: Final = Box(56, 48, 104, 104)
"""The terminal's number; held, it asks for the technician's PIN."""

# -- k2 sign-in -------------------------------------------------------------------------------

KEYPAD: Final[dict[str, Box]] = {
    key: Box(752 + 152 * (index % 3), 148 + 140 * (index // 3), 136, 124)
    for index, key in enumerate("123456789")
} | {
    "delete": Box(752, 568, 136, 124),
    "0": Box(904, 568, 136, 124),
}
NEXT: Final = Box(1056, 568, 136, 124)
"""Posts "enter": Next after the number, Sign in after the PIN."""
BACK: Final = Box(56, 672, 165, 88)
NUMBER_FIELD: Final = Box(56, 246, 620, 96)
PIN_FIELD: Final = Box(56, 410, 620, 96)

# -- k3 my visits -----------------------------------------------------------------------------

VISIT_CARDS: Final = (
    Box(40, 192, 1200, 300),
    Box(40, 512, 1200, 112),
    Box(40, 644, 1200, 112),
)
"""The nearest visit, large, and the next two."""
GET_READY: Final = (
    Box(864, 370, 344, 96),
    Box(976, 528, 248, 80),
    Box(976, 660, 248, 80),
)
"""By row; the first is the nearest visit's."""
TRY_AGAIN: Final = Box(40, 400, 320, 96)

# -- k4 waiting -------------------------------------------------------------------------------

SELF_VIEW_WAITING: Final = Box(40, 116, 680, 500)
METER: Final = Box(40, 640, 680, 120)

# -- k5 in visit ------------------------------------------------------------------------------

REMOTE_VIDEO: Final = Box(0, 0, WIDTH, 680)
REMOTE_BLEED: Final = "ltr"
SELF_VIEW: Final = Box(524, 14, 232, 130)
"""Under the lens, so that looking at it looks at the family."""
VOLUME_DOWN: Final = Box(528, 696, 96, 88)
VOLUME_UP: Final = Box(828, 696, 96, 88)
END_VISIT: Final = Box(1008, 696, 248, 88)

# -- k6 held ----------------------------------------------------------------------------------

HELD_END_VISIT: Final = Box(976, 668, 248, 88)

# -- k7 ended ---------------------------------------------------------------------------------

MY_VISITS: Final = Box(689, 680, 260, 88)
ENDED_SIGN_OUT: Final = Box(973, 680, 251, 88)

# -- k8 out of order --------------------------------------------------------------------------

WRENCH: Final = Box(24, 20, 88, 88)
CODE: Final = Box(24, 692, 432, 92)
"""The fault's code; held, it asks for the technician's PIN."""

# -- k9 technician ----------------------------------------------------------------------------

LEAVE: Final = Box(860, 8, 208, 72)
DEVICES: Final = tuple(Box(24, 104 + 72 * at, 796, 72) for at in range(8))
"""One row for each device."""
TECHNICIAN_PICTURE: Final = Box(844, 104, 412, 232)
SELF_TEST: Final = Box(24, 696, 264, 88)
SEND_REPORT: Final = Box(304, 696, 376, 88)
RESTART: Final = Box(1000, 696, 256, 88)
"""Right of what its sheet offers: a second press there meets nothing."""

# -- sheets -----------------------------------------------------------------------------------

SHEET: Final = Box(0, 520, WIDTH, 280)
SHEET_CONFIRM: Final = Box(40, 672, 320, 96)
SHEET_DISMISS: Final = Box(384, 672, 568, 96)
"""Ends left of both End visit buttons: a second press on one of those meets nothing."""
