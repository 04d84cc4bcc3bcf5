"""The keeping of one hub among several: a lease in the store, renewed four times a second.

A hub that is killed, frozen or cut off stops renewing; when its lease is over another takes what
it kept. It counts its own lease a little shorter than the others do, by its own steady clock, so
that it has stopped before anybody begins, also when it was frozen and wakes up. What another hub
should keep it ceases to serve first and gives away then: nobody ever serves beside the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Final, Protocol

from signalling.hub.store.interface import Store, StoreError
from signalling.hub.store.records import Kept

log = logging.getLogger(__name__)

BEAT_EVERY_S: Final = 0.25
LEASE_S: Final = 3.5
MARGIN_S: Final = 0.5
LIVES_S: Final = 0.3
"""A hub that the bus heard within this time lives: it speaks ten times a second."""
SLOW_S: Final = 1.0
"""A beat that is not answered for so long is worth a line in the log."""
LEAVE_WITHIN_S: Final = 2.0
"""Whoever stops waits no longer for a database that does not answer: its lease runs out."""
KNOWN_WITHIN_S: Final = 3.0
"""How long a client waits for the hub that keeps its facility before it is told to come back."""
RETRY_S: Final = 1.0


def since_boot() -> float:
    """Return a steady clock that goes on while the machine is suspended, as its lease does."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Rooms(Protocol):
    """What a hub does about the facilities that it keeps."""

    async def take(self, facility: str) -> None:
        """Read all of a facility; this hub serves it next."""

    def open(self, facility: str) -> None:
        """The facility is served from now on."""

    def leave(self, facility: str) -> None:
        """Another hub serves it from now on: send its clients there."""

    def hub_gone(self, hub: str) -> None:
        """Another hub is gone: those of our clients whom it served come back."""

    def may_give(self, facility: str) -> bool:
        """Whether a facility may move to another hub now: nobody is in a visit or waits for one."""


class SharedKeeping:
    """`keeping.Keeping` among several hubs."""

    def __init__(
        self,
        store: Store,
        hub: str,
        facilities: tuple[str, ...],
        monotonic: Callable[[], float] = since_boot,
        heard: Callable[[float], frozenset[str]] = lambda _within_s: frozenset(),
    ) -> None:
        self._store = store
        self._hub = hub
        self._facilities = facilities
        self._monotonic = monotonic
        self._heard = heard
        self._keepers: dict[str, str] = {}
        self._hubs: tuple[str, ...] = ()
        self._elsewhere: frozenset[str] = frozenset()
        """Of what this hub keeps, what another one should, by the last answer."""
        self._valid_until_s = -1.0
        self._failing = self._left = False
        self._ready: set[str] = set()
        self._taking: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self._wake = asyncio.Event()

    def keeps(self, facility: str) -> bool:
        """Whether this hub keeps a facility now, and has read all of it."""
        return facility in self._ready and self._monotonic() < self._valid_until_s

    async def keeper(self, facility: str) -> str | None:
        """Return which hub keeps a facility; None when nobody does within KNOWN_WITHIN_S."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KNOWN_WITHIN_S):
                while (known := self._known(facility)) is None:
                    self._changed.clear()
                    await self._changed.wait()
                return known
        return None

    def _known(self, facility: str) -> str | None:
        if self._monotonic() >= self._valid_until_s:
            return None
        keeper = self._keepers.get(facility)
        return None if keeper == self._hub and facility not in self._ready else keeper

    def look(self) -> None:
        """Beat now: another hub came or went."""
        self._wake.set()

    def left(self, hub: str) -> None:
        """Another hub says that it keeps nothing any more."""
        self._keepers = {each: by for each, by in self._keepers.items() if by != hub}
        self.look()

    async def run(self, rooms: Rooms) -> None:
        """Renew the lease until cancelled, and let rooms follow what this hub keeps."""
        try:
            while True:
                self._wake.clear()
                if not self._left:
                    await self._beat_safely(rooms)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(BEAT_EVERY_S):
                        await self._wake.wait()
        finally:
            for task in self._taking.values():
                task.cancel()
            await asyncio.gather(*self._taking.values(), return_exceptions=True)
            self._taking.clear()

    async def leave(self) -> bool:
        """Give up all that this hub keeps, for good; False when that was done before."""
        if self._left:
            return False
        self._left, self._valid_until_s = True, -1.0
        try:
            async with asyncio.timeout(LEAVE_WITHIN_S):
                await self._store.keeping.leave(self._hub)
        except (StoreError, TimeoutError) as error:
            why = str(error) or "the store does not answer"
            log.warning("the lease could not be given back and will run out: %s", why)
        return True

    async def _beat_safely(self, rooms: Rooms) -> None:
        try:
            await self._beat(rooms)
            self._follow(rooms)
        except Exception:
            # A fault of ours: without beats this hub would take clients and never serve one again.
            log.exception("keeping failed, tried again")

    async def _beat(self, rooms: Rooms) -> None:
        started_s = self._monotonic()
        gives = self._let_go(rooms)
        try:
            beat = self._store.keeping.beat(
                self._hub, self._facilities, gives, LEASE_S, self._heard(LIVES_S)
            )
            kept = await self._answered(rooms, asyncio.ensure_future(beat))
        except StoreError as error:
            self._fails(str(error))
        else:
            self._failing = False
            if self._monotonic() < started_s + LEASE_S - MARGIN_S and not self._left:
                self._valid_until_s = started_s + LEASE_S - MARGIN_S
                self._see(rooms, kept)

    def _let_go(self, rooms: Rooms) -> frozenset[str]:
        """Cease to serve what is quiet and goes to another hub; it may begin with the commit."""
        gives = frozenset(each for each in self._elsewhere & self._ready if rooms.may_give(each))
        self._elsewhere = frozenset()
        for facility in sorted(gives):
            log.info("facility=%s given to the hub that should keep it", facility)
            # Without an answer nobody knows whose it is, so it is not ours.
            self._keepers.pop(facility, None)
            self._ready.discard(facility)
            rooms.leave(facility)
        return gives

    async def _answered(self, rooms: Rooms, beat: asyncio.Future[Kept]) -> Kept:
        """Wait for a beat's answer, late as it may be, and let the lease run out meanwhile.

        A busy store answers late all the time; behind a cut cable nothing answers until the store
        gives up. Raises StoreError.
        """
        late_at = asyncio.get_running_loop().time() + SLOW_S
        try:
            while not (await asyncio.wait({beat}, timeout=BEAT_EVERY_S))[0]:
                if asyncio.get_running_loop().time() >= late_at:
                    self._fails("the store does not answer")
                self._follow(rooms)
            return beat.result()
        finally:
            beat.cancel()

    def _fails(self, why: str) -> None:
        if not self._failing:  # it is tried four times a second
            log.warning("the lease is not renewed: %s", why)
        self._failing = True

    def _see(self, rooms: Rooms, kept: Kept) -> None:
        before, self._hubs = self._hubs, kept.hubs
        self._keepers, self._elsewhere = dict(kept.keepers), kept.elsewhere
        if kept.hubs != before:
            log.info("hubs: %s", ", ".join(kept.hubs))
        for hub in set(before) - set(kept.hubs) - {self._hub}:
            rooms.hub_gone(hub)

    def _follow(self, rooms: Rooms) -> None:
        valid = self._monotonic() < self._valid_until_s
        ours = {each for each, hub in self._keepers.items() if valid and hub == self._hub}
        for facility in sorted(self._ready - ours):
            log.warning("facility=%s kept by another hub from now on", facility)
            self._ready.discard(facility)
            rooms.leave(facility)
        for facility in [each for each in self._taking if each not in ours]:
            self._taking.pop(facility).cancel()
        for facility in sorted(ours - self._ready - self._taking.keys()):
            name = f"take {facility}"
            self._taking[facility] = asyncio.create_task(self._take(rooms, facility), name=name)
        self._changed.set()

    async def _take(self, rooms: Rooms, facility: str) -> None:
        while True:
            try:
                await rooms.take(facility)
                break
            except StoreError as error:
                log.warning("facility=%s not taken, tried again: %s", facility, error)
            except Exception:
                # A fault of ours; but nobody else serves the facility while this hub lives.
                log.exception("facility=%s not taken, tried again", facility)
            await asyncio.sleep(RETRY_S)
        del self._taking[facility]
        self._ready.add(facility)
        log.info("facility=%s kept by this hub", facility)
        rooms.open(facility)
        self._changed.set()
