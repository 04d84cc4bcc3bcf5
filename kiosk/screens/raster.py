"""Symbols and rounded shapes, rasterised by resvg to textures of exactly the size needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from types import MappingProxyType
from typing import Final

import resvg_py
from kivy.core.image import Image as CoreImage
from kivy.graphics.texture import Texture

SYMBOL: Final = re.compile(
    r'<symbol id="(?P<id>[a-z0-9-]+)" viewBox="(?P<box>[^"]+)">(?P<body>.*?)</symbol>', re.DOTALL
)
CACHED: Final = 512
"""Textures kept. All screens in both languages use about 200; the oldest leaves first."""


@cache
def symbols() -> Mapping[str, tuple[str, str]]:
    """Return viewBox and drawing by name, from the sprite that the family's page uses too."""
    sprite = (files("signalling") / "web" / "icons.svg").read_text("utf-8")
    found = SYMBOL.finditer(sprite)
    return MappingProxyType({each["id"]: (each["box"], each["body"]) for each in found})


@lru_cache(CACHED)
def icon(name: str, width: int, height: int, colour: str) -> Texture:
    """Return a symbol, `width` x `height` pixels. Raises KeyError: not in the sprite."""
    box, body = symbols()[name]
    return _texture(f'viewBox="{box}" color="{colour}"', body, width, height)


@lru_cache(CACHED)
def rounded(
    width: int, height: int, radius: float, colour: str, border: str, *, border_width: float
) -> Texture:
    """Return a rounded rectangle with its border inside; all in pixels."""
    half = border_width / 2
    w, h = width - border_width, height - border_width
    body = (
        f'<rect x="{half}" y="{half}" width="{w}" height="{h}"'
        f' rx="{max(0.0, radius - half)}" fill="{colour}"'
        + (f' stroke="{border}" stroke-width="{border_width}"' if border_width else "")
        + "/>"
    )
    return _texture(f'viewBox="0 0 {width} {height}"', body, width, height)


@lru_cache(CACHED)
def oval(width: int, height: int, colour: str, line: float) -> Texture:
    """Return the line of an ellipse that touches all four sides; in pixels."""
    body = (
        f'<ellipse cx="{width / 2}" cy="{height / 2}" rx="{(width - line) / 2}"'
        f' ry="{(height - line) / 2}" fill="none" stroke="{colour}" stroke-width="{line}"/>'
    )
    return _texture(f'viewBox="0 0 {width} {height}"', body, width, height)


def _texture(attributes: str, body: str, width: int, height: int) -> Texture:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" {attributes}>'
        f"{body}</svg>"
    )
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))
    return CoreImage(BytesIO(png), ext="png", nocache=True).texture
