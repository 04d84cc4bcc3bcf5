"""One server under the load client: what is measured alike of the hub and of its peers."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from tests.bench.hub.processes import Worker, cpu_s, memory_kib
from tests.bench.hub.samples import share
from tests.bench.hub.sizes import Size


@dataclass(slots=True)
class Measured:
    """Of one server."""

    kib_each: float = 0.0
    connects_each_s: float = 0.0
    idle_share: float = 0.0
    """Of one core, with everybody connected and nothing but their keepalives."""
    cpu_us: float = 0.0
    """Processor time for one offer, the idle share taken off."""
    alone_ms: list[float] = field(default_factory=list)
    starting_ms: list[float] = field(default_factory=list)
    starting_cpu: float = 0.0

    def p99(self) -> float:
        """Of what was carried while visits started."""
        return share(self.starting_ms, 99)

    def worst(self) -> float:
        """Of what was carried while visits started."""
        return max(self.starting_ms)


async def common(pid: int, worker: Worker, size: Size) -> Measured:
    """Connect everybody, then measure what hub and peers have in common."""
    found = Measured()
    await connected(pid, worker, size, found)
    await carried(pid, worker, found)
    cpu = cpu_s(pid)
    starting = await worker.do("starting")
    found.starting_ms = starting["relay_ms"]
    found.starting_cpu = (cpu_s(pid) - cpu) / starting["took_s"]
    return found


async def connected(pid: int, worker: Worker, size: Size, found: Measured) -> None:
    """Connect everybody: memory, and what they cost while they are idle."""
    before = memory_kib(pid)
    took = await worker.do("connect")
    found.connects_each_s = size.clients / took["took_s"]
    found.idle_share = await idle_share(pid, size.idle_s)
    found.kib_each = (memory_kib(pid) - before) / size.clients


async def carried(pid: int, worker: Worker, found: Measured) -> None:
    """Carry offers while nothing else happens."""
    await worker.do("first")
    cpu, began = cpu_s(pid), time.monotonic()
    alone = await worker.do("alone")
    idle = found.idle_share * (time.monotonic() - began)
    found.alone_ms = alone["relay_ms"]
    found.cpu_us = (cpu_s(pid) - cpu - idle) / len(found.alone_ms) * 1e6


async def idle_share(pid: int, seconds: float) -> float:
    """Return how much of one core a process takes while nothing is asked of it."""
    await asyncio.sleep(1.0)  # what connecting left to be done
    cpu, began = cpu_s(pid), time.monotonic()
    await asyncio.sleep(seconds)
    return (cpu_s(pid) - cpu) / (time.monotonic() - began)
