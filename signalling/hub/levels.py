"""Looks up what holds at this moment, for `/metrics` and `visit-hub top`."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

from signalling.hub.metrics import Levels
from signalling.hub.services import Services
from signalling.visit import Status

AT_ONCE: Final = 500
"""Visits looked at in one turn of the loop: some 2 µs each."""


async def look(services: Services) -> Levels:
    """Return what holds now, without keeping the loop from its clients for long.

    Raises:
        StoreError: the store is closed or busy.
    """
    board = services.switchboard
    terminals, pages = len(board.terminals), len(board.pages)
    waiting, failed = await services.store.outbox.counts()
    return Levels(
        connections={
            "terminal": terminals,
            "page": pages,
            "half-open": services.metrics.half_open(),
            "lent": len(services.others.carrier.lent),
        },
        visits=await _visits(services),
        terminals={
            "linked": terminals,
            "faulty": sum(bool(link.faults) for link in board.terminals.values()),
            "doubled": await services.store.terminals.doubled(),
        },
        mails={"waiting": waiting, "failed": failed},
        store_waiting=services.store.waiting(),
        longest_pause_s=services.metrics.pulse.longest_s,
    )


async def _visits(services: Services) -> dict[str, int]:
    counted: Counter[Status] = Counter()
    lives = services.visits.some()
    for start in range(0, len(lives), AT_ONCE):
        now = services.store.clock()
        for live in lives[start : start + AT_ONCE]:
            counted[live.visit.status(max(now, live.visit.last_recorded_at))] += 1
        await asyncio.sleep(0)
    return {str(status): counted[status] for status in Status}
