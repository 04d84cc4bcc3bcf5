"""One hub among several: what it does beside its own clients while it serves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from signalling.hub.services import Services
from signalling.hub.shared_keeping import SharedKeeping


@contextlib.asynccontextmanager
async def beside_others(services: Services) -> AsyncIterator[None]:
    """Follow the other hubs and keep a share of the facilities until left; nothing when alone."""
    keeping = services.keeping
    if not isinstance(keeping, SharedKeeping):
        yield
        return
    services.bus.subscribe_lost(lambda _hub: keeping.look())
    tasks = [
        asyncio.create_task(services.mirror.run(), name="mirror"),
        asyncio.create_task(keeping.run(services.rooms), name="keeping"),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # In this order: the others may begin, then our clients and theirs are sent to them.
        await keeping.leave()
        await services.carrier.close()
