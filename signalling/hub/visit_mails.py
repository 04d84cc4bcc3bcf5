"""Mails about visits: booked, moved, cancelled, invited, and reminders before they start."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from config.schema import Facility, HubConfig
from signalling.hub.bus.interface import Bus, Change, VisitChanged
from signalling.hub.calendar_file import calendar_file
from signalling.hub.live import Live
from signalling.hub.outbox import Outbox
from signalling.hub.receipt_words import words_of
from signalling.hub.store.interface import Store, StoreError
from signalling.hub.store.records import Visitor
from signalling.hub.visit_mail_texts import Letter, letter_text, when_words
from signalling.hub.visits import Visits
from signalling.visit_events import EndReason

log = logging.getLogger(__name__)

REMIND_BEFORE_S: Final[dict[Letter, float]] = {"tomorrow": 86_400.0, "soon": 3600.0}
RETRY_S: Final = 1.0
LATE_S: Final = 1800.0
"""A reminder that would go out this soon after the booking, or later, says nothing new."""


class VisitMails:
    """Puts mails into the outbox, each visitor's in their own language."""

    def __init__(
        self, store: Store, bus: Bus, visits: Visits, outbox: Outbox, config: HubConfig
    ) -> None:
        self._store = store
        self._visits = visits
        self._outbox = outbox
        self._hub = config.name
        self._facilities = {each.id: each for each in config.facility}
        self._ending: set[asyncio.Task[None]] = set()
        bus.subscribe(self._changed)

    async def booked(self, live: Live, instead_of: Live | None = None) -> None:
        """Tell everybody on a visit, and remind them before it starts."""
        for who in live.visit.visitors:
            was_on = instead_of is not None and who in instead_of.visit.visitors
            letter: Letter = "moved" if was_on else "booked"
            if who != live.visit.visitors[0] and not was_on:
                letter = "invited"
            await self._tell(live, who, letter)
            await self._remind(live, who)

    async def invited(self, live: Live, who: str) -> None:
        """Tell somebody that they are on a visit now, and remind them."""
        await self._tell(live, who, "invited")
        await self._remind(live, who)

    async def declined(self, live: Live, who: str) -> None:
        """Tell who booked a visit that somebody does not come; remind that one no more."""
        await self._outbox.drop(_reminders(live.id, who))
        gone = await self._store.people.visitor(who)
        name = gone.name if gone is not None else ""
        await self._tell(live, live.visit.visitors[0], "declined", about=who, guest=name)

    # -- the end ----------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        if not isinstance(change, VisitChanged):
            return
        live = self._visits.get(change.visit)
        ended = live.visit.ended if live is not None else None
        if live is None or ended is None or live.visit.begun_at is not None or live.end_told:
            return
        live.end_told = True
        if ended.reason in (EndReason.CANCELLED, EndReason.STAFF):
            task = asyncio.create_task(self._cancelled(live, ended.who))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _cancelled(self, live: Live, by: str) -> None:
        """Whoever is on the visit hears of it, unless they were told that it moved.

        No other hub does this one's mails: they are tried until the store answers. Each goes out
        once, by its key.
        """
        while True:
            try:
                for who in live.visit.visitors:
                    await self._outbox.drop(_reminders(live.id, who))
                    if who != by and who not in live.moved_with:
                        await self._tell(live, who, "cancelled", cancelled=True)
            except StoreError as error:
                log.warning("visit=%s its end was not mailed: %s", live.id, error)
                if self._visits.stopping:
                    return
                await asyncio.sleep(RETRY_S)
            else:
                return

    # -- one mail ---------------------------------------------------------------------------

    async def _remind(self, live: Live, who: str) -> None:
        now = self._store.clock()
        for letter, before_s in REMIND_BEFORE_S.items():
            due_at = live.visit.booked.starts_at - before_s
            if due_at > now + LATE_S:
                await self._tell(live, who, letter, due_at=due_at)

    async def _tell(
        self,
        live: Live,
        who: str,
        letter: Letter,
        *,
        due_at: float | None = None,
        cancelled: bool = False,
        about: str = "",
        guest: str = "",
    ) -> None:
        visitor = await self._store.people.visitor(who)
        facility = self._facilities.get(live.visit.booked.facility)
        if visitor is None or facility is None or not visitor.email:
            return
        starts_at = live.visit.booked.starts_at
        when, clock = when_words(
            starts_at, facility.time_zone, visitor.language, clock_24h=facility.clock_24h
        )
        subject, body = letter_text(
            letter,
            visitor.language,
            inmate=live.inmate_name,
            facility=facility.name,
            when=when,
            clock=clock,
            guest=guest,
        )
        reminds = letter in REMIND_BEFORE_S
        file = None if reminds or about else self._file(live, visitor, facility, cancelled)
        # Whoever is invited again after declining is told again: the log is longer then.
        told = f"visit.{live.id}.{live.visit.length}.{who}.{about}"
        key = f"{_reminders(live.id, who) if reminds else told}{letter}"
        await self._outbox.put(key, visitor.email, subject, body, file, due_at)

    def _file(self, live: Live, visitor: Visitor, facility: Facility, cancelled: bool) -> bytes:
        return calendar_file(
            live.id,
            self._hub,
            summary=words_of(visitor.language)["visit-with"].format(name=live.inmate_name),
            starts_at=live.visit.booked.starts_at,
            ends_at=live.visit.booked.ends_at,
            stamp_at=self._store.clock(),
            location=facility.name,
            sequence=int(cancelled),
            cancelled=cancelled,
        )


def _reminders(visit: str, who: str) -> str:
    """What the keys of somebody's reminders of a visit begin with."""
    return f"remind.{visit}.{who}."
