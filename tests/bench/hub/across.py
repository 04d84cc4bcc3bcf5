"""Offers from a client on one hub to a client on another, by way of NATS; and on one of the two."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from signalling.hub.store.interface import Store
from tests.bench.hub.people import book, keep
from tests.bench.hub.processes import Worker, cpu_s, worker
from tests.bench.hub.running import idle_share
from tests.bench.hub.several import two_hubs
from tests.bench.hub.sizes import PAIRS, Size


@dataclass(slots=True)
class Way:
    """One way from client to client."""

    cpu_us: list[float] = field(default_factory=list)
    """Processor time for one offer, of each process on the way, what it takes idle taken off."""
    paced_ms: list[float] = field(default_factory=list)
    alone_ms: list[float] = field(default_factory=list)
    """By eight pairs that wait for nothing but the offer before."""


@dataclass(slots=True)
class Across:
    """Both ways of the same hubs."""

    local: Way = field(default_factory=Way)
    """Of the first hub only: both clients are there."""
    by_bus: Way = field(default_factory=Way)
    """Of both hubs, then of the NATS server."""


async def measure(folder: Path, size: Size) -> Across:
    """Measure both."""

    async def fill(store: Store, key: bytes) -> None:
        now = time.time()
        await keep(store, key, PAIRS, now)
        await book(store, range(PAIRS), "w", now - 60.0)

    found = Across()
    async with two_hubs(folder, fill) as two:
        await two.first.start()
        crowd = replace(size, clients=2 * PAIRS)
        url = f"ws://127.0.0.1:{two.first.port}"
        async with worker("moving", url, crowd, module="moving_load") as load:
            await load.do("connect")
            await load.do("first")
            found.local = await _way(load, [two.first.pid], size)
            await two.join()
            await load.do("part", url=f"ws://127.0.0.1:{two.second.port}")
            pids = [two.first.pid, two.second.pid, two.nats.process.pid]
            found.by_bus = await _way(load, pids, size)
    return found


async def _way(load: Worker, pids: Sequence[int], size: Size) -> Way:
    idle = [await idle_share(pid, size.idle_s / len(pids)) for pid in pids]
    paced = await load.do("paced")
    before, began = [cpu_s(pid) for pid in pids], time.monotonic()
    alone = await load.do("alone")
    took_s = time.monotonic() - began
    spent = [cpu_s(pid) - was for pid, was in zip(pids, before, strict=True)]
    offers = len(alone["relay_ms"])
    each = [(cpu - share * took_s) / offers * 1e6 for cpu, share in zip(spent, idle, strict=True)]
    return Way(each, paced["relay_ms"], alone["relay_ms"])
