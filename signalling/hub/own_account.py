"""What visitors change of their own account, and their log-ins."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from signalling.account_messages import SessionView
from signalling.errors import IllegalEvent, UserError
from signalling.hub.account_mail_texts import letter_text, mail_language
from signalling.hub.accounts import Accounts
from signalling.hub.audit_chain import Note
from signalling.hub.bus.interface import AccountChanged, Bus
from signalling.hub.live import Live
from signalling.hub.outbox import Outbox
from signalling.hub.passwords import require_strong
from signalling.hub.privacy import declined, ordinary
from signalling.hub.store.chain import audited, visitor_note
from signalling.hub.store.interface import Stale, Store
from signalling.hub.store.records import Draft, Session, Visitor
from signalling.hub.visits import Visits
from signalling.visit import Visit
from signalling.visit_events import By, Ended, EndReason

log = logging.getLogger(__name__)

ERASE_TRIES: Final = 10
ERASE_AGAIN_S: Final = 0.1
SEEN_EVERY_S: Final = 60.0
"""How often at most it is kept that somebody is still there."""


class OwnAccount:
    """Every session that is passed in was checked by the endpoint."""

    def __init__(
        self, store: Store, bus: Bus, accounts: Accounts, outbox: Outbox, visits: Visits
    ) -> None:
        self._store = store
        self._bus = bus
        self._visits = visits
        self._accounts = accounts
        self._outbox = outbox

    def _note(self, kind: str, visitor: str, **facts: int) -> Note:
        return visitor_note(self._store.clock(), kind, visitor, **facts)

    # -- log-ins ----------------------------------------------------------------------------

    async def seen(self, session: Session) -> Session:
        """Keep that somebody is there on this session; return it as it then is."""
        now = self._store.clock()
        if now < session.seen_at + SEEN_EVERY_S:
            return session
        await self._store.accounts.seen(session.token_hash, now)
        return replace(session, seen_at=now)

    async def sessions(self, asking: Session) -> tuple[SessionView, ...]:
        """Return the account's log-ins, the newest first."""
        return tuple(
            SessionView(
                id=each.id,
                browser=each.browser,
                created_at=each.created_at,
                seen_at=each.seen_at,
                this=each.token_hash == asking.token_hash,
            )
            for each in await self._store.accounts.sessions(asking.visitor)
        )

    async def end_sessions(self, asking: Session, session: str | None) -> None:
        """End one other log-in, or all others.

        Raises:
            UserError: `unknown-session`: it is over already, somebody else's, or the asking one.
        """
        ended = await audited(
            self._store.accounts.end_sessions(asking.visitor, asking.token_hash, session),
            lambda gone: self._note("visitor-ended-log-ins", asking.visitor, ended=len(gone)),
        )
        if session is not None and not ended:
            raise UserError("unknown-session")
        log.info("visitor=%s ended %d other log-ins", asking.visitor, len(ended))
        self._accounts.say_ended(ended)

    # -- changes ----------------------------------------------------------------------------

    async def change_password(
        self, session: Session, visitor: Visitor, password: str, new_password: str, address: str
    ) -> None:
        """Set another password; every other log-in ends, and no mailed link holds.

        Raises:
            UserError: `weak-password`, `same-password`, `wrong-log-in`, `too-many-tries`, `busy`.
        """
        require_strong(new_password, visitor.email)
        now = await self._accounts.check(visitor.email, password, address)
        if new_password == password:
            raise UserError("same-password")
        hashed = await self._accounts.hash(new_password)
        ended = await audited(
            self._store.accounts.set_password(now.id, hashed, session.token_hash),
            lambda _: self._note("visitor-changed-password", now.id),
        )
        log.info("visitor=%s password changed", now.id)
        await self._accounts.password_was_set(now.email, address, ended)
        self._bus.publish(AccountChanged(now.id, now.email, None))
        subject, body = letter_text("password-changed", now.language)
        key = f"password-changed.{secrets.token_hex(16)}"
        await self._outbox.put(key, now.email, subject, body)

    async def use_language(self, visitor: Visitor, language: str) -> None:
        """Write mails to this visitor in a language from now on; in English if it is unknown."""
        await self._store.accounts.set_language(visitor.id, mail_language(language))

    # -- the end ----------------------------------------------------------------------------

    async def delete(self, visitor: Visitor, password: str, address: str) -> None:
        """Erase an account, cancel what it booked, decline what it was invited to.

        The logs of its visits keep only its id.

        Raises:
            UserError: `in-a-visit` while a visit of theirs goes on; `wrong-log-in`,
                `too-many-tries`, `busy`.
        """
        await self._accounts.check(visitor.email, password, address)
        ended = await self._erase(visitor.id)
        log.info("visitor=%s account deleted", visitor.id)
        await self._visits.read_people_again(visitor.id)
        self._accounts.say_ended(ended)

    async def _erase(self, visitor: str) -> list[str]:
        """Take a visitor off all visits, those too that are booked meanwhile, then erase them."""
        for _ in range(ERASE_TRIES):
            lives = [each for each in self._visits.of(visitor) if each.visit.ended is None]
            if any(each.visit.begun_at is not None for each in lives):
                raise UserError("in-a-visit")
            for live in lives:
                await self._take_off(live, visitor)
            try:
                return await audited(
                    self._store.accounts.erase(visitor),
                    lambda _: self._note("visitor-deleted-account", visitor),
                )
            except Stale:
                await asyncio.sleep(ERASE_AGAIN_S)  # this hub has yet to hear of the visit
        raise UserError("busy")

    async def _take_off(self, live: Live, visitor: str) -> None:
        plain = await ordinary(self._store, live.visit)
        try:
            await self._visits.change(live, lambda visit, _now: _without(visit, visitor, plain))
        except IllegalEvent as error:
            # It began in this moment, or its time is over and its end about to be recorded.
            log.info("visit=%s not cancelled: %s", live.id, error)
            if live.visit.begun_at is not None:
                raise UserError("in-a-visit") from error


def _without(visit: Visit, visitor: str, ordinary: frozenset[str]) -> Iterable[Draft]:
    """What takes a visitor off a visit: who booked it cancels it, who is invited declines."""
    if visit.ended is None and visitor in visit.visitors:
        booker = visitor == visit.visitors[0]
        ended = Ended(By.VISITOR, EndReason.CANCELLED, visitor)
        what = ended if booker else declined(visit, visitor, ordinary)
        yield Draft(what, f"visitor:{visitor}")
