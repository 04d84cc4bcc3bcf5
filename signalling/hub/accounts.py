"""Visitors: sign-up, log-in, facility log-in, sessions."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from config.schema import HubConfig
from signalling.errors import UserError
from signalling.hub.bus.interface import Bus, SessionEnded
from signalling.hub.passwords import Passwords
from signalling.hub.store.interface import Store
from signalling.hub.store.records import Session, Visitor
from signalling.hub.throttle import Throttle, require_open

log = logging.getLogger(__name__)

DAY_S: Final = 24 * 3600.0
TOKEN_BYTES: Final = 32
WINDOW_S: Final = 900.0
TRIES: Final = 10
"""Wrong passwords for one e-mail, known or not, from one address in WINDOW_S: a stranger who
knows an e-mail shuts out himself, not the family."""
ACCOUNT_TRIES: Final = 100
"""Wrong passwords for one e-mail from everywhere in WINDOW_S (NIST SP 800-63B-4: 100 at most)."""
ADDRESS_TRIES: Final = 50
"""Wrong passwords from one address in WINDOW_S."""


_MAILABLE: Final = re.compile(r"[^@]+@([^@.]+\.)+[^@.]{2,}")


def require_mailable(email: str) -> None:
    """Check that mail can reach an address in the open internet. Raises UserError `bad-email`."""
    if not email.isascii() or _MAILABLE.fullmatch(email) is None:
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
    """Who may use the page. Throttles live in memory: a restart forgets them."""

    def __init__(self, store: Store, bus: Bus, passwords: Passwords, config: HubConfig) -> None:
        self._store = store
        self._bus = bus
        self._passwords = passwords
        self._config = config
        self._session_s = config.accounts.session_days * DAY_S
        self._by_both = Throttle(TRIES, WINDOW_S)
        self._by_account = Throttle(ACCOUNT_TRIES, WINDOW_S)
        self._by_address = Throttle(ADDRESS_TRIES, WINDOW_S)

    async def hash(self, password: str) -> str:
        """Return what is kept of a password. Raises UserError `busy`."""
        return await self._passwords.hash(password)

    def password_was_set(self, email: str, ended: Iterable[str]) -> None:
        """Say that log-ins are over; wrong passwords of before shut the owner out no longer."""
        self._by_account.forget(email)
        self.say_ended(ended)

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
        await self._store.people.add_session(
            session, before.token_hash if before is not None else None
        )
        log.info("visitor=%s logged in", visitor.id)
        return LogInResult(token, session, visitor)

    async def check(self, email: str, password: str, address: str) -> Visitor:
        """Return whose e-mail and password these are; every wrong one counts.

        Raises:
            UserError: `wrong-log-in`, `too-many-tries`, `busy`.
        """
        now = self._store.clock()
        counts = (
            (self._by_both, f"{email} {address}"),
            (self._by_account, email),
            (self._by_address, address),
        )
        for throttle, key in counts:
            require_open(throttle, key, now)
        # Counted before it is known to be wrong: many tries side by side are many tries.
        for throttle, key in counts:
            throttle.failed(key, now)
        wrong = False
        try:
            visitor = await self._store.people.visitor_by_email(email)
            known = visitor.password_hash if visitor is not None else None
            wrong = not await self._passwords.matches(known, password)
        finally:
            if not wrong:
                for throttle, key in counts:
                    throttle.take_back(key)
        if wrong or visitor is None:
            raise UserError("wrong-log-in")
        self._by_both.forget(f"{email} {address}")
        return visitor

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
        await self._store.people.open_facility(session.token_hash, facility, until, expires_at)
        return replace(session, facility=facility, facility_until=until, expires_at=expires_at)

    async def log_out(self, session: Session) -> None:
        """End a session on every page that uses it."""
        await self._store.people.drop_session(session.token_hash)
        log.info("visitor=%s logged out", session.visitor)
        self.say_ended([session.token_hash])
