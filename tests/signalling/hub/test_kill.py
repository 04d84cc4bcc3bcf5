"""Kills the hub again and again under load: what anybody was told is in the store, and right.

HUB_KILLS says how often; `make test-long` does it hundreds of times, on both databases.
"""

from __future__ import annotations

import asyncio
import os
import random
from functools import partial
from pathlib import Path

import pytest

from signalling.hub import staff_commands as ask
from signalling.hub.store.interface import Store
from signalling.hub.store.postgres import PostgresStore
from signalling.hub.store.sqlite import SqliteStore
from signalling.visit import fold
from signalling.visit_events import KIND_OF
from tests.signalling.hub.hub_process import HubProcess, until
from tests.signalling.hub.kill_load import Pair

KILLS = int(os.environ.get("HUB_KILLS", "50"))
PAIRS = 4
LONGEST_S = 0.2
"""A hub is killed after something was told by it, and at most so long after that."""


async def open_store(hub: HubProcess, url: str) -> Store:
    if url:
        return await PostgresStore.open(url)
    return await SqliteStore.open(hub.folder / "visits.db")


async def compare(store: Store, pairs: list[Pair]) -> int:
    """Compare what was told with what the store holds; return how much that was."""
    told = {fact for pair in pairs for fact in pair.told}
    logs = {visit: await store.visits.log(visit) for visit, _ in told}
    kinds = {(visit, KIND_OF[type(each.what)]) for visit, log in logs.items() for each in log}
    missing = told - kinds
    assert not missing, f"told and not kept: {sorted(missing)}"
    return len(told)


def told_more_than(count: int, pairs: list[Pair]) -> bool:
    return sum(len(each.told) for each in pairs) > count


@pytest.mark.timeout(60 + 4 * KILLS)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_nothing_that_was_told_is_lost(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if database == "postgres" and "HUB_KILLS" not in os.environ:
        pytest.skip("the long form, make test-long, does it on PostgreSQL too")
    url = request.getfixturevalue("postgres_url") if database == "postgres" else ""
    hub = HubProcess(tmp_path, **({"store": url} if url else {}))
    pairs = [Pair(number, hub) for number in range(PAIRS)]
    dice = random.Random(20261127)
    tasks: list[asyncio.Task[None]] = []
    try:
        await hub.start()
        await asyncio.gather(*(pair.prepare() for pair in pairs))
        tasks += [asyncio.create_task(pair.run()) for pair in pairs]
        for _ in range(KILLS):
            before = sum(len(pair.told) for pair in pairs)
            await until(partial(told_more_than, before, pairs))
            await asyncio.sleep(dice.uniform(0.0, LONGEST_S))
            failed = [task for task in tasks if task.done()]
            assert not failed, failed[0].exception()
            await hub.kill()
            await hub.start()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        statuses = {row["visit"]: row["status"] for row in await hub.do(ask.VisitList())}
        await hub.kill()
        store = await open_store(hub, url)
        told = await compare(store, pairs)
        now = store.clock()
        for visit, status in statuses.items():
            folded = fold(await store.visits.log(visit))
            assert status == folded.status(now), f"visit {visit} after the last restart"
        await store.close()
        print(f"{KILLS} kills, {told} facts told, none lost")
        assert told > KILLS
    finally:
        for task in tasks:
            task.cancel()
        await hub.close()
