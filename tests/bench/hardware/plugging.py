"""Days of plugging in and unplugging, in fast forward: nothing leaks, and all of it is told.

The devices are umockdev's; what reads and tells them is the terminal's own.
"""

from __future__ import annotations

from typing import Final

from tests.bench.report import Benchmark, Row
from tests.hardware.plugging import CYCLE_S, fast_forward_in_child

CYCLES_PER_S: Final = 24
"""Of measuring: 15 seconds are an hour of a cycle each 10 s, 360 are a day."""
SLOWEST_S: Final = 0.5
"""What one cycle may take on the busiest machine, before it counts as hung."""


async def measure(bench: Benchmark, seconds: float) -> None:
    """Add what many cycles of plugging and unplugging leave behind."""
    cycles = round(seconds * CYCLES_PER_S)
    tally = fast_forward_in_child(cycles, 30 + cycles * SLOWEST_S)
    hours = tally.cycles * CYCLE_S / 3600
    before, after = tally.descriptors
    what = f"{hours:.3g} h of plugging in fast forward: descriptors leaked"
    bench.add(Row(what, "", after - before, None, None, 0))
    grown_kb = tally.resident_kb[1] - tally.resident_kb[0]
    bench.add(Row("  memory grown", "kB", grown_kb, None, None, None))
    told_ms = 1e3 * tally.wall_s / max(1, tally.told)
    bench.add(Row("  from a uevent to its being told", "ms", told_ms, None, None, None))
