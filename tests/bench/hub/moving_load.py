"""The load client of two hubs: its clients go from one to the other, in order or cut off.

`python -m tests.bench.hub.moving_load moving URL SIZE-AS-JSON`, commands as for `load`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any, Final

import uvloop

from signalling.visit import Status
from tests.bench.hub.load import HubLoad, serve
from tests.bench.hub.sizes import FACILITIES, PACE_S, PAIRS, Size

LATEST_S: Final = 30.0
"""After its time; who was not told by then never is."""
LOOK_EVERY_S: Final = 0.05
PACED_SHARE: Final = 10
"""So many times fewer offers than by pairs that wait for nothing."""


class MovingLoad(HubLoad):
    """One pair of each facility is in a visit; everybody else is a page that waits for a time."""

    def ends(self) -> list[Any]:
        return [*self.terminals[:FACILITIES], *self.pages]

    async def begin(self) -> dict[str, Any]:
        """Begin a visit in each facility."""
        for pair in self.pairs[:FACILITIES]:
            await self.visit(pair)
        return {}

    async def turn(self, url: str) -> dict[str, Any]:
        """The hub is gone a moment ago: everybody is cut off and goes to another one."""
        began = time.monotonic()
        self.back_s: list[float] = []
        pairs = self.pairs[:FACILITIES]
        with_pairs = {id(end) for pair in pairs for end in (pair.terminal, pair.page)}
        alone = [each for each in self.ends() if id(each) not in with_pairs]
        each_again = await asyncio.gather(
            *(self._again(pair, url, began) for pair in pairs),
            *(self._back(each, url, began) for each in alone),
        )
        again = [each for each in each_again if each is not None]
        return {"back_s": self.back_s, "again_s": again}

    async def _back(self, end: Any, url: str, began: float) -> None:
        await end.pull()
        end.turn(url)
        await end.come_back(self._dice)
        self.back_s.append(time.monotonic() - began)

    async def _again(self, pair: Any, url: str, began: float) -> float:
        await asyncio.gather(*(self._back(each, url, began) for each in (pair.terminal, pair.page)))
        await self._join_again(pair)
        return time.monotonic() - began

    async def part(self, url: str) -> dict[str, Any]:
        """The pages of the pairs that send offers go to another hub; their terminals stay."""
        for pair in self.pairs[:PAIRS]:
            await pair.page.close()
            pair.page.turn(url)
            await pair.page.open()
            await pair.join()
        return {}

    async def paced(self) -> dict[str, Any]:
        """Offers at a pace that keeps nobody busy."""
        self.samples.take()
        began = time.monotonic()
        for number in range(self.size.alone // PACED_SHARE):
            await asyncio.sleep(max(0.0, began + number * PACE_S - time.monotonic()))
            await self.pairs[number % PAIRS].offer()
        return {"relay_ms": self.samples.take()}

    async def told(self, times: dict[str, list[Any]]) -> dict[str, Any]:
        """Return how late pages were told; `times` are page, status and time by visit."""
        watched = {
            (visit, Status(status)): (self.pages[number], float(at))
            for visit, (number, status, at) in times.items()
        }
        last = max(at for _, at in watched.values())
        while left := [key for key, (page, _) in watched.items() if key not in page.since]:
            if time.time() > last + LATEST_S:
                raise RuntimeError(f"{len(left)} pages were never told: {left[:3]}")
            await asyncio.sleep(LOOK_EVERY_S)
        return {"late_s": [page.since[key] - at for key, (page, at) in watched.items()]}


async def main(url: str, size: Size) -> None:
    """Make the crowd and serve."""
    await serve(MovingLoad(url, size))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[2], Size(**json.loads(sys.argv[3]))))
