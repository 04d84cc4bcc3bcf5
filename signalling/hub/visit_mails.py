"""Mails about visits: booked, moved, cancelled, invited, and reminders before they start."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from config.schema import Facility, HubConfig
from signalling.hub.calendar_file import calendar_file
from signalling.hub.receipt_words import words_of
from signalling.hub.store.letters import Letters, News
from signalling.hub.store.records import Mail, Visitor
from signalling.hub.visit_mail_texts import Letter, letter_text, when_words
from signalling.visit_events import EndReason

REMIND_BEFORE_S: Final[dict[Letter, float]] = {"tomorrow": 86_400.0, "soon": 3600.0}
LATE_S: Final = 1800.0
"""A reminder that would go out this soon after the booking, or later, says nothing new."""


def reminds_too_late(mail: Mail, now: float) -> bool:
    """Whether a mail says of a visit that it starts, and it has: no hub sent mails for so long."""
    kind, _, about = mail.key.partition(".")
    letter = about.rpartition(".")[2]
    before_s = next((each for known, each in REMIND_BEFORE_S.items() if known == letter), None)
    return kind == "remind" and before_s is not None and now >= mail.wanted_at + before_s


class VisitMails:
    """Writes to whoever is on a visit, to each in their own language.

    The store keeps the letters with what they tell, so that a hub which is killed loses none and
    none is written twice. `wake` is called in the loop when there are some.
    """

    def __init__(self, config: HubConfig, wake: Callable[[], None]) -> None:
        self._hub = config.name
        self._facilities = {each.id: each for each in config.facility}
        self._loop = asyncio.get_running_loop()
        self._wake = wake

    def letters(self, news: News) -> Letters:
        """Return the letters that some news makes. Called in the store's thread."""
        facility = self._facilities.get(news.visit.booked.facility)
        if facility is None:
            return Letters()
        about = _About(news, facility, self._hub)
        mails = tuple(about.mails())
        if mails:
            # What is looked up now waits for this transaction: the store has one queue.
            with contextlib.suppress(RuntimeError):  # a loop that is gone sends nothing
                self._loop.call_soon_threadsafe(self._wake)
        return Letters(mails, tuple(about.void()))


class _About:
    """The letters about one change of one visit."""

    def __init__(self, news: News, facility: Facility, hub: str) -> None:
        self._news = news
        self._visit = news.visit
        self._facility = facility
        self._hub = hub
        before = news.before.visitors if news.before is not None else ()
        self._came = [who for who in self._visit.visitors if who not in before]
        self._gone = [who for who in before if who not in self._visit.visitors]

    def mails(self) -> Iterator[Mail]:
        if self._news.before is None:
            yield from self._booked()
        elif self._visit.ended is not None:
            yield from self._cancelled(self._visit.ended.reason, self._visit.ended.who)
        else:
            for who in self._came:
                yield from self._invited(who, "invited")
            for who in self._gone:
                gone = self._news.people.get(who)
                guest = gone.name if gone is not None else ""
                yield from self._tell(self._visit.visitors[0], "declined", about=who, guest=guest)

    def void(self) -> Iterator[str]:
        """The keys of reminders of what does not take place, or not with them."""
        over = self._visit.visitors if self._visit.ended is not None else ()
        for who in (*over, *self._gone):
            for letter in REMIND_BEFORE_S:
                yield self._reminder(who, letter)

    # -- what happened ----------------------------------------------------------------------

    def _booked(self) -> Iterator[Mail]:
        """Tell everybody on a visit, and remind them before it starts."""
        moved = self._news.instead_of
        for who in self._visit.visitors:
            was_on = moved is not None and who in moved.visitors
            letter: Letter = "moved" if was_on else "booked"
            if who != self._visit.visitors[0] and not was_on:
                letter = "invited"
            yield from self._invited(who, letter)

    def _invited(self, who: str, letter: Letter) -> Iterator[Mail]:
        yield from self._tell(who, letter)
        for reminder, before_s in REMIND_BEFORE_S.items():
            due_at = self._visit.booked.starts_at - before_s
            if due_at > self._news.now + LATE_S:
                yield from self._tell(who, reminder, due_at=due_at)

    def _cancelled(self, reason: EndReason, by: str) -> Iterator[Mail]:
        """Whoever is on the visit hears of it, unless they are told that it moved."""
        if reason not in (EndReason.CANCELLED, EndReason.STAFF):
            return
        for who in self._visit.visitors:
            if who != by and who not in self._news.moved_with:
                yield from self._tell(who, "cancelled", cancelled=True)

    # -- one mail ---------------------------------------------------------------------------

    def _tell(
        self,
        who: str,
        letter: Letter,
        *,
        due_at: float | None = None,
        cancelled: bool = False,
        about: str = "",
        guest: str = "",
    ) -> Iterator[Mail]:
        visitor = self._news.people.get(who)
        if visitor is None or not visitor.email:
            return
        facility, booked = self._facility, self._visit.booked
        when, clock = when_words(
            booked.starts_at, facility.time_zone, visitor.language, clock_24h=facility.clock_24h
        )
        subject, body = letter_text(
            letter,
            visitor.language,
            inmate=self._news.inmate,
            facility=facility.name,
            when=when,
            clock=clock,
            guest=guest,
        )
        reminds = letter in REMIND_BEFORE_S
        file = None if reminds or about else self._file(visitor, cancelled)
        # Whoever is invited again after declining is told again: the log is longer then.
        told = f"visit.{self._visit.id}.{self._visit.length}.{who}.{about}{letter}"
        key = self._reminder(who, letter) if reminds else told
        due = self._news.now if due_at is None else due_at
        yield Mail(key, visitor.email, subject, body, file, due)

    def _file(self, visitor: Visitor, cancelled: bool) -> bytes:
        booked = self._visit.booked
        return calendar_file(
            self._visit.id,
            self._hub,
            summary=words_of(visitor.language)["visit-with"].format(name=self._news.inmate),
            starts_at=booked.starts_at,
            ends_at=booked.ends_at,
            stamp_at=self._news.now,
            location=self._facility.name,
            sequence=int(cancelled),
            cancelled=cancelled,
        )

    def _reminder(self, who: str, letter: Letter) -> str:
        return f"remind.{self._visit.id}.{who}.{letter}"
