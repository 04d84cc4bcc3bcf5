"""How late the loop is."""

from __future__ import annotations

import asyncio
import gc
import time

from signalling.hub.pulse import REMEMBERED_S, Pulse, watched_gc


def test_the_worst_of_the_last_minute_is_remembered_and_then_forgotten() -> None:
    told: list[float] = []
    pulse = Pulse(told.append)
    assert pulse.worst_s() == 0.0
    for now, late_s in ((1.0, 0.2), (2.0, 0.5), (3.0, 0.1), (4.0, 0.3)):
        pulse.note(now, late_s)
    assert pulse.worst_s() == 0.5
    pulse.note(2.5 + REMEMBERED_S, 0.0)
    assert pulse.worst_s() == 0.3
    pulse.note(5.0 + REMEMBERED_S, 0.0)
    assert pulse.worst_s() == 0.0
    assert pulse.longest_s == 0.5
    assert told == [0.2, 0.5, 0.1, 0.3, 0.0, 0.0]


async def test_a_blocked_loop_is_late() -> None:
    pulse = Pulse(lambda _late_s: None)
    task = asyncio.create_task(pulse.run())
    await asyncio.sleep(0)
    time.sleep(0.05)  # noqa: ASYNC251 - what is to be noticed
    async with asyncio.timeout(5):
        while pulse.longest_s < 0.03:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0)
    task.cancel()


def test_passes_of_the_garbage_collector_are_told_while_watched() -> None:
    told: list[tuple[int, float]] = []
    with watched_gc(lambda generation, seconds: told.append((generation, seconds))):
        gc.collect(1)
    gc.collect(1)
    assert [generation for generation, _ in told] == [1]
    assert told[0][1] > 0
