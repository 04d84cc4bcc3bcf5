"""Keeps a hub's visits as the store has them while other hubs append to their logs."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from signalling.hub.bus.interface import Bus, Change, PeopleChanged, VisitChanged
from signalling.hub.live import Live
from signalling.hub.still_valid import StillValid
from signalling.hub.store.interface import Store, StoreError
from signalling.hub.visits import KEPT_AFTER_END_S, Visits

log = logging.getLogger(__name__)

RETRY_S: Final = 1.0
MOST_HEARD: Final = 10_000
"""Changes that wait to be read; of more than that all is read again, as if they were lost."""


class Mirror:
    """Reads again what other hubs say has changed, then tells this hub's own rooms."""

    def __init__(self, store: Store, bus: Bus, visits: Visits, clients: StillValid) -> None:
        self._store = store
        self._bus = bus
        self._visits = visits
        self._clients = clients
        self._all: asyncio.Future[None] | None = None
        """The reading of all visits that has yet to begin."""
        self._heard: list[Change] = []
        self._missed = False
        self._wake = asyncio.Event()
        self._one_reads = asyncio.Lock()
        bus.subscribe_others(self._hear)

    def _hear(self, change: Change | None) -> None:
        if change is None:
            self._missed = True
        elif len(self._heard) < MOST_HEARD:
            self._heard.append(change)
        else:  # the others reach the store, and this hub does not
            self._heard.clear()
            self._missed = True
        self._wake.set()

    def look_again(self) -> None:
        """What another hub did last may have been said to nobody: read all again."""
        self._hear(None)

    async def run(self) -> None:
        """Follow the other hubs until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._follow()
                continue
            except StoreError as error:
                log.warning("what other hubs changed was not read, tried again: %s", error)
            except Exception:
                # A fault of ours; but a hub that follows no more shows what was, for ever.
                log.exception("what other hubs changed was not read, tried again")
            self._missed = True
            self._wake.set()
            await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        heard, missed = tuple(self._heard), self._missed
        self._missed = False
        if missed:
            log.warning("other hubs changed what this one has not heard: all is read again")
            await self.read_again()
            await self._visits.read_people_again(None)
            await self._clients.check()
        else:
            changed = {each.visit: each for each in heard if isinstance(each, VisitChanged)}
            # Side by side: the store answers them together.
            await asyncio.gather(*(self._read(each) for each in changed.values()))
            for visitor in {each.visitor for each in heard if isinstance(each, PeopleChanged)}:
                await self._visits.read_people_again(visitor)
        # Only now: what could not be read is to be told later.
        del self._heard[: len(heard)]
        for change in heard:
            try:
                self._bus.publish_here(change)
            except Exception:
                log.exception("what another hub changed was not told: %s", type(change).__name__)

    async def find(self, visit: str) -> Live | None:
        """Return a visit that is open or ended not long ago, were it booked elsewhere just now."""
        if self._visits.get(visit) is None:
            found = await self._store.visits.load(visit)
            if found is not None:
                await self._visits.refresh(found)
        return self._visits.get(visit)

    async def _read(self, change: VisitChanged) -> None:
        live = self._visits.get(change.visit)
        if live is not None and live.visit.length >= change.length:
            return
        visit = await self._store.visits.load(change.visit)
        if visit is not None:
            await self._visits.refresh(visit)

    async def read_again(self) -> None:
        """Read all visits that are open or ended not long ago.

        Whoever asks before a reading begins shares it: a hub that is gone leaves many facilities.
        """
        if self._all is None:
            self._all = asyncio.ensure_future(self._read_all())
        await asyncio.shield(self._all)

    async def _read_all(self) -> None:
        async with self._one_reads:
            self._all = None
            since = self._store.clock() - KEPT_AFTER_END_S
            for visit in await self._store.visits.load_since(since):
                await self._visits.refresh(visit)
