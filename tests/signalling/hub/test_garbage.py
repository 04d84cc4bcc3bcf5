"""The garbage collector's passes are many and short."""

from __future__ import annotations

import asyncio
import gc

import pytest

from signalling.hub import garbage
from signalling.hub.garbage import BY_ITSELF, OLDER_EVERY, collect_often, tune_gc
from signalling.hub.pulse import watched_gc


async def test_some_passes_look_through_what_earlier_ones_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(garbage, "EVERY_S", 0.0)
    passes: list[int] = []
    enough = asyncio.Event()

    def passed(generation: int, _seconds: float) -> None:
        passes.append(generation)
        if len(passes) == 3 * OLDER_EVERY:
            enough.set()

    gc.disable()  # none but those that are made here
    try:
        with watched_gc(passed):
            task = asyncio.create_task(collect_often())
            async with asyncio.timeout(5):
                await enough.wait()
            task.cancel()
    finally:
        gc.enable()
    assert passes[: 3 * OLDER_EVERY] == [*[0] * (OLDER_EVERY - 1), 1] * 3


def test_what_lives_as_long_as_the_hub_is_not_looked_through() -> None:
    before = gc.get_threshold()
    kept: list[list[object]] = [[] for _ in range(100)]
    try:
        tune_gc()
        assert gc.get_freeze_count() > len(kept)
        assert gc.get_threshold()[0] == BY_ITSELF
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
