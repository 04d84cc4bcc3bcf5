"""What the short form judges: ratios within one run, never an absolute time.

| ratio, ours to | at most | why there |
| --- | --- | --- |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.media import limit, samples
from tests.bench.media.session import Sized


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours to something of the same run, and the most it may be."""

    name: str
    of: Callable[[Sized], float]
    most: float


def _press(one: Sized) -> float:
    ours, peer = (
        samples.median([each.family_ms for each in side.warm]) for side in (one.ours, one.peer)
    )
    return ours / peer


def _to_wall(one: Sized) -> float:
    ours, peer = (
        samples.median([ms for call in side.calls for ms in call.wall_delay.all_ms])
        for side in (one.ours, one.peer)
    )
    return ours / peer


def _to_family(one: Sized) -> float:
    ours, peer = (
        samples.median([ms for call in side.calls for ms in call.family_delay.all_ms])
        for side in (one.ours, one.peer)
    )
    return ours / peer


def _cpu_peer(one: Sized) -> float:
    return one.ours.net_percent / one.peer.net_percent


def _cpu_bare(one: Sized) -> float:
    bare = limit.picture_percent(one.width, one.height, "H264") + limit.sound_percent()
    return one.ours.net_percent / bare


RATIOS: Final = (
    Ratio("press to picture, family, to Chromium pre-warmed", _press, 1.0),
    Ratio("picture delay to the kiosk, p50, to Chromium", _to_wall, 1.0),
    Ratio("picture delay to the family, p50, to Chromium", _to_family, 1.5),
    Ratio("CPU of the call, to Chromium", _cpu_peer, 1.0),
    Ratio("CPU of the call, to the bare codec", _cpu_bare, 6.0),
)


def fallen(sized: Sequence[Sized], say: Callable[[str], object]) -> list[str]:
    """Say every ratio; return the names of those that are over their most."""
    over = []
    for one in sized:
        for ratio in RATIOS:
            value = ratio.of(one)
            is_over = value > ratio.most
            mark = "FELL" if is_over else "ok"
            say(f"{mark:>4}  {ratio.name}, {one.name}: {value:.2f} (at most {ratio.most:g})")
            if is_over:
                over.append(ratio.name)
    return over
