"""What is done to an account by mail: a link shows whose an address is.

Whoever asks is answered alike for every address and after as much work: whether somebody has an
account here is told to nobody but the owner of the address.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from typing import Final, Literal

from signalling.errors import UserError
from signalling.hub.account_mail_texts import Letter, letter_text, mail_language
from signalling.hub.accounts import Accounts, require_mailable, token_hash
from signalling.hub.bus.interface import AccountChanged, Bus
from signalling.hub.coalesced import Coalesced
from signalling.hub.outbox import Outbox
from signalling.hub.passwords import require_strong
from signalling.hub.store.chain import audited, visitor_note
from signalling.hub.store.interface import Duplicate, Store
from signalling.hub.store.records import Mail, MailToken, Visitor
from signalling.hub.tries import Limit, Try

log = logging.getLogger(__name__)

DAY_S: Final = 24 * 3600.0
HOUR_S: Final = 3600.0
LIVES_S: Final = {"verify": 3 * DAY_S, "change-email": 3 * DAY_S, "reset": HOUR_S}
"""How long a link opens something."""
Kind = Literal["verify", "change-email", "reset"]

MAILS: Final = Limit("three mails an hour to one e-mail from one address", 3, HOUR_S)
MAILS_TO_ONE: Final = Limit("ten mails an hour to one e-mail", 10, HOUR_S)
"""From everywhere: nobody is bombarded, and a stranger does not use up all of them."""
MAILS_FROM_ADDRESS: Final = Limit("thirty mails an hour from one address", 30, HOUR_S)


class AccountLinks:
    """Sends links and follows them."""

    def __init__(self, store: Store, bus: Bus, accounts: Accounts, outbox: Outbox) -> None:
        self._store = store
        self._bus = bus
        self._accounts = accounts
        self._outbox = outbox
        limits = accounts.limits
        self._by_recipient_day = Limit(
            "limits.mails_per_email_per_day", limits.mails_per_email_per_day, DAY_S
        )
        self._by_address_day = Limit(
            "limits.mails_per_address_per_day", limits.mails_per_address_per_day, DAY_S
        )
        self._sign_ups = Limit(
            "limits.sign_ups_per_address_per_day", limits.sign_ups_per_address_per_day, DAY_S
        )
        self._said = Coalesced(log)

    async def _count_mail(self, email: str, address: str, *more: Limit) -> None:
        """Count a mail that was asked for, sent or not; `more` limits count by address.

        Raises:
            UserError: `too-many-tries`, alike for every e-mail.
        """
        tries = [
            Try(MAILS, f"{email} {address}"),
            Try(MAILS_TO_ONE, email),
            Try(MAILS_FROM_ADDRESS, address),
            Try(self._by_recipient_day, email),
            Try(self._by_address_day, address),
            *(Try(limit, address) for limit in more),
        ]
        shut = await self._accounts.tries.count(tries)
        if shut is not None:
            limit = shut.of.limit.name
            self._said.warning(limit, "mails asked from %s: refused, %s", address, limit)
            raise UserError("too-many-tries", unlock_at=shut.until)

    async def release(self, email: str, addresses: Iterable[str]) -> None:
        """Forget mails that were asked for to one e-mail, from these addresses too."""
        here = (Try(MAILS, f"{email} {each}") for each in addresses)
        to_one = (Try(MAILS_TO_ONE, email), Try(self._by_recipient_day, email))
        await self._accounts.tries.take_back((), forget=(*to_one, *here))

    # -- asking -----------------------------------------------------------------------------

    async def sign_up(
        self, email: str, password: str, name: str, language: str, address: str
    ) -> None:
        """Make an account that waits for its link; mail its owner if there is one already.

        Raises:
            UserError: `bad-email`, `weak-password`, `too-many-tries`, `busy`.
        """
        email = email.lower()
        require_mailable(email)
        require_strong(password, email)
        await self._count_mail(email, address, self._sign_ups)
        new = await self._accounts.new_visitor(email, password, name, mail_language(language))
        known = await self._store.people.visitor_by_email(email)
        if known is None:
            try:
                await self._issue("verify", "verify", email, new, new.language, is_new=True)
            except Duplicate:
                known = await self._store.people.visitor_by_email(email)  # at the same moment
            else:
                log.info("visitor=%s account created, not verified yet", new.id)
                return
        language = known.language if known is not None else new.language
        await self._issue("reset", "known", email, known, language)

    async def resend(self, email: str, language: str, address: str) -> None:
        """Mail the first link again to whom it was not followed by. Raises UserError."""
        email = email.lower()
        await self._count_mail(email, address)
        known = await self._store.people.visitor_by_email(email)
        waits = known if known is not None and known.verified_at is None else None
        await self._issue("verify", "verify", email, waits, language)

    async def forgot(self, email: str, language: str, address: str) -> None:
        """Mail a link that sets a new password. Raises UserError `too-many-tries`."""
        email = email.lower()
        await self._count_mail(email, address)
        known = await self._store.people.visitor_by_email(email)
        await self._issue("reset", "reset", email, known, language)

    async def change_email(self, visitor: Visitor, password: str, email: str, address: str) -> None:
        """Mail a link to another address of a visitor's, and a word to the one that holds.

        One's own address takes an earlier wish back. Raises UserError `bad-email`,
        `wrong-log-in`, `too-many-tries`, `busy`; never tells whether the address is known.
        """
        email = email.lower()
        require_mailable(email)
        now = await self._accounts.check(visitor.email, password, address)
        if email == now.email:
            await self._store.accounts.wish_email(now.id, None)
            self._bus.publish(AccountChanged(now.id, now.email, None))
            return
        await self._count_mail(email, address)
        taken = await self._store.people.visitor_by_email(email)
        await self._store.accounts.wish_email(now.id, email)
        if taken is None:
            await self._issue("change-email", "change-email", email, now, now.language)
        else:
            # A link that is in no mail: it takes as long, and the wish ends as another one would.
            await self._issue("change-email", "taken", email, now, taken.language)
        subject, body = letter_text("email-will-change", now.language)
        key = f"email-will-change.{secrets.token_hex(16)}"
        await self._outbox.put(key, now.email, subject, body)
        log.info("visitor=%s asked for another e-mail", now.id)
        self._bus.publish(AccountChanged(now.id, now.email, email))

    # -- following --------------------------------------------------------------------------

    async def verify(self, token: str) -> Visitor:
        """Follow a link that shows whose an address is. Raises UserError `link-not-valid`."""
        now = self._store.clock()
        visitor = await audited(
            self._store.accounts.verify(token_hash(token)),
            lambda who: visitor_note(now, "visitor-verified-email", who.id) if who else None,
        )
        if visitor is None:
            raise UserError("link-not-valid")
        log.info("visitor=%s e-mail verified", visitor.id)
        self._bus.publish(AccountChanged(visitor.id, visitor.email, visitor.new_email))
        return visitor

    async def reset(self, token: str, password: str, address: str) -> None:
        """Follow a link that sets a new password; every log-in of the account ends.

        Whoever follows it reads the account's mail, so the e-mail is verified too, and the owner
        gets in from here while others guess.

        Raises:
            UserError: `link-not-valid`; `weak-password` and `busy`, and the link still holds.
        """
        hashed = token_hash(token)
        link = await self._store.accounts.token(hashed)
        if link is None or link.visitor is None or link.kind != "reset":
            raise UserError("link-not-valid")
        require_strong(password, link.email)
        new_hash = await self._accounts.hash(password)
        now, whose = self._store.clock(), link.visitor
        ended = await audited(
            self._store.accounts.reset(hashed, new_hash),
            lambda gone: (
                visitor_note(now, "visitor-reset-password", whose) if gone is not None else None
            ),
        )
        if ended is None:
            raise UserError("link-not-valid")  # followed elsewhere at the same moment
        log.info("visitor=%s password set by mail", link.visitor)
        await self._accounts.password_was_set(link.email, address, ended)
        await self._accounts.know(link.visitor, address)
        visitor = await self._store.people.visitor(link.visitor)
        if visitor is not None:  # a mailbox that others read too: its owner hears of it
            subject, body = letter_text("password-changed", visitor.language)
            key = f"password-changed.{secrets.token_hex(16)}"
            await self._outbox.put(key, visitor.email, subject, body)

    # -- plumbing ---------------------------------------------------------------------------

    async def _issue(
        self,
        kind: Kind,
        letter: Letter,
        email: str,
        visitor: Visitor | None,
        language: str,
        *,
        is_new: bool = False,
    ) -> None:
        """Mail a link. Without a visitor the same is written but for the mail."""
        now = self._store.clock()
        key = f"{kind}.{secrets.token_hex(16)}"
        token = MailToken(
            token_hash(self._outbox.token(key)),
            kind,
            visitor.id if visitor is not None else None,
            email,
            now + LIVES_S[kind],
        )
        mail = None
        if visitor is not None:
            subject, body = letter_text(letter, language)
            mail = Mail(key, email, subject, body, due_at=now)
        new = visitor if is_new else None
        whom = visitor.id if visitor is not None else ""
        await audited(
            self._store.accounts.issue(token, mail, new),
            lambda _: visitor_note(now, f"visitor-asked-{kind}", whom) if whom else None,
        )
        self._outbox.look()
