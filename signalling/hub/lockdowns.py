"""Lockdowns: no visit goes on in a housing unit, or at a facility, until staff end it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterable, Sequence
from typing import Final

from config.schema import HubConfig
from signalling.errors import IllegalEvent
from signalling.hub.bus.interface import Bus, Change, LockdownsChanged
from signalling.hub.keeping import Keeping
from signalling.hub.live import Live
from signalling.hub.staff_records import Lockdown
from signalling.hub.store.interface import Store, StoreError
from signalling.hub.store.records import Draft, Inmate
from signalling.hub.visits import Visits
from signalling.visit import Visit

log = logging.getLogger(__name__)

RETRY_S: Final = 1.0


class Lockdowns:
    """Keeps them in the store; pauses the visits that this hub keeps, and lets them go on."""

    def __init__(
        self, store: Store, bus: Bus, visits: Visits, keeping: Keeping, config: HubConfig
    ) -> None:
        self._store = store
        self._bus = bus
        self._visits = visits
        self._keeping = keeping
        self._facilities = tuple(each.id for each in config.facility)
        self._following: set[asyncio.Task[None]] = set()
        bus.subscribe_others(self._heard)

    async def take(self, facility: str | None) -> None:
        """Read them and apply them to a facility that this hub keeps from now on; None: to all.

        Mends what a crash left between a lockdown and its visits' logs.
        """
        await self._read()
        await self._apply_to(facility)

    async def _read(self) -> None:
        lockdowns = await self._store.lockdowns.all(ended_too=False)
        terminals = await self._store.terminals.terminals()
        self._visits.locked.read(lockdowns, {each.id: each.unit for each in terminals})

    async def _apply_to(self, facility: str | None) -> None:
        now = self._store.clock()
        for live in self._visits.at(facility):
            # Others do not look any different before their time has come.
            if live.visit.ended is None and live.visit.booked.sign_in_from <= now:
                await self._apply(live)

    async def _apply(self, live: Live) -> None:
        def decide(_visit: Visit, _now: float) -> Iterable[Draft]:
            due = self._visits.locked.due(live)
            return [Draft(due, "hub")] if due is not None else []

        try:
            await self._visits.change(live, decide)
        except IllegalEvent as error:
            # It ended in this moment, or its log is full.
            log.info("visit %s: %s", live.id, error)

    # -- what staff do ----------------------------------------------------------------------

    async def start(self, facility: str, unit: str, reason: str, who: str) -> Lockdown:
        """Lock a unit down, or with "" the facility. Raises Duplicate: it is already."""
        now = self._store.clock()
        lockdown = Lockdown(f"l-{secrets.token_hex(4)}", facility, unit, reason, who, now)
        await self._store.lockdowns.start(lockdown)
        log.warning("facility=%s unit=%s locked down by %s", facility, unit or "all", who)
        await self._changed(facility)
        return lockdown

    async def end(self, lockdown: Lockdown, who: str) -> bool:
        """End one; its visits go on. False when somebody else ended it in this moment."""
        ended = await self._store.lockdowns.end(lockdown.id, who)
        if ended:
            log.warning("lockdown=%s ended by %s", lockdown.id, who)
            await self._changed(lockdown.facility)
        return ended

    async def inmate_moved(self, inmate: str, facility: str) -> None:
        """An inmate lives in another unit: their visits may lie in a lockdown now, or no more."""
        await self._changed(facility, inmate)

    async def roster_changed(self, inmates: Sequence[Inmate]) -> None:
        """Inmates have other names or units now."""
        for inmate in inmates:
            lives = self._visits.of_inmate(inmate.id)
            for live in lives:
                live.unit, live.inmate_name = inmate.unit, inmate.name
                self._visits.publish(live)
            if lives:
                self._bus.publish(LockdownsChanged(inmate.facility, inmate.id))
        for facility in dict.fromkeys(each.facility for each in inmates):
            await self._follow(facility, "")

    async def _changed(self, facility: str, inmate: str = "") -> None:
        self._bus.publish(LockdownsChanged(facility, inmate))
        await self._follow(facility, inmate)

    async def _follow(self, facility: str | None, inmate: str) -> None:
        if inmate:
            known = await self._store.people.inmate(inmate)
            for live in self._visits.of_inmate(inmate):
                live.unit = known.unit if known is not None else ""
                live.inmate_name = known.name if known is not None else live.inmate_name
        elif facility is None:  # somebody may have been moved unheard, into one or out of it
            await self._visits.read_people_again(None)
        await self._read()
        for each in self._facilities if facility is None else (facility,):
            if self._keeping.keeps(each):
                await self._apply_to(each)

    def look_again(self) -> None:
        """What another hub's staff did last may have been said to nobody."""
        self._heard(None)

    def _heard(self, change: Change | None) -> None:
        """Another hub's staff did it; None: they may have."""
        match change:
            case LockdownsChanged(facility=facility, inmate=inmate):
                follow = self._follow_others(facility, inmate)
            case None:
                follow = self._follow_others(None, "")
            case _:
                return
        task = asyncio.create_task(follow, name="lockdowns")
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    async def _follow_others(self, facility: str | None, inmate: str) -> None:
        while True:
            try:
                await self._follow(facility, inmate)
            except StoreError as error:
                log.warning("lockdowns were not read again, trying anew: %s", error)
                await asyncio.sleep(RETRY_S)
            else:
                return
