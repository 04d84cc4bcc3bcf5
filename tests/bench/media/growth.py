"""How the media process's memory moves while a call goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from tests.bench.media import cpu
from tests.bench.media.browser import browser
from tests.bench.media.calls import Ours
from tests.bench.media.session import Say
from tests.bench.media.terminal import terminal
from tests.bench.namespaces import Host
from tests.bench.report import Row

EVERY_S: Final = 5.0
SAY_EVERY_S: Final = 60.0
FLAT_MB_PER_H: Final = 5.0
"""Under this, memory is flat: an allocator's pages come and go by as much."""
FIRST_SHARE: Final = 0.2
"""Of the run, in which caches and buffers still fill, does not count."""


async def measured(
    hosts: tuple[Host, Host], size: tuple[int, int], minutes: float, say: Say
) -> list[Row]:
    """Let a call run and return its memory at most, and how fast what is its own grew."""
    wall_host, family_host = hosts
    times: list[float] = []
    sizes: list[float] = []
    anonymous: list[float] = []
    async with browser(family_host, *size) as family, terminal(wall_host, *size) as wall:
        call = Ours(wall, family)
        await call.connect()
        await call.press()
        began = said = time.monotonic()
        while (now := time.monotonic()) - began < minutes * 60:
            times.append(now - began)
            sizes.append(cpu.own_pss_mb(wall.pid))
            anonymous.append(cpu.own_pss_mb(wall.pid, "Pss_Anon"))
            wall.take_remote()
            wall.own.clear()
            wall.statistics()
            if now - said > SAY_EVERY_S:
                said = now
                minute = (now - began) / 60
                say(f"{minute:.0f} min: {sizes[-1]:.1f} MB, {anonymous[-1]:.1f} of them its own")
            await asyncio.sleep(EVERY_S)
        await call.hang_up()
    what = f"memory (PSS) of the media process over {minutes:g} min"
    return [
        Row(f"{what}, most", "MB", max(sizes), None, None, None),
        Row(
            "  growth of its own (anonymous)",
            "MB/h",
            slope_per_h(times, anonymous),
            None,
            None,
            FLAT_MB_PER_H,
        ),
    ]


def slope_per_h(times_s: Sequence[float], sizes: Sequence[float]) -> float:
    """Return the slope of the line through the later samples, per hour."""
    first = int(len(times_s) * FIRST_SHARE)
    if len(times_s) - first < 3:
        raise ValueError("too few samples for a slope")
    return float(np.polyfit(times_s[first:], sizes[first:], 1)[0]) * 3600
