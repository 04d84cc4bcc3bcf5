"""One hub among several: what it does beside its own clients while it serves."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from functools import partial

from signalling.hub.background import end, in_background
from signalling.hub.bus.interface import Change, HubLeaves
from signalling.hub.services import Services
from signalling.hub.shared_keeping import SharedKeeping

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def beside_others(services: Services) -> AsyncIterator[None]:
    """Follow the other hubs and keep a share of the facilities until left; nothing when alone."""
    keeping = services.others.keeping
    if not isinstance(keeping, SharedKeeping):
        yield
        return
    log.info("hub=%s serves beside others", services.bus.hub)
    services.bus.subscribe_lost(lambda _hub: keeping.look())
    services.bus.subscribe_others(partial(_heard, keeping))
    tasks = [
        in_background("mirror", services.others.mirror.run),
        in_background("keeping", partial(keeping.run, services.others.rooms)),
    ]
    try:
        yield
    finally:
        await end(tasks)
        await give_up(services)
        await services.others.carrier.close()


async def give_up(services: Services) -> None:
    """Keep nothing any more, so that others begin at once; nothing when alone. Idempotent."""
    keeping = services.others.keeping
    if isinstance(keeping, SharedKeeping) and await keeping.leave():
        services.bus.publish(HubLeaves(services.bus.hub))
        services.others.carrier.give_back()


def _heard(keeping: SharedKeeping, change: Change | None) -> None:
    if isinstance(change, HubLeaves):
        keeping.left(change.hub)
