"""What a phone needs to install the page: its icons as pictures, and a worker of this very hub."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from typing import Final

import resvg_py

from signalling.hub.errors import StartError

ICONS: Final = {
    "/icon-192.png": (192, False),
    "/icon-512.png": (512, False),
    "/icon-maskable-512.png": (512, True),
}
"""By URL: pixels a side, and whether a phone cuts it into a shape of its own."""
_SAFE: Final = 0.8
"""The part of a maskable icon that no shape cuts off (W3C, Web Application Manifest)."""
_SVG: Final = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)
_SIDE: Final = 32
_GROUND: Final = '<rect width="32" height="32" fill="#FFC83D"/>'
_VERSION: Final = '"unbundled"'


@cache
def icon_picture(favicon: str, pixels: int, maskable: bool) -> bytes:
    """Return the page's own symbol as a PNG.

    Raises:
        StartError: `favicon` is no picture.
    """
    inside = _SVG.search(favicon)
    if inside is None:
        raise StartError("the page's favicon.svg is no SVG picture")
    drawn = inside[1]
    if maskable:
        edge = _SIDE * (1 - _SAFE) / 2
        drawn = f'{_GROUND}<g transform="translate({edge} {edge}) scale({_SAFE})">{drawn}</g>'
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{pixels}" height="{pixels}"'
        f' viewBox="0 0 {_SIDE} {_SIDE}">{drawn}</svg>'
    )
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))


def worker_of_version(worker: str, served: Iterable[bytes]) -> str:
    """Return the service worker with a version in it that changes with whatever is served.

    Raises:
        StartError: the worker has no place for its version.
    """
    if worker.count(_VERSION) != 1:
        raise StartError(f"the page's sw.js must say {_VERSION} once, where its version comes")
    digest = hashlib.sha256()
    for body in served:
        digest.update(hashlib.sha256(body).digest())
    return worker.replace(_VERSION, f'"{digest.hexdigest()[:12]}"')
