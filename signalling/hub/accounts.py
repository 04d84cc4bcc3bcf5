"""Visitors: sign-up, log-in, facility log-in, sessions."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from config.schema import HubConfig
from signalling.errors import UserError
from signalling.hub.bus.interface import Bus, SessionEnded
from signalling.hub.coalesced import Coalesced
from signalling.hub.mail_address import is_address
from signalling.hub.passwords import Passwords
from signalling.hub.store.chain import audited, visitor_note
from signalling.hub.store.guessing_interface import FAMILIAR_S
from signalling.hub.store.interface import Stale, Store
from signalling.hub.store.records import Session, Visitor
from signalling.hub.tries import Limit, Tries, Try

log = logging.getLogger(__name__)

DAY_S: Final = 24 * 3600.0
TOKEN_BYTES: Final = 32
WINDOW_S: Final = 900.0
"""In which wrong passwords are counted: for an e-mail from an address (a stranger who knows an
e-mail shuts out himself, not the family), for an e-mail, and for an address."""
FAMILIAR_ADDRESSES: Final = 20
"""Remembered of each visitor."""


_MAILABLE: Final = re.compile(r".+@([^.]+\.)+[^.]{2,}")


def require_mailable(email: str) -> None:
    """Check that mail can reach an address in the open internet. Raises UserError `bad-email`."""
    if not email.isascii() or not is_address(email) or _MAILABLE.fullmatch(email) is None:
        raise UserError("bad-email")


def token_hash(token: str) -> str:
    """Return what is kept of a token, a session's or a link's."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class LogInResult:
    """A new session and its secret, told once."""

    token: str
    session: Session
    visitor: Visitor


class Accounts:
    """Who may use the page."""

    def __init__(
        self, store: Store, bus: Bus, passwords: Passwords, config: HubConfig, key: bytes
    ) -> None:
        """`key`: what addresses are kept under, so that a stolen database does not tell them."""
        self.tries = Tries(store, key)
        self._store = store
        self._key = key
        self.limits = config.limits
        self._said = Coalesced(log)
        self._bus = bus
        self._passwords = passwords
        self._config = config
        self._session_s = config.accounts.session_days * DAY_S
        limits = config.limits
        self._by_both = Limit("limits.log_in_tries", limits.log_in_tries, WINDOW_S)
        self._by_account = Limit(
            "limits.log_in_tries_per_account", limits.log_in_tries_per_account, WINDOW_S
        )
        self._by_address = Limit(
            "limits.log_in_tries_per_address", limits.log_in_tries_per_address, WINDOW_S
        )

    async def hash(self, password: str) -> str:
        """Return what is kept of a password. Raises UserError `busy`."""
        return await self._passwords.hash(password)

    async def password_was_set(self, email: str, address: str, ended: Iterable[str]) -> None:
        """Say that log-ins are over; wrong passwords of before shut the owner out no longer."""
        self.say_ended(ended)
        here = Try(self._by_both, f"{email} {address}")
        await self.tries.take_back((), forget=(Try(self._by_account, email), here))

    async def release(self, email: str, addresses: Iterable[str]) -> None:
        """Forget wrong passwords of an account, from these addresses too.

        What counts against an address alone stays: others may guess from there.
        """
        here = (Try(self._by_both, f"{email} {each}") for each in addresses)
        await self.tries.take_back((), forget=(Try(self._by_account, email), *here))

    def say_ended(self, token_hashes: Iterable[str]) -> None:
        """Say which log-ins are over, once the store has dropped them."""
        for each in token_hashes:
            self._bus.publish(SessionEnded(each))

    async def new_visitor(
        self, email: str, password: str, name: str, language: str = "en"
    ) -> Visitor:
        """Return a visitor who is not kept yet. Raises UserError `busy`."""
        hashed = await self.hash(password)
        now = self._store.clock()
        who = f"v-{secrets.token_hex(6)}"
        return Visitor(who, email.lower(), name, hashed, now, language=language)

    async def add(self, email: str, password: str, name: str) -> Visitor:
        """Make an account for somebody whom staff know. Raises Duplicate, UserError `busy`."""
        visitor = await self.new_visitor(email, password, name)
        visitor = replace(visitor, verified_at=visitor.created_at)
        await self._store.people.add_visitor(visitor)
        log.info("visitor=%s account added", visitor.id)
        return visitor

    async def log_in(
        self, email: str, password: str, address: str, before: Session | None, browser: str = ""
    ) -> LogInResult:
        """Start a session instead of the one before.

        Raises:
            UserError: `wrong-log-in`, `too-many-tries`, `busy`; `email-not-verified`, told only
                to whoever knows the password.
        """
        visitor = await self.check(email.lower(), password, address)
        if visitor.verified_at is None:
            raise UserError("email-not-verified")
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now = self._store.clock()
        session = Session(
            token_hash(token),
            visitor.id,
            now + self._session_s,
            id=f"s-{secrets.token_hex(6)}",
            created_at=now,
            seen_at=now,
            browser=browser,
        )
        instead_of = before.token_hash if before is not None else None
        kept = self._store.people.add_session(session, instead_of, visitor.password_hash)
        try:
            await audited(kept, lambda _: visitor_note(now, "visitor-logged-in", visitor.id))
        except Stale:
            raise UserError("wrong-log-in") from None  # another password was set meanwhile
        await self.know(visitor.id, address)
        most = self.limits.sessions_per_visitor
        ended = await self._store.guessing.trim_sessions(visitor.id, most)
        if ended:
            what = f"{len(ended)} of more than {most} log-ins ended, limits.sessions_per_visitor"
            self._said.warning("sessions", "visitor=%s %s", visitor.id, what)
            self.say_ended(ended)
        log.info("visitor=%s logged in", visitor.id)
        return LogInResult(token, session, visitor)

    async def know(self, visitor: str, address: str) -> None:
        """Remember that a visitor has shown to be at an address."""
        mac = self._address_mac(visitor, address)
        await self._store.guessing.keep_familiar(visitor, mac, FAMILIAR_ADDRESSES)

    async def _is_familiar(self, visitor: Visitor | None, address: str) -> bool:
        # Asked for e-mails that nobody has too: it takes as long.
        who, since = visitor.id if visitor is not None else "", self._store.clock() - FAMILIAR_S
        mac = self._address_mac(who, address)
        return await self._store.guessing.is_familiar(who, mac, since)

    def _address_mac(self, visitor: str, address: str) -> bytes:
        return hmac.digest(self._key, f"familiar\0{visitor}\0{address}".encode(), "sha256")

    async def check(self, email: str, password: str, address: str) -> Visitor:
        """Return whose e-mail and password these are; every wrong one counts.

        Raises:
            UserError: `wrong-log-in`, `too-many-tries`, `busy`.
        """
        visitor = await self._store.people.visitor_by_email(email)
        here = Try(self._by_both, f"{email} {address}")
        tries = [here, Try(self._by_address, address)]
        if not await self._is_familiar(visitor, address):
            tries.append(Try(self._by_account, email))
        await self._count(tries)
        known = visitor.password_hash if visitor is not None else None
        try:
            right = await self._passwords.matches(known, password)
        except UserError:  # too busy to look: it was no try
            await self.tries.take_back(tries)
            raise
        if not right or visitor is None:
            refusal = UserError("wrong-log-in")
            refusal.about = f"visitor:{visitor.id}" if visitor is not None else "visitor:unknown"
            raise refusal
        await self.tries.take_back(tries[1:], forget=[here])
        return visitor

    async def _count(self, tries: list[Try]) -> None:
        """Raises UserError `too-many-tries`."""
        shut = await self.tries.count(tries)
        if shut is not None:
            limit = shut.of.limit
            # Whoever may read the log need not read whom strangers took for a visitor.
            whose = shut.of.whose if limit is self._by_address else "an account"
            self._said.warning(limit.name, "log-in: wrong passwords, %s: %s", limit.name, whose)
            raise UserError("too-many-tries", unlock_at=shut.until)

    async def resume(self, token: str) -> tuple[Session, Visitor] | None:
        """Return the session that a token belongs to, if it still holds."""
        session = await self._store.people.session(token_hash(token))
        visitor = await self._store.people.visitor(session.visitor) if session else None
        return (session, visitor) if session is not None and visitor is not None else None

    async def open_facility(
        self, session: Session, visitor: Visitor, facility: str, password: str, address: str
    ) -> Session:
        """The facility log-in: the password again.

        Raises:
            UserError: `unknown-facility`, `wrong-log-in`, `not-approved`, `too-many-tries`, `busy`.
        """
        place = next((each for each in self._config.facility if each.id == facility), None)
        if place is None:
            raise UserError("unknown-facility")
        await self.check(visitor.email, password, address)
        approvals = await self._store.people.approvals(visitor.id)
        now = self._store.clock()
        holding = {inmate.facility for approval, inmate in approvals if approval.holds(now)}
        if facility not in holding:
            raise UserError("not-approved")
        # The password was just typed, so the session begins anew: no visit that is joined while
        # the facility is open can outlast it.
        expires_at = now + self._session_s
        holds_s = place.facility_log_in_s or self._config.visits.facility_log_in_s
        until = min(expires_at, now + holds_s)
        await audited(
            self._store.people.open_facility(session.token_hash, facility, until, expires_at),
            lambda _: visitor_note(now, "visitor-opened-facility", visitor.id, facility=facility),
        )
        return replace(session, facility=facility, facility_until=until, expires_at=expires_at)

    async def log_out(self, session: Session) -> None:
        """End a session on every page that uses it."""
        now = self._store.clock()
        await audited(
            self._store.people.drop_session(session.token_hash),
            lambda _: visitor_note(now, "visitor-logged-out", session.visitor),
        )
        log.info("visitor=%s logged out", session.visitor)
        self.say_ended([session.token_hash])
