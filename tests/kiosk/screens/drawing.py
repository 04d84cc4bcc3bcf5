"""Draws samples without a display: the font's real widths, taken from the file."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files

from PIL import ImageFont

from kiosk.screens.items import Icon, Item, Text
from kiosk.screens.scene import scene
from kiosk.view import View

FONT = "AtkinsonHyperlegible-{}.ttf"


@cache
def _font(bold: bool) -> ImageFont.FreeTypeFont:
    file = FONT.format("Bold" if bold else "Regular")
    path = files("fontpkg_atkinson_hyperlegible") / "files" / file
    return ImageFont.truetype(str(path), 100)


@lru_cache(4096)
def measure(text: str, size: float, bold: bool) -> float:
    """Return the width of a line, as `pen.Measure`."""
    return float(_font(bold).getlength(text)) * size / 100


def drawn(view: View) -> tuple[Item, ...]:
    """Return the items of a view."""
    return scene(view, measure)


def texts(view: View) -> str:
    """Return every line of a view, one below the other."""
    return "\n".join(each.text for each in drawn(view) if isinstance(each, Text))


def icons(view: View) -> list[str]:
    """Return the names of a view's symbols."""
    return [each.name for each in drawn(view) if isinstance(each, Icon)]
