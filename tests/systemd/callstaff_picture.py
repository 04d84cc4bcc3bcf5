"""Draws systemd/callstaff.pgm.gz: `python -m tests.systemd.callstaff_picture`.

A picture and no text, because it is shown when no program of ours runs: see visitbooth-callstaff.
"""

from __future__ import annotations

import gzip
import sys
from importlib.resources import files
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from tests.systemd.machine import SOURCES

FILE: Final = SOURCES / "callstaff.pgm.gz"
SIZE: Final = (1280, 800)
WORDS: Final = (
    ("This terminal is out of order.", "Please call staff."),
    ("Esta terminal no funciona.", "Por favor, avise al personal."),
)


def draw() -> Image.Image:
    """Return it, white on black."""
    picture = Image.new("L", SIZE)
    pen = ImageDraw.Draw(picture)
    for at, (what, whom) in enumerate(WORDS):
        y = 250 + at * 310
        pen.text((SIZE[0] / 2, y), what, 255, font("Bold", 68), "ms")
        pen.text((SIZE[0] / 2, y + 84), whom, 255, font("Regular", 56), "ms")
    pen.line([(320, 415), (960, 415)], 128, 3)
    return picture


def font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    """Return the product's own."""
    name = f"AtkinsonHyperlegible-{weight}.ttf"
    return ImageFont.truetype(str(files("fontpkg_atkinson_hyperlegible") / "files" / name), size)


def write(path: Path) -> None:
    """Write it as a gzipped PGM, the same bytes each time."""
    picture = draw()
    head = f"P5 {picture.width} {picture.height} 255\n".encode()
    path.write_bytes(gzip.compress(head + picture.tobytes(), mtime=0))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)
