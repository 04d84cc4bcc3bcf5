"""One heap wakes everybody on time, once, whatever was changed in between."""

from __future__ import annotations

import asyncio
import time

from signalling.hub.timers import RETRY_S, Timers
from tests.signalling.hub.harness import Clock, eventually


async def test_due_ones_fire_in_order_and_a_later_set_replaces_an_earlier() -> None:
    clock, fired = Clock(), list[str]()
    timers = Timers(clock)

    async def fire(key: str) -> None:
        fired.append(key)

    now = clock()
    for key, at in (("c", now + 300), ("a", now + 100), ("b", now + 200), ("gone", now + 50)):
        timers.set(key, at)
    timers.set("a", now + 250)
    timers.set("gone", None)
    task = asyncio.create_task(timers.run(fire))
    clock.ahead_s = 260
    timers.look()
    await eventually(lambda: fired == ["b", "a"])
    timers.set("d", now + 255)  # already due
    await eventually(lambda: fired == ["b", "a", "d"])
    clock.ahead_s = 301
    timers.look()
    await eventually(lambda: fired == ["b", "a", "d", "c"])
    task.cancel()


async def test_an_earlier_one_wakes_a_sleeping_heap() -> None:
    fired: dict[str, float] = {}
    timers = Timers(time.time)

    async def fire(key: str) -> None:
        fired[key] = time.time()

    task = asyncio.create_task(timers.run(fire))
    timers.set("late", time.time() + 100)
    await asyncio.sleep(0)
    at = time.time() + 0.05
    timers.set("soon", at)
    await eventually(lambda: "soon" in fired)
    assert 0 <= fired["soon"] - at < 1.0
    assert "late" not in fired
    task.cancel()


async def test_one_that_fails_is_tried_again_and_stops_nobody() -> None:
    clock, fired = Clock(), list[str]()
    timers = Timers(clock)

    async def fire(key: str) -> None:
        fired.append(key)
        if fired.count("bad") == 1 and key == "bad":
            raise RuntimeError("no")

    task = asyncio.create_task(timers.run(fire))
    for key in ("bad", "good"):
        timers.set(key, clock())
    await eventually(lambda: sorted(fired) == ["bad", "good"])
    clock.ahead_s = RETRY_S + 0.1
    timers.look()
    await eventually(lambda: fired.count("bad") == 2)
    task.cancel()
