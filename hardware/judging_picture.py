"""Whether a camera works, from pictures it gave: black, covered, dark, frozen, another mode. Pure.

Pictures are yuv420p of limited range, as every camera here gives them: luma 16 is black and 235
white, chroma 128 is grey. Each is measured once (`look`) and then forgotten.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from hardware.finding import FROZEN, REFUSED, SILENT, Finding, failed
from hardware.interfaces import VideoMode

Plane = npt.NDArray[np.uint8]

CELLS: Final = 40
"""The picture is looked at as about so many cells across: a cell's mean has hardly any of the
sensor's noise left (a cell of 16x16 has a sixteenth of it), and still shows a face's parts."""
ENOUGH: Final = 640
"""Pixels across that are looked at; of larger pictures only some, so that none takes over 3 ms."""

BLACK_LUMA: Final = 32
"""A picture that is nowhere brighter is black: 7 % of full scale. A dead sensor gives 16, one in
full darkness 16 and its noise; the dimmest lamp or window in view is above. "Nowhere" leaves the
brightest hundredth out, for pixels that are always lit."""
DARK_LUMA: Final = 60
"""A picture of which nine tenths are darker is too dark (20 % of full scale): a face lit so, of any
colour, is not told from the wall behind it, and the encoder drops what is left of it as noise."""
DIM_LUMA: Final = 110
"""Below this a camera that gives fewer pictures than asked does so to expose them longer (V4L2's
exposure_dynamic_framerate, on by default in many): the light is what is wrong, not the camera."""
BLUR_LUMA: Final = 6.0
"""Steepest step between neighbouring cells. A lens in focus on anything has edges of 20 and more;
what lies on the lens is so far out of focus that brightness only fades, from side to side, by 2 or
3 a cell."""
COVERED_LUMA: Final = 80
"""Mean below which what has no edges is covered: what lies on a lens keeps the light out. A bare
wall has no edges either, and is lighter: no more is said of it than that it proves nothing."""
EMPTY_LUMA: Final = 1.0
"""Standard deviation over all cells, and steepest step, under which it is no picture of anything: a
dead sensor's grey or green. The evenest wall has more, by the lens alone, which darkens corners."""
SKIN_RED: Final = 30
"""Mean of V above grey: light through a finger is red (R 90, G 20, B 15 gives 35, brighter light
more); a wall in the light of warm lamps stays below 20."""

RATE_SHARE: Final = 0.7
"""Pictures a second, of those asked for, under which it is too slow: 25 for 30 (a camera set for
mains of 50 Hz) is well, 20 is not, and in the dark cameras halve."""
SIZE_SHARE: Final = 0.75
"""Width or height, of what was asked for, under which it is too small: cameras without that size
give the next one (600 for 720 lines), and that will do; half of it will not."""
FROZEN_S: Final = 1.0
FROZEN_PICTURES: Final = 5
"""So many equal pictures over so long, bit for bit, are one picture. A still scene does not do so:
of the thousands of blocks of a picture the sensor's noise moves some from each picture to the next,
also through Motion JPEG at low quality (the test measures a still chart at quality 20)."""


@dataclass(frozen=True, slots=True)
class Look:
    """One picture, measured."""

    at_s: float
    """When it was taken, on any clock."""
    width: int
    height: int
    fingerprint: int
    """Equal for equal pictures."""
    mean: float
    bright: float
    """Luma that nine tenths of the picture do not exceed."""
    brightest: float
    """Luma that 99 hundredths do not exceed."""
    contrast: float
    """Standard deviation of luma over the cells."""
    edge: float
    """Steepest step of luma between two neighbouring cells."""
    red: float
    """Mean of V, less 128."""

    @property
    def is_black(self) -> bool:
        """Whether there is nothing to be seen at all."""
        return self.brightest <= BLACK_LUMA

    @property
    def is_unsharp(self) -> bool:
        """Whether there is no edge in it anywhere."""
        return self.edge < BLUR_LUMA

    @property
    def is_covered(self) -> bool:
        """Whether something lies on the lens, or the sensor sees nothing."""
        is_empty = self.edge < EMPTY_LUMA and self.contrast < EMPTY_LUMA
        dark_or_red = self.mean < COVERED_LUMA or self.red > SKIN_RED
        return is_empty or (self.is_unsharp and dark_or_red)


def look(luma: Plane, v: Plane, at_s: float) -> Look:
    """Measure a picture: its luma (height x width) and V plane."""
    height, width = luma.shape
    thin = luma[:: max(1, width // ENOUGH), :: max(1, width // ENOUGH)]
    size = max(2, thin.shape[1] // CELLS)
    rows, columns = thin.shape[0] // size, thin.shape[1] // size
    whole = thin[: rows * size, : columns * size]
    cells = whole.reshape(rows, size, columns, size).mean((1, 3), dtype=np.float32)
    steps = (np.abs(np.diff(cells, axis=axis)).max(initial=0.0) for axis in (0, 1))
    bright, brightest = np.percentile(thin[::2, ::2], (90, 99))
    return Look(
        at_s=at_s,
        width=width,
        height=height,
        fingerprint=fingerprint(luma),
        mean=float(cells.mean()),
        bright=float(bright),
        brightest=float(brightest),
        contrast=float(cells.std()),
        edge=float(max(steps)),
        red=float(v.mean()) - 128,
    )


def fingerprint(luma: Plane) -> int:
    """Return a number that is equal for equal pictures (CRC-32)."""
    return zlib.crc32(np.ascontiguousarray(luma).data)


def is_black(luma: Plane) -> bool:
    """Return whether there is nothing to be seen, from every eighth pixel each way: for a watch."""
    return float(np.percentile(luma[::8, ::8], 99)) <= BLACK_LUMA


def judge(looks: Sequence[Look], asked: VideoMode) -> Finding:
    """Judge a camera by what it gave, one after the other; `asked` is what it should give.

    Of several things that are wrong the one is told that explains the others: a black picture is
    also dark, and frozen where there is no noise.
    """
    if not looks:
        return failed(
            "camera", FROZEN, "it is open and gives no picture", "Plug it in again, or replace it."
        )
    last, fps = looks[-1], rate(looks)
    light = f"luma {last.mean:.0f} of 16 to 235"
    wrong = _unseen(last, light) or _frozen(looks)
    if wrong is None and fps is not None and fps < RATE_SHARE * asked.fps:
        wrong = _slow(last, fps, asked, light)
    if wrong is None and last.bright < DARK_LUMA:
        wrong = _dark(f"too dark for a face: {light}, nine tenths below {last.bright:.0f}")
    if wrong is None:
        wrong = _small(last, asked)
    if wrong is not None:
        return wrong
    pace = f" at {fps:.0f} a second" if fps is not None else ""
    measured = f"{last.width}x{last.height}{pace}, {light}"
    if last.is_unsharp:
        bare = f"{measured}; nothing is to be seen but a bare wall or a smear"
        return Finding("camera", True, bare, fix="Stand before it, and test again.", proved=False)
    return Finding("camera", True, measured)


def rate(looks: Sequence[Look]) -> float | None:
    """Return pictures a second by the times at which they were taken; None of fewer than three.

    The median of the times between: pictures that nobody waited for make some of them longer.
    """
    gaps = np.diff([each.at_s for each in looks])
    middle = float(np.median(gaps)) if len(gaps) > 1 else 0.0
    return 1 / middle if middle > 0 else None


def _unseen(last: Look, light: str) -> Finding | None:
    if last.is_black:
        return failed(
            "camera",
            SILENT,
            f"black: {light}, 99 % below {last.brightest:.0f}",
            "Open its shutter, take away what covers it, switch on the light. If it stays black, "
            "replace the camera.",
        )
    if last.is_covered:
        return failed(
            "camera",
            SILENT,
            f"covered or out of focus: edges of {last.edge:.0f}, contrast {last.contrast:.0f}",
            "Take away what lies on the lens, and clean it. If it stays so, replace the camera.",
        )
    return None


def _frozen(looks: Sequence[Look]) -> Finding | None:
    over_s = looks[-1].at_s - looks[0].at_s
    same = len({each.fingerprint for each in looks}) == 1
    if not (same and len(looks) >= FROZEN_PICTURES and over_s >= FROZEN_S):
        return None
    return failed(
        "camera",
        FROZEN,
        f"frozen: {len(looks)} pictures in {over_s:.1f} s are the same",
        "Plug the camera in again; if it freezes again, replace it.",
    )


def _slow(last: Look, fps: float, asked: VideoMode, light: str) -> Finding:
    slow = f"{fps:.0f} pictures a second instead of {asked.fps}"
    if last.bright < DIM_LUMA:
        return _dark(f"too dark: it exposes so long that it gives {slow} ({light})")
    return failed(
        "camera",
        REFUSED,
        f"slow: {slow}",
        "Give it a USB port of its own, not a hub's; or ask less of it in terminal.toml "
        "(fps, width, height, camera_format).",
        usable=True,
    )


def _dark(detail: str) -> Finding:
    return failed(
        "camera",
        SILENT,
        detail,
        "Switch on or mend the light, and have it fall on the face.",
        usable=True,
    )


def _small(last: Look, asked: VideoMode) -> Finding | None:
    if last.width >= SIZE_SHARE * asked.width and last.height >= SIZE_SHARE * asked.height:
        return None
    return failed(
        "camera",
        REFUSED,
        f"{last.width}x{last.height} instead of {asked.width}x{asked.height}",
        "Write a size that it has into terminal.toml (width, height), or replace the camera.",
        usable=True,
    )
