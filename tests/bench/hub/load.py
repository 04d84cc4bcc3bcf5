"""The load client, a process of its own: JSON commands in, one JSON answer each.

`python -m tests.bench.hub.load hub|peer URL SIZE-AS-JSON [AUTHORITY]`

Of two URLs with a comma between them pages go to the second. The authority signed the certificate.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import random
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import uvloop

from signalling.visit import Status
from tests.bench.hub.crowd import PageEnd, Pair, TerminalEnd, measure_all, ping_all
from tests.bench.hub.peers import PeerEnd, PeerPair, beat_all
from tests.bench.hub.people import visit_id
from tests.bench.hub.samples import Samples
from tests.bench.hub.sizes import PAIRS, Size
from tests.bench.hub.sockets import open_all

RELAY_EVERY_S: Final = 0.02
"""While visits become pending, an offer so often: it must not wait for them."""
AFTER_PENDING_S: Final = 3.0
GIVE_UP_S: Final = 30.0


class Load:
    """What all commands share."""

    def __init__(self, size: Size) -> None:
        self.size, self.samples = size, Samples()
        self.pairs: list[Any] = []
        self.tasks: list[asyncio.Task[None]] = []

    def ends(self) -> list[Any]:
        """Everybody."""
        raise NotImplementedError

    async def connect(self) -> dict[str, Any]:
        """Connect everybody."""
        began = time.monotonic()
        await open_all(self.ends())
        return {"took_s": time.monotonic() - began}

    async def first(self) -> dict[str, Any]:
        """Make the pairs that send offers while nothing else happens ready for it."""
        return {}

    async def alone(self) -> dict[str, Any]:
        """Offers, one after the other by each of the pairs."""
        self.samples.take()
        began = time.monotonic()

        async def some(pair: Any) -> None:
            for _ in range(self.size.alone // PAIRS):
                await pair.offer()

        await asyncio.gather(*(some(pair) for pair in self.pairs[:PAIRS]))
        return {"took_s": time.monotonic() - began, "relay_ms": self.samples.take()}

    async def starting(self) -> dict[str, Any]:
        """Start visits, evenly spread over the window."""
        self.samples.take()
        began = time.monotonic()

        async def one(number: int, pair: Any) -> None:
            at = began + number * self.size.window_s / self.size.starting
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            await self.visit(pair)

        pairs = self.pairs[PAIRS : PAIRS + self.size.starting]
        await asyncio.gather(*(one(number, pair) for number, pair in enumerate(pairs)))
        return {"took_s": time.monotonic() - began, "relay_ms": self.samples.take()}

    async def visit(self, pair: Any) -> None:
        """One visit, from its beginning until the call stands."""
        await pair.offer()
        await pair.agree()


class PeerLoad(Load):
    """Clients of a bare relay."""

    def __init__(self, url: str, size: Size) -> None:
        super().__init__(size)
        self._ends = [PeerEnd(number, url, self.samples) for number in range(size.clients)]
        half = size.clients // 2
        self.pairs = [
            PeerPair(*each) for each in zip(self._ends[:half], self._ends[half:], strict=True)
        ]
        self.tasks.append(asyncio.create_task(beat_all(self._ends)))

    def ends(self) -> list[Any]:
        return list(self._ends)


class HubLoad(Load):
    """Terminals and pages."""

    def __init__(self, url: str, size: Size, authority: str = "") -> None:
        super().__init__(size)
        half = range(size.clients // 2)
        first, _, second = url.partition(",")
        self.terminals = [TerminalEnd(number, first, self.samples) for number in half]
        self.pages = [PageEnd(number, second or first, self.samples) for number in half]
        if authority:
            trusted = ssl.create_default_context(cafile=authority)
            for each in self.ends():
                each.options["ssl"] = trusted
        self.pairs = [Pair(*each) for each in zip(self.terminals, self.pages, strict=True)]
        self.tasks.append(asyncio.create_task(ping_all(self.pages)))
        self.tasks.append(asyncio.create_task(measure_all(self.pairs)))
        self._before: list[Any] = []
        self._dice = random.Random(1)

    def ends(self) -> list[Any]:
        return [*self.terminals, *self.pages]

    async def first(self) -> dict[str, Any]:
        for pair in self.pairs[:PAIRS]:
            await pair.sign_in()
            await pair.join()
        return {}

    async def visit(self, pair: Pair) -> None:
        await pair.sign_in()
        await pair.join()
        await pair.offer()
        await pair.agree()
        await pair.begin()

    async def hold(self, seconds: float) -> dict[str, Any]:
        """Let all go on. The pages of visits lose their connection in turn, and come back."""
        gc.freeze()  # what comes back again and again must be collected after all
        gc.enable()
        self.samples.take()
        going = [pair for pair in self.pairs if pair.goes_on]
        began, number = time.monotonic(), 0
        async with asyncio.TaskGroup() as coming:
            while (since := time.monotonic() - began) < seconds:
                coming.create_task(self._page_again(going[number % len(going)]))
                number += 1
                at = number * self.size.window_s / self.size.starting
                await asyncio.sleep(max(0.0, at - since))
        gc.disable()
        return {"came_back": number, "relay_ms": self.samples.take()}

    @staticmethod
    async def _page_again(pair: Pair) -> None:
        await pair.page.pull()
        await pair.page.open()
        await pair.go_on()
        await pair.offer()
        await pair.agree()

    async def ready_at(self) -> dict[str, Any]:
        """When pages were told that the visits that started are Ready."""
        pages = self.pages[PAIRS : PAIRS + self.size.starting]
        told = {visit_id(page.number): page for page in pages}
        return {visit: page.since[visit, Status.READY] for visit, page in told.items()}

    async def remember(self) -> dict[str, Any]:
        """Remember what everybody was told, before the hub is killed."""
        self._before = [self._told(pair) for pair in self.pairs]
        return {}

    @staticmethod
    def _told(pair: Pair) -> tuple[Any, ...]:
        seat = pair.terminal.seat
        sits = (seat.inmate, seat.visit) if seat is not None else None
        visits = {each.id: (each.status, each.signed_in) for each in pair.page.visits.values()}
        return sits, visits.get(pair.visit)

    async def come_back(self) -> dict[str, Any]:
        """The hub was killed a moment ago: all come back as real clients do."""
        began = time.monotonic()
        await asyncio.gather(*(each.gone() for each in self.ends()))
        await asyncio.gather(*(each.come_back(self._dice) for each in self.ends()))
        took_s = time.monotonic() - began
        joined = [pair for pair in self.pairs if pair.joined]
        await asyncio.gather(*(self._join_again(pair) for pair in joined))
        after = [self._told(pair) for pair in self.pairs]
        pairs = zip(self._before, after, strict=True)
        return {
            "took_s": took_s,
            "resets": sum(each.resets for each in self.ends()),
            "wrong": sum(before != now for before, now in pairs),
        }

    @staticmethod
    async def _join_again(pair: Pair) -> None:
        await (pair.go_on() if pair.goes_on else pair.join())

    async def pending(self, starts_at: float) -> dict[str, Any]:
        """Wait for visits to become pending, offering all the while."""
        first = PAIRS + self.size.starting
        pages = self.pages[first : first + self.size.pending]
        self.samples.take()
        number = 0
        while time.time() < starts_at + AFTER_PENDING_S or not _all_told(pages):
            if time.time() > starts_at + GIVE_UP_S:
                raise RuntimeError("some pages were never told that their visit is pending")
            if time.time() > starts_at - 1.0:
                await self.pairs[number % PAIRS].offer()
                number += 1
            await asyncio.sleep(RELAY_EVERY_S)
        told = [page.since[visit_id(page.number, "x"), Status.PENDING] for page in pages]
        return {
            "told_ms": [(at - starts_at) * 1000 for at in told],
            "relay_ms": self.samples.take(),
        }


def _all_told(pages: list[PageEnd]) -> bool:
    return all((visit_id(page.number, "x"), Status.PENDING) in page.since for page in pages)


async def serve(load: Load) -> None:
    """Carry out commands until there are no more."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        do: Callable[..., Awaitable[dict[str, Any]]] = getattr(load, command.pop("do"))
        print(json.dumps(await do(**command)), flush=True)
    for task in load.tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*load.tasks)


async def main(kind: str, url: str, size: Size, authority: str = "") -> None:
    """Make the crowd and serve."""
    gc.disable()  # everybody stays until the end; its passes would count as the server's delay
    await serve(HubLoad(url, size, authority) if kind == "hub" else PeerLoad(url, size))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], Size(**json.loads(sys.argv[3])), *sys.argv[4:]))
