"""What the short form judges: ratios within one run, never an absolute time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.media import limit, samples
from tests.bench.media.calls import Chirps
from tests.bench.media.ears import Ears, came
from tests.bench.media.session import Measured, Sized


@dataclass(frozen=True, slots=True)
class Run:
    """What one run measured."""

    sized: Sized
    ears: Ears


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours to something of the same run, and the most it may be."""

    name: str
    of: Callable[[Run], float]
    most: float
    why: str
    """Why the margin is there."""


def _press(run: Run, who: str) -> float:
    ours, peer = (
        samples.median([getattr(each, who) for each in side.warm])
        for side in (run.sized.ours, run.sized.peer)
    )
    return ours / peer


def _delay(run: Run, way: str) -> float:
    def p50(side: Measured) -> float:
        return samples.median([ms for call in side.calls for ms in getattr(call, way).all_ms])

    return p50(run.sized.ours) / p50(run.sized.peer)


def _sound(run: Run, way: str) -> float:
    ours, peer = (came(getattr(side, way)) for side in (run.ears.ours, run.ears.peer))
    return samples.median(ours) / samples.median(peer)


def _cpu_peer(run: Run) -> float:
    return run.sized.ours.net_percent / run.sized.peer.net_percent


def _cpu_bare(run: Run) -> float:
    one = run.sized
    return one.ours.net_percent / limit.call_percent(one.width, one.height, "H264")


def _frames(run: Run, way: str) -> float:
    """Readable pictures: a broken one has no number."""

    def seen(side: Measured) -> int:
        return sum(each.number is not None for call in side.calls for each in getattr(call, way))

    return seen(run.sized.peer) / max(1, seen(run.sized.ours))


def _width(run: Run, way: str) -> float:
    def median(side: Measured) -> float:
        widths = [each.width for call in side.calls for each in getattr(call, way)]
        return samples.median(widths) if widths else 1.0

    return median(run.sized.peer) / median(run.sized.ours)


def _gaps(run: Run, way: str) -> float:
    def count(side: Measured) -> int:
        times = [[each.at_ms for each in getattr(call, way)] for call in side.calls]
        return 1 + sum(samples.gaps(each).count for each in times)

    return count(run.sized.ours) / count(run.sized.peer)


def _missing(run: Run, way: str) -> float:
    def count(side: Chirps) -> int:
        heard: list[float | None] = getattr(side, way)
        return 1 + heard.count(None)

    return count(run.ears.ours) / count(run.ears.peer)


RATIOS: Final = (
    Ratio("press to picture, family, to Chromium pre-warmed",
          lambda run: _press(run, "family_ms"), 0.9,
          "0.2 to 0.4; few presses, and one late wake-up doubles one"),
    Ratio("press to picture, kiosk, to Chromium pre-warmed",
          lambda run: _press(run, "kiosk_ms"), 1.4,
          "0.6 to 1.1; it waits for the family's encoder, which is Chromium's in both, and a press"
          " meets its camera at any time of the 33 ms between two pictures"),
    Ratio("picture delay to the kiosk, to Chromium",
          lambda run: _delay(run, "wall_delay"), 0.9,
          "0.5 to 0.6; a frame held until the next one comes makes it 2"),
    Ratio("picture delay to the family, to Chromium",
          lambda run: _delay(run, "family_delay"), 0.9,
          "0.3 to 0.7; on a busy machine encoding waits for a core"),
    Ratio("mouth to ear to the kiosk, to Chromium",
          lambda run: _sound(run, "to_wall_ms"), 1.2,
          "0.3 to 0.8; a buffer grows by 20 ms when the machine is busy"),
    Ratio("mouth to ear to the family, to Chromium",
          lambda run: _sound(run, "to_family_ms"), 1.5,
          "0.5 to 1.0; the buffer is Chromium's in both, and grows when it likes"),
    Ratio("CPU of the call, to Chromium", _cpu_peer, 1.2,
          "0.6 to 0.85; neighbours on the machine cost each differently"),
    Ratio("CPU of the call, to the bare codecs", _cpu_bare, 6.0,
          "2.6 to 3.9; the bare codecs run alone, their caches warm"),
    Ratio("readable pictures at the kiosk, Chromium's to ours",
          lambda run: _frames(run, "to_wall"), 1.2,
          "1.0; both take what comes, a busy machine costs either some"),
    Ratio("readable pictures at the family, Chromium's to ours",
          lambda run: _frames(run, "to_family"), 1.2,
          "1.0; likewise"),
    Ratio("width of the picture at the kiosk, Chromium's to ours",
          lambda run: _width(run, "to_wall"), 1.4,
          "1.0; the family's browser may step down once, from 640 to 480, in either call"),
    Ratio("width of the picture at the family, Chromium's to ours",
          lambda run: _width(run, "to_family"), 1.0,
          "1.0 or less; the terminal sends the size that it was asked for"),
    Ratio("gaps over 200 ms at the kiosk and one, to Chromium's and one",
          lambda run: _gaps(run, "to_wall"), 2.0,
          "1.0; there are none, and a single one may be the machine's"),
    Ratio("gaps over 200 ms at the family and one, to Chromium's and one",
          lambda run: _gaps(run, "to_family"), 2.0,
          "1.0; likewise"),
    Ratio("missing chirps at the kiosk and one, to Chromium's and one",
          lambda run: _missing(run, "to_wall_ms"), 2.0,
          "1.0; likewise"),
    Ratio("missing chirps at the family and one, to Chromium's and one",
          lambda run: _missing(run, "to_family_ms"), 2.0,
          "1.0; likewise"),
)  # fmt: skip
"""The reason tells the range of repeated runs, and what the margin is for."""


def fallen(sized: Sequence[Sized], ears: Ears, say: Callable[[str], object]) -> set[str]:
    """Say every ratio; return the names of those that are over their most."""
    over = set()
    for one in sized:
        for ratio in RATIOS:
            value = ratio.of(Run(one, ears))
            is_over = value > ratio.most
            mark = "FELL" if is_over else "ok"
            say(f"{mark:>4}  {ratio.name}, {one.name}: {value:.2f} (at most {ratio.most:g})")
            if is_over:
                over.add(ratio.name)
    return over
