"""Ends TURN allocations with their visits. Run `run` as a task.

Every few seconds, and when a visit changes, each coturn's sessions are looked through: whose visit
has ended goes, however often its client asks for another one with credentials that still hold. So
nothing has to be remembered, and a hub that starts finds what an earlier one left.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, NoReturn

from config.schema import Turn
from signalling.hub.bus.interface import Bus, Change, VisitChanged
from signalling.hub.coalesced import Coalesced
from signalling.hub.network_check import CHECK
from signalling.hub.store.interface import Store, StoreError
from signalling.hub.turn_console import ConsoleError, TurnConsole, TurnSession
from signalling.hub.visits import Visits
from signalling.visit import Status, Visit

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 5.0
SETTLED_S: Final = 0.2
"""After a change: so that many at once are one look."""


class TurnKeeper:
    """One console for each coturn in `turn.consoles`."""

    def __init__(self, turn: Turn, store: Store, bus: Bus, visits: Visits) -> None:
        password = turn.console_password.reveal()
        self._consoles = [TurnConsole(each, password) for each in turn.consoles]
        self._store = store
        self._visits = visits
        self._said = Coalesced(log)
        self._wake = asyncio.Event()
        bus.subscribe(self._changed)

    def _changed(self, change: Change) -> None:
        if isinstance(change, VisitChanged):
            live = self._visits.get(change.visit)
            if live is None or self._has_ended_now(live.visit.ends_at, live.visit.ended):
                self._wake.set()

    def _has_ended_now(self, ends_at: float, ended: object) -> bool:
        return ended is not None or self._store.clock() >= ends_at

    async def run(self) -> NoReturn:
        """Look, and look again, until cancelled."""
        try:
            while True:
                await self.look()
                try:
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._wake.wait()
                except TimeoutError:
                    continue
                self._wake.clear()
                await asyncio.sleep(SETTLED_S)
        finally:
            for console in self._consoles:
                console.close()

    async def look(self) -> None:
        """End what has no visit any more, at each coturn; what fails is tried at the next look."""
        for console in self._consoles:
            try:
                for session in await console.sessions():
                    if await self._is_over(session):
                        await console.cancel(session)
                        log.info("turn: ended an allocation of visit %s", session.user)
            except ConsoleError as error:
                self._said.warning(
                    console.address, "turn: the console of coturn at %s %s; allocations may outlive"
                    " their visits", console.address, error,
                )  # fmt: skip
            except StoreError as error:
                self._said.warning("store", "turn: allocations were not looked at: %s", error)

    async def _is_over(self, session: TurnSession) -> bool:
        expiry, _, visit = session.user.partition(":")
        if not expiry.isdecimal() or not visit:
            return False  # made by somebody else, who shares this coturn and its secret
        if visit == CHECK:
            return self._store.clock() > int(expiry)
        live = self._visits.get(visit)
        if live is not None and not self._ended(live.visit):
            return False
        # Another hub may have given it time, and said so while the bus was away.
        found = await self._store.visits.load(visit)
        return found is None or self._ended(found)

    def _ended(self, visit: Visit) -> bool:
        now = self._store.clock()
        return visit.status(max(now, visit.last_recorded_at)) is Status.ENDED
