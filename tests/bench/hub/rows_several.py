"""The rows of two hubs that are one."""

from __future__ import annotations

from typing import Final

from tests.bench.hub.across import Across
from tests.bench.hub.samples import share
from tests.bench.hub.sizes import PACE_S, PAIRS
from tests.bench.hub.takeover import TakenOver
from tests.bench.report import Benchmark, Row

TAKEN_WITHIN_S: Final = {"killed": 1.0, "frozen": 5.0, "cut off": 5.0}
CPU_RATIO: Final = 2.3


def add_across(bench: Benchmark, across: Across) -> None:
    """Fill in what it costs that two clients are at different hubs."""
    local, bus = across.local, across.by_bus
    what = "carried from a client on hub A to one on hub B by NATS (limit: both on A)"
    paced = [share(each.paced_ms, 99) for each in (bus, local)]
    row = f"{what}, {1 / PACE_S:.0f} offers a second, p99"
    bench.add(Row(row, "ms", paced[0], None, paced[1], 2.0))
    busy = [share(each.alone_ms, 99) for each in (bus, local)]
    row = f"{what}, {PAIRS} pairs at full speed, p99"
    bench.add(Row(row, "ms", busy[0], None, busy[1], None))
    *hubs, server = bus.cpu_us
    own = local.cpu_us[0]
    row = "CPU of both hubs for such an offer (limit: of one, both on A)"
    bench.add(Row(row, "µs", sum(hubs), None, own, CPU_RATIO * own))
    bench.add(Row("CPU of the NATS server for such an offer", "µs", server, None, None, None))
    bench.curves["client to client, by NATS"] = bus.paced_ms
    bench.curves["client to client, on one hub"] = local.paced_ms


def add_takeover(bench: Benchmark, how: str, found: TakenOver) -> None:
    """Fill in how a hub took over from another; clients turn to it as soon as that is gone."""

    def own(what: str, value: float, goal: float | None, unit: str = "s") -> None:
        bench.add(Row(f"keeping hub {how}: {what}", unit, value, None, None, goal))

    goal = TAKEN_WITHIN_S[how]
    own("the other one serves its last facility after", found.kept_s, None)
    own(f"the last of {len(found.back_s)} clients is served again after", max(found.back_s), goal)
    own(f"the last of {len(found.again_s)} visits goes on after", max(found.again_s), goal)
    late = f"visits that become pending or end meanwhile, {len(found.late_s)}: told late by up to"
    own(late, max(found.late_s), goal)
    own("mails, events or lost time given twice", found.twice, 0.0, "")
