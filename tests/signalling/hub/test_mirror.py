"""A hub that follows the others while it does not reach the store."""

from __future__ import annotations

import asyncio
from unittest.mock import AsyncMock, Mock

import pytest

from signalling.hub import mirror
from signalling.hub.bus.interface import Bus, Change, VisitChanged
from signalling.hub.mirror import MOST_HEARD, Mirror
from signalling.hub.still_valid import StillValid
from signalling.hub.store.interface import Store, StoreBusy
from signalling.hub.visits import Visits
from tests.signalling.hub.hub_process import until


def change(number: int) -> VisitChanged:
    return VisitChanged(f"v{number}", "i", (), "north", 1)


async def test_what_waits_to_be_read_is_bounded_and_read_anew_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mirror, "RETRY_S", 0.005)
    store, bus, clients = Mock(spec=Store), Mock(spec=Bus), Mock(spec=StillValid)
    visits, told = Mock(spec=Visits), list[Change]()
    bus.publish_here.side_effect = told.append
    visits.get.return_value = None
    store.clock.return_value = 0.0
    store.visits.load = store.visits.load_since = AsyncMock(side_effect=StoreBusy("away"))
    follower = Mirror(store, bus, visits, clients)
    hear = bus.subscribe_others.call_args.args[0]
    task = asyncio.create_task(follower.run())
    try:
        for number in range(MOST_HEARD + 5):
            hear(change(number))
        await until(lambda: store.visits.load_since.await_count)
        assert len(follower._heard) < MOST_HEARD
        store.visits.load = store.visits.load_since = AsyncMock(return_value=[])
        await until(lambda: told)
        assert told == [change(number) for number in range(MOST_HEARD + 1, MOST_HEARD + 5)]
        clients.check.assert_awaited()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
