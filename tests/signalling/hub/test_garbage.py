"""The garbage collector's passes are many and short."""

from __future__ import annotations

import asyncio
import gc
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from signalling.hub import garbage
from signalling.hub.garbage import BY_ITSELF, OLDER_EVERY, collect_often, tune_gc
from signalling.hub.pulse import watched_gc
from tests.signalling.hub.harness import eventually, hub_config, running_hub


async def generations(
    monkeypatch: pytest.MonkeyPatch, count: int, sockets: Callable[[], tuple[int, int]]
) -> list[int]:
    """Return of which generations the first passes are."""
    monkeypatch.setattr(garbage, "EVERY_S", 0.0)
    passes: list[int] = []
    enough = asyncio.Event()

    def passed(generation: int, _seconds: float) -> None:
        passes.append(generation)
        if len(passes) == count:
            enough.set()

    gc.disable()  # none but those that are made here
    try:
        with watched_gc(passed):
            task = asyncio.create_task(collect_often(sockets))
            async with asyncio.timeout(5):
                await enough.wait()
            task.cancel()
    finally:
        gc.enable()
    return passes[:count]


async def test_some_passes_look_through_what_earlier_ones_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passes = await generations(monkeypatch, 3 * OLDER_EVERY, lambda: (10_000, 4000))
    assert passes == [*[0] * (OLDER_EVERY - 1), 1] * 3


async def test_a_full_pass_comes_after_many_sockets_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = itertools.count(0, 1000)
    passes = await generations(monkeypatch, 10, lambda: (8000, next(gone)))
    assert [number for number, each in enumerate(passes) if each == 2] == [5]


async def test_whoever_breaks_a_handshake_off_leaves_no_more_than_a_full_pass_takes(
    tmp_path: Path,
) -> None:
    async with running_hub(hub_config(tmp_path / "s")) as hub:
        port = int(hub.url.rsplit(":", 1)[1])

        async def gone(count: int) -> None:
            for _ in range(count):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /family HTTP/1.1\r\n")
                writer.transport.abort()
            await eventually(lambda: hub.services.metrics.sockets()[0] == 0)

        await gone(5)
        before = hub.services.metrics.sockets()[1]
        gc.collect()
        objects = len(gc.get_objects())
        await gone(50)
        assert hub.services.metrics.sockets()[1] == before + 50
        gc.collect()
        assert len(gc.get_objects()) < objects + 500


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
