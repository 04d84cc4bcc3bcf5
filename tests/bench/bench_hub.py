"""The hub beside the smallest relays one could write on the same library, in the same run.

ours: the real hub process, with its checks, limits and committed log. peer: a relay that parses
JSON. limit: one that looks at nothing. One client at a time; loopback; medians over interleaved
rounds, so that a busy machine slows all three alike.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from signalling.messages import HUB_TO_PAGE, HUB_TO_TERMINAL, Hello, Offer, Ping, encode
from signalling.wire import VERSION
from tests.bench.report import Benchmark, Row
from tests.e2e.processes import Process
from tests.e2e.stage import EMAIL, INMATE, PASSWORD, PIN, stage
from tests.signalling.hub.harness import OFFER_SDP, Page, Terminal

ROUNDS, PER_ROUND = 8, 60
Measure = Callable[[], Awaitable[float]]


class Relay:
    """A bare relay and its two clients."""

    def __init__(self, how: str) -> None:
        self.process = Process(how, [sys.executable, "-m", "tests.bench.relay", how])
        self.terminal: ClientConnection
        self.page: ClientConnection
        self.url = ""

    async def start(self) -> None:
        await self.process.start()
        listening = await self.process.wait_for(r"listening on http(://[0-9.:]+)")
        self.url = f"ws{listening[1]}"
        self.terminal = await connect(f"{self.url}/terminal", compression=None)
        self.page = await connect(f"{self.url}/family", compression=None)

    async def ping(self) -> float:
        began = time.perf_counter()
        await self.page.send(encode(Ping(sent=1)))
        await self.page.recv()
        return time.perf_counter() - began

    async def offer(self) -> float:
        frame = encode(Offer(visit="v", page="p", connection=1, sdp=OFFER_SDP))
        began = time.perf_counter()
        await self.terminal.send(frame)
        await self.page.recv()
        return time.perf_counter() - began

    async def connect(self) -> float:
        began = time.perf_counter()
        socket = await connect(f"{self.url}/other", compression=None)
        await socket.send(encode(Ping(sent=1)))
        await socket.recv()
        took = time.perf_counter() - began
        await socket.close()
        return took


class Ours:
    """The hub with a visit that is Ready: a terminal and a page that has joined."""

    def __init__(self, url: str, terminal: Terminal, page: Page, visit: str) -> None:
        self.url, self.terminal, self.page, self.visit = url, terminal, page, visit
        self._connection = 0

    async def ping(self) -> float:
        before = len(self.page.received)
        began = time.perf_counter()
        await self.page.send(Ping(sent=1))
        await self.page.until(lambda: len(self.page.received) > before)
        return time.perf_counter() - began

    async def offer(self) -> float:
        self._connection += 1
        before = self.page.count(Offer)
        began = time.perf_counter()
        await self.terminal.offer(self.visit, self.page.page, self._connection)
        await self.page.until(lambda: self.page.count(Offer) > before)
        return time.perf_counter() - began

    async def connect(self) -> float:
        began = time.perf_counter()
        socket = await connect(
            f"ws{self.url[4:]}/family", origin=Origin(self.url), compression=None
        )
        await socket.send(encode(Hello(versions=[VERSION])))
        await socket.recv()
        took = time.perf_counter() - began
        await socket.close()
        return took


async def measured(sides: dict[str, Measure]) -> dict[str, list[float]]:
    """Take interleaved rounds of samples, in microseconds."""
    samples: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, measure in sides.items():
            samples[name] += [await measure() * 1e6 for _ in range(PER_ROUND)]
    return samples


async def main() -> bool:
    """Measure and report; whether every goal was met."""
    bench = Benchmark("hub")
    async with stage() as house:
        hub = await house.start_hub(limits="messages_per_10_s = 1000000")
        await house.people()
        visit = await hub.book("now", 600)
        place = ("--facility", "lindell", "--label", "4", "--unit", "C")
        code = (await hub.staff("terminal", "add", "t4", *place))["code"]
        ws = f"ws{hub.url[4:]}"
        terminal = Terminal(await connect(f"{ws}/terminal", compression=None), HUB_TO_TERMINAL)
        await terminal.enrol(Ed25519PrivateKey.generate(), "t4", code)
        await terminal.sign_in(INMATE, PIN)
        family = await connect(f"{ws}/family", origin=Origin(hub.url), compression=None)
        page = Page(family, HUB_TO_PAGE)
        await page.hello()
        await page.log_in(EMAIL, PASSWORD)
        await page.open("lindell", PASSWORD)
        await page.join(visit)
        await terminal.sees(lambda view: view.page == page.page)
        ours, peer, limit = Ours(hub.url, terminal, page, visit), Relay("json"), Relay("raw")
        await peer.start()
        await limit.start()
        try:
            for what, name, factor in (
                ("ping to pong, median", "ping", 3.0),
                ("offer, terminal to page, median", "offer", 3.0),
                ("connect to first answer, median", "connect", 2.0),
            ):
                sides = {"ours": ours, "peer": peer, "limit": limit}
                samples = await measured({key: getattr(side, name) for key, side in sides.items()})
                middle = {key: statistics.median(each) for key, each in samples.items()}
                goal = middle["limit"] * factor
                bench.add(Row(what, "µs", middle["ours"], middle["peer"], middle["limit"], goal))
                bench.curves |= {f"{name}, {key}": each for key, each in samples.items()}
        finally:
            for side in (peer, limit):
                await side.terminal.close()
                await side.page.close()
                await side.process.stop()
            await terminal.close()
            await page.close()
    return bench.finish("µs")


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main()) else 1)
