"""One size measured: the terminal and, in its place, Chromium, in turns, with the same family."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.bench.media import cpu, samples
from tests.bench.media.browser import Browser, browser
from tests.bench.media.calls import Call, Ours, Peers, Press, Taken
from tests.bench.media.terminal import terminal
from tests.bench.namespaces import Host

SETTLE_S: Final = 1.5
"""From opening devices, or from connecting, until a person could press."""
RAMP_S: Final = 4.0
"""From the press until rates have settled; what comes before is not measured."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    sizes: tuple[tuple[int, int], ...]
    rounds: int
    """Turns of ours and the peer: a busy minute of the machine meets both."""
    presses: int
    """In each round."""
    seconds: float
    """Of call in each round: half for its CPU, half for its pictures."""


@dataclass(slots=True)
class Measured:
    """What one wall side did, over all rounds."""

    warm: list[Press] = field(default_factory=list)
    cold: list[Press] = field(default_factory=list)
    calls: list[Taken] = field(default_factory=list)
    idle_percent: list[float] = field(default_factory=list)
    """CPU with devices open and no call."""
    call_percent: list[float] = field(default_factory=list)
    pss_mb: list[float] = field(default_factory=list)
    threads: dict[str, float] = field(default_factory=dict)
    """CPU of the terminal's threads in the last call."""

    @property
    def net_percent(self) -> float:
        """CPU of the call without the devices' own."""
        return samples.median(self.call_percent) - samples.median(self.idle_percent)


@dataclass(frozen=True, slots=True)
class Sized:
    """Both wall sides at one size."""

    width: int
    height: int
    ours: Measured
    peer: Measured

    @property
    def name(self) -> str:
        """As people say it: 480p."""
        return f"{self.height}p"


async def measured(hosts: tuple[Host, Host], size: tuple[int, int], plan: Plan, say: Say) -> Sized:
    """Measure both at one size."""
    wall_host, family_host = hosts
    sized = Sized(*size, Measured(), Measured())
    async with browser(family_host, *size) as family:
        for turn in range(1, plan.rounds + 1):
            say(f"{sized.name}: the terminal and Chromium, round {turn} of {plan.rounds}")
            async with terminal(wall_host, *size) as wall:
                threads = await _round(Ours(wall, family), wall.pid, sized.ours, plan)
                sized.ours.threads = threads
            say(f"{sized.name}: Chromium and Chromium, round {turn} of {plan.rounds}")
            async with browser(wall_host, *size) as other:
                root = cpu.find(other.flag)
                await _round(Peers(other, family), root, sized.peer, plan)
                await _cold(other, family, sized.peer, plan)
    return sized


async def _round(call: Call, root: int, into: Measured, plan: Plan) -> dict[str, float]:
    """Presses and a call; returns the CPU of the wall side's threads by name."""
    await asyncio.sleep(SETTLE_S)
    meter = cpu.Meter(root)
    await asyncio.sleep(max(2.0, plan.seconds / 4))
    into.idle_percent.append(meter.percent())
    for _ in range(plan.presses):
        await call.connect()
        await asyncio.sleep(SETTLE_S)
        into.warm.append(await call.press())
        await call.hang_up()
    await call.connect()
    await call.press()
    await call.measure()
    await asyncio.sleep(RAMP_S)
    await call.rest(True)
    meter, threads = cpu.Meter(root), cpu.Threads(root)
    await asyncio.sleep(plan.seconds / 2)
    into.call_percent.append(meter.percent())
    shares = threads.percent()
    await call.rest(False)
    await call.take()
    await asyncio.sleep(plan.seconds / 2)
    into.calls.append(await call.take())
    into.pss_mb.append(cpu.pss_mb(root))
    await call.hang_up()
    return shares


async def _cold(wall: Browser, family: Browser, into: Measured, plan: Plan) -> None:
    call = Peers(wall, family)
    for _ in range(plan.presses):
        into.cold.append(await call.press_cold())
        await call.hang_up()
