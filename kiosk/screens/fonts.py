"""Atkinson Hyperlegible, from its PyPI package: textures of single lines, and how wide they are."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from kivy.core.text import Label
from kivy.graphics.texture import Texture

CACHED: Final = 256
"""Lines kept as textures; the oldest leaves first."""

MEASURED_AT: Final = 100
"""Widths are taken once at this size and scaled, so that lines break alike in every window."""


@cache
def font_file(bold: bool) -> str:
    """Return the path of the font."""
    weight = "Bold" if bold else "Regular"
    return str(
        files("fontpkg_atkinson_hyperlegible") / "files" / f"AtkinsonHyperlegible-{weight}.ttf"
    )


@lru_cache(4096)
def _width_at_100(text: str, bold: bool) -> float:
    return float(_label("", MEASURED_AT, bold).get_extents(text)[0])


def width(text: str, size: float, bold: bool) -> float:
    """Return the width of a line in units of `size`."""
    return _width_at_100(text, bold) * size / MEASURED_AT


@lru_cache(CACHED)
def line(text: str, pixels: int, bold: bool) -> tuple[Texture, int]:
    """Return a line in white and how many pixels its baseline is above the texture's lower edge."""
    label = _label(text, pixels, bold)
    label.refresh()
    return label.texture, abs(int(label.get_descent()))


def _label(text: str, pixels: int, bold: bool) -> Label:
    # Without hinting a line's width is proportional to its size, which `width` relies on.
    return Label(text=text, font_name=font_file(bold), font_size=pixels, font_hinting=None)
