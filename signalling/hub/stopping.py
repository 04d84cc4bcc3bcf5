"""Stopping in good order: every client is told when to come back, and nothing that waits is lost.

The log of a visit says nothing of it: a hub that stops is no fault of either side, and whoever is
in a visit comes back before `link_grace_s` is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from typing import Final

from signalling.hub.client import Client
from signalling.hub.cluster import give_up
from signalling.hub.counted import counted
from signalling.hub.server import CLOSE_WITHIN_S
from signalling.hub.services import Services
from signalling.hub.switchboard import FamilyPage, TerminalLink
from signalling.messages import HubStopping

log = logging.getLogger(__name__)

SERVICE_RESTART: Final = 1012
REASON: Final = "hub-stopping"
BACK_AFTER_S: Final = 1.0
"""A hub takes about as long to start again; nobody comes sooner."""
AT_ONCE: Final = 200
"""Clients told in one turn of the loop."""
LOOK_EVERY_S: Final = 0.02
SERVER_CLOSES_WITHIN_S: Final = CLOSE_WITHIN_S + 1.0


async def drain(services: Services, hurry: asyncio.Event, dice: random.Random) -> None:
    """Take nobody new, tell everybody to go and come back, wait until they went.

    Connections that do not go are cut; at once when `hurry` is set. The caller stops serving
    and closes the store afterwards.
    """
    services.lifetime.stopping = True
    services.visits.stopping = True
    # First of all: whoever comes to another hub must find the facilities kept by one that goes on.
    await give_up(services)
    config = services.config.stopping
    until = time.monotonic() + config.within_s - SERVER_CLOSES_WITHIN_S
    told = await _tell_all(services, dice)
    said = counted(told, "client")
    log.info("stopping: %s told to come back within %.0f s", said, config.spread_s)
    while _somebody(services) and time.monotonic() < until and not hurry.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S):
                await hurry.wait()
    left = _clients(services)
    for client, _ in left:
        client.abort("did not go in time")
    if left:
        log.warning("stopping: cut off %s", counted(len(left), "client"))


def _clients(services: Services) -> list[tuple[Client, bool]]:
    """Return all clients, and of each whether it is in a visit."""
    board = services.switchboard
    ends: list[TerminalLink | FamilyPage] = [*board.terminals.values(), *board.pages]
    ours = [(each.client, _in_visit(services, each)) for each in ends]
    # What those that another hub serves are in is not known here: they come back soon as well.
    return [*ours, *((client, True) for client in services.others.carrier.lent)]


def _somebody(services: Services) -> bool:
    board = services.switchboard
    return bool(board.terminals or board.pages or services.others.carrier.lent)


def _in_visit(services: Services, end: TerminalLink | FamilyPage) -> bool:
    if isinstance(end, TerminalLink):
        seat = services.seats.at(end.id)
        visits = [seat.visit] if seat is not None and seat.visit is not None else []
    else:
        visits = list(end.joined)
    lives = [services.visits.get(each) for each in visits]
    return any(
        live is not None and live.visit.begun_at is not None and live.visit.ended is None
        for live in lives
    )


async def _tell_all(services: Services, dice: random.Random) -> int:
    """Those in a visit come back first, within half the grace time; who waits, later."""
    config = services.config
    soon_s = min(config.stopping.spread_s, config.visits.link_grace_s / 2)
    clients = sorted(_clients(services), key=lambda each: not each[1])
    for start in range(0, len(clients), AT_ONCE):
        for client, in_visit in clients[start : start + AT_ONCE]:
            spread_s = soon_s if in_visit else config.stopping.spread_s
            client.send(HubStopping(come_back_s=BACK_AFTER_S + dice.uniform(0, spread_s)))
            client.close(SERVICE_RESTART, REASON)
        await asyncio.sleep(0)
    return len(clients)
