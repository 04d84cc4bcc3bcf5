"""The table of the bench: what was measured, beside the peer, the limit and the goals."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from tests.bench.media import limit, samples
from tests.bench.media.session import Measured, Sized
from tests.bench.report import Row

# What a person feels, by height of the picture.
PRESS_FAMILY_MS: Final = {480: 45.0, 720: 70.0}
PRESS_KIOSK_MS: Final = 100.0
TO_WALL_P50_MS: Final = {480: 8.0, 720: 13.0}
TO_WALL_P95_MS: Final = {480: 15.0, 720: 25.0}
CPU_PERCENT: Final = {480: 15.0, 720: 30.0}


def press_rows(one: Sized) -> list[Row]:
    """From the press to the first picture: the peer pre-warmed as we are, and as it usually is."""
    rows = []
    for who, of, goal in (
        ("family", attrgetter("family_ms"), PRESS_FAMILY_MS[one.height]),
        ("kiosk", attrgetter("kiosk_ms"), PRESS_KIOSK_MS),
    ):
        ours, warm, cold = (
            [of(press) for press in presses]
            for presses in (one.ours.warm, one.peer.warm, one.peer.cold)
        )
        what = f"press to first picture, {who}, {one.name}"
        middle = samples.median
        rows += [
            Row(f"{what}, median (peer: pre-warmed)", "ms", middle(ours), middle(warm), None, goal),
            Row("  worst", "ms", max(ours), max(warm), None, None),
            Row("  median (peer: connecting)", "ms", middle(ours), middle(cold), None, None),
        ]
    return rows


def delay_rows(one: Sized) -> list[Row]:
    """One-way delay of the picture, stamp to decoded; to the family: no worse than the peer."""
    rows = []
    for direction, of, goals in (
        ("family to kiosk", _to_wall, (TO_WALL_P50_MS, TO_WALL_P95_MS)),
        ("kiosk to family", _to_family, None),
    ):
        ours, peer = of(one.ours), of(one.peer)
        for place, share in enumerate((50, 95)):
            mine, theirs = samples.percentile(ours, share), samples.percentile(peer, share)
            goal = goals[place][one.height] if goals else theirs
            what = f"picture delay {direction}, {one.name}, p{share}"
            rows.append(Row(what, "ms", mine, theirs, None, goal))
    return rows


def gap_rows(one: Sized) -> list[Row]:
    """What stood still for over 200 ms, as counted here; browsers' own counts miss much."""
    rows = []
    for direction, name in (("family to kiosk", "to_wall"), ("kiosk to family", "to_family")):
        ours, peer = (
            [samples.gaps(each) for each in _times(side, name)] for side in (one.ours, one.peer)
        )
        what = f"picture {direction}, {one.name}"
        rows += [
            Row(f"{what}, gaps over 200 ms", "", _sum(ours, "count"), _sum(peer, "count"), None, 0),
            Row("  longest between two", "ms", _most(ours), _most(peer), None, None),
            Row("  total", "ms", _sum(ours, "total_ms"), _sum(peer, "total_ms"), None, None),
            Row(
                "  width (a browser may send less than asked)",
                "px",
                _width(one.ours, name),
                _width(one.peer, name),
                None,
                None,
            ),
            Row("  frames a second", "1/s", _fps(one.ours, name), _fps(one.peer, name), None, None),
        ]
    return rows


def cpu_rows(one: Sized) -> list[Row]:
    """CPU of the wall side. The devices are simulated, so what they cost is taken off and told."""
    bare = limit.call_percent(one.width, one.height, "H264")
    other = limit.call_percent(one.width, one.height, "VP8")
    middle, ours, peer = samples.median, one.ours, one.peer
    what = f"CPU of a two-way call {one.name}, without drawing, % of a core"
    goal = CPU_PERCENT[one.height]
    return [
        Row(f"{what} (limit: H264 out, VP8 in)", "%", ours.net_percent, peer.net_percent, bare,
            goal),
        Row("  (limit: VP8 both ways)", "%", ours.net_percent, peer.net_percent, other, None),
        Row("  simulated devices, not counted above", "%", middle(ours.idle_percent),
            middle(peer.idle_percent), None, None),
        Row("  both together", "%", middle(ours.call_percent), middle(peer.call_percent),
            None, None),
    ]  # fmt: skip


def memory_rows(one: Sized) -> list[Row]:
    """Memory of the wall side alone, at the end of a call."""
    what = f"memory (PSS) in a call {one.name}: media process; Chromium's tree"
    return [Row(what, "MB", max(one.ours.pss_mb), max(one.peer.pss_mb), None, None)]


def rows(one: Sized) -> list[Row]:
    """Return every row of one size."""
    parts = (press_rows, delay_rows, gap_rows, cpu_rows, memory_rows)
    return [row for part in parts for row in part(one)]


def curves(one: Sized) -> dict[str, Sequence[float]]:
    """Return the curves of one size: name to samples in ms."""
    drawn: dict[str, Sequence[float]] = {}
    for who, side in (("ours", one.ours), ("Chromium", one.peer)):
        drawn[f"press, family, {one.name}, {who}"] = [each.family_ms for each in side.warm]
        drawn[f"delay to kiosk, {one.name}, {who}"] = _to_wall(side)
        drawn[f"delay to family, {one.name}, {who}"] = _to_family(side)
    return drawn


def _to_wall(side: Measured) -> list[float]:
    return [ms for call in side.calls for ms in call.wall_delay.all_ms]


def _to_family(side: Measured) -> list[float]:
    return [ms for call in side.calls for ms in call.family_delay.all_ms]


def _sum(gaps: Sequence[samples.Gaps], name: str) -> float:
    return float(sum(getattr(each, name) for each in gaps))


def _most(gaps: Sequence[samples.Gaps]) -> float:
    return max(each.longest_ms for each in gaps)


def _times(side: Measured, name: str) -> list[list[float]]:
    """When frames came, for each call."""
    return [[each.at_ms for each in getattr(call, name)] for call in side.calls]


def _width(side: Measured, name: str) -> float:
    return samples.median([each.width for call in side.calls for each in getattr(call, name)])


def _fps(side: Measured, name: str) -> float:
    times = [each for each in _times(side, name) if len(each) > 1]
    return samples.median([1000 * (len(each) - 1) / (each[-1] - each[0]) for each in times])
