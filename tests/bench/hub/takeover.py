"""A hub is killed, frozen, cut off from bus and database; another one takes over.

What it kept had timers that fire all the while: visits become pending, visits end, mails go out.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from signalling.hub.bus.interface import VisitChanged
from signalling.hub.bus.nats import NatsBus
from signalling.hub.store.interface import Store
from signalling.hub.store.postgres import PostgresStore
from signalling.hub.store.records import Mail
from signalling.visit import Status, fold
from signalling.visit_events import KIND_OF, Begun, Booked, Ended
from tests.bench.hub.people import HUB, VISIT_S, book, book_one, facility, keep, visit_id
from tests.bench.hub.processes import Worker, worker
from tests.bench.hub.several import Two, two_hubs
from tests.bench.hub.sizes import FACILITIES, Size
from tests.signalling.hub.mail_server import post_office

HOWS: Final = ("killed", "frozen", "cut off")
BOOKED_WITHIN_S: Final = 5.0
MAIL_EVERY_S: Final = 0.25
MAILS: Final = 240
"""So that they go out before, during and after the fault, whenever it comes."""
BEFORE_S: Final = 1.0
AFTER_S: Final = 8.0
"""Timers fire from so long before the fault until so long after it."""
MENDED_S: Final = 3.0
"""For a hub that is back to say twice what it may think is its to say."""
PAGE: Final = 'public_url = "https://visits.example.org"'
ONCE: Final = (Booked, Begun, Ended)
LEAST_ADDED_S: Final = 1.0
"""What an extension may differ by from the time that was lost."""


@dataclass(slots=True)
class TakenOver:
    """After one kind of fault, in seconds since."""

    kept_s: float = 0.0
    """Until the other hub serves all facilities."""
    back_s: list[float] = field(default_factory=list)
    """Until each client was served again."""
    again_s: list[float] = field(default_factory=list)
    """Until each visit went on, at both ends."""
    late_s: list[float] = field(default_factory=list)
    """Each page: how long after its time it was told that a visit is pending, or has ended."""
    twice: int = 0
    """Mails sent again, events written again."""


def timetable(fault_at: float, each: int) -> dict[str, list[Any]]:
    """Return page, status and time of each visit that time does something to.

    First come FACILITIES visits in which time does nothing; `each` become pending, `each` end.
    """
    step_s = (BEFORE_S + AFTER_S) / each
    times: dict[str, list[Any]] = {}
    for number in range(each):
        at = fault_at - BEFORE_S + number * step_s
        pending, ending = FACILITIES + number, FACILITIES + each + number
        times[visit_id(pending, "x")] = [pending, Status.PENDING.value, at]
        times[visit_id(ending, "e")] = [ending, Status.ENDED.value, at]
    return times


async def measure(how: str, folder: Path, size: Size) -> TakenOver:
    """Measure one kind of fault, one of HOWS."""

    async def fill(store: Store, key: bytes) -> None:
        now = time.time()
        await keep(store, key, FACILITIES + 2 * size.timers, now)
        await book(store, range(FACILITIES), "w", now - 60.0)
        for number in range(MAILS):
            at = now + number * MAIL_EVERY_S
            await store.outbox.put(
                Mail(f"bench.{number}", f"m{number}@example.org", "Bench", "Soon", None, at)
            )

    with post_office() as (post, port):
        mails = f'[mail]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n{PAGE}'
        async with two_hubs(folder, fill, mails) as two:
            await two.first.start()
            crowd = replace(size, clients=2 * (FACILITIES + 2 * size.timers))
            url = f"ws://127.0.0.1:{two.first.port}"
            async with worker("moving", url, crowd, module="moving_load") as load:
                await load.do("connect")
                await load.do("begin")
                await two.join()
                found = await _fault(how, two, load, size)
            sent = Counter(address for address, _ in post.arrived)
            found.twice = sum(sent.values()) - len(sent)
            found.twice += await _written_twice(two.store_url, max(found.again_s))
    return found


async def _book(two: Two, times: dict[str, list[Any]]) -> None:
    """Book the visits as one more hub would: it commits them and says so on the bus."""
    store = await PostgresStore.open(two.store_url)
    bus = await NatsBus.open(two.nats.url, HUB)
    for visit, (number, status, at) in times.items():
        ends = status == Status.ENDED
        await book_one(store, number, visit[0], at - VISIT_S * ends)
        bus.publish(VisitChanged(visit, f"i-{number}", (f"v-{number}",), facility(number), 1))
    await bus.close()
    await store.close()


async def _fault(how: str, two: Two, load: Worker, size: Size) -> TakenOver:
    found = TakenOver()
    fault_at = time.time() + BOOKED_WITHIN_S + BEFORE_S
    times = timetable(fault_at, size.timers)
    await _book(two, times)
    if time.time() > fault_at - BEFORE_S:
        raise RuntimeError("visits were booked too late for the fault")
    await asyncio.sleep(fault_at - time.time())
    began = time.monotonic()
    kept = asyncio.create_task(_all_kept(two, began))
    mend = await _break(how, two)
    turned = await load.do("turn", url=f"ws://127.0.0.1:{two.second.port}")
    found.back_s, found.again_s = turned["back_s"], turned["again_s"]
    found.kept_s = await kept
    found.late_s = (await load.do("told", times=times))["late_s"]
    mend()
    await asyncio.sleep(MENDED_S)
    return found


async def _break(how: str, two: Two) -> Callable[[], None]:
    """Let the first hub be gone; return what mends it."""
    if how == "killed":
        await two.first.kill()
        return lambda: None
    if how == "frozen":
        two.first.freeze()
        return two.first.thaw
    for each in two.cables:
        each.cut()

    def mend() -> None:
        for each in two.cables:
            each.mend()

    return mend


async def _all_kept(two: Two, began: float) -> float:
    while two.second.said().count(" kept by this hub") < FACILITIES:  # noqa: ASYNC110 - a log
        await asyncio.sleep(0.01)
    return time.monotonic() - began


async def _written_twice(store_url: str, away_s: float) -> int:
    """Return how many events are in a log twice, and visits that were given too much time back."""
    store = await PostgresStore.open(store_url)
    twice = 0
    for number in range(FACILITIES):
        log = await store.visits.log(visit_id(number))
        kinds = Counter(KIND_OF[type(each.what)] for each in log)
        twice += sum(max(0, kinds[KIND_OF[each]] - 1) for each in ONCE)
        twice += fold(log).added_s > away_s + LEAST_ADDED_S
    await store.close()
    return twice
