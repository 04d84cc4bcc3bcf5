"""Sends what the outbox holds: over SMTP, or without a host into the hub's log."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import replace
from email.message import EmailMessage
from typing import Final

import aiosmtplib

from config.schema import MailServer
from signalling.hub.mail_address import is_address
from signalling.hub.mail_links import link_token, with_links
from signalling.hub.store.interface import Store, StoreError
from signalling.hub.store.records import Mail
from signalling.hub.visit_mails import reminds_too_late

log = logging.getLogger(__name__)

HELD_S: Final = 300.0
"""A hub that claimed mails and died holds them back from other hubs for so long."""
AT_ONCE: Final = 20
FIRST_RETRY_S: Final = 5.0
LONGEST_RETRY_S: Final = 900.0
LONGEST_SLEEP_S: Final = 30.0
TIMEOUT_S: Final = 30.0
"""For each answer of the server."""
SEND_S: Final = 120.0
"""For a whole mail: none is begun that might outlast HELD_S and go out from another hub too."""
GIVEN_UP_AFTER_S: Final = 3 * 24 * 3600.0
"""Since it was to go out. By then its link is over and its visit nearer than its news."""
PERMANENT: Final = 500
"""SMTP codes from here on mean: never (RFC 5321, 4.2.1)."""


def retry_after_s(tries: int) -> float:
    """Return how long a mail that failed `tries` times before waits."""
    return float(min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(tries, 10)))


def why_refused(error: Exception) -> tuple[str, bool]:
    """Return what went wrong with a mail in words, and whether trying again is in vain.

    That is for an answer about the recipient or the mail itself. What the server thinks of us, as
    with a wrong password, is mended in hub.toml, and then the same mail goes out.
    """
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPResponseException):
        of_mail = isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError)
        return f"{error.code} {error.message}", of_mail and error.code >= PERMANENT
    # A certificate that is not trusted is a ValueError too, but no fault of the mail.
    in_vain = isinstance(error, ValueError) and not isinstance(error, OSError)
    return str(error) or type(error).__name__, in_vain


def as_message(mail: Mail, sender: str) -> EmailMessage:
    """Return a mail as what goes over the wire.

    Raises:
        ValueError: a line break in a header, or a recipient that is not one address.
    """
    if not is_address(mail.recipient):
        raise ValueError("the recipient is not one address")
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message.set_content(mail.body)
    if mail.calendar is not None:
        message.add_attachment(
            mail.calendar, maintype="text", subtype="calendar", filename="visit.ics"
        )
    return message


class Outbox:
    """Keeps mails until they are sent; each key goes out once."""

    def __init__(self, store: Store, server: MailServer, links_key: bytes) -> None:
        self._store = store
        self._server = server
        self._links_key = links_key
        self.page_url = server.public_url
        """Where families open the page; known once the hub listens."""
        self.monotonic = time.monotonic
        self._wake = asyncio.Event()

    async def put(  # noqa: PLR0917 - a mail's parts
        self,
        key: str,
        recipient: str,
        subject: str,
        body: str,
        calendar: bytes | None = None,
        due_at: float | None = None,
    ) -> bool:
        """Keep a mail to send; False when this key was put before."""
        due = self._store.clock() if due_at is None else due_at
        kept = await self._store.outbox.put(Mail(key, recipient, subject, body, calendar, due))
        self.look()
        return kept

    def token(self, key: str) -> str:
        """Return the token of the link in the mail with this key."""
        return link_token(self._links_key, key)

    def body(self, mail: Mail) -> str:
        """Return what a mail says as it goes out, links and all."""
        return with_links(mail.body, self.page_url, self.token(mail.key))

    def look(self) -> None:
        """Look now: somebody put a mail into the store, or set the clock."""
        self._wake.set()

    async def run(self) -> None:
        """Send what is due until cancelled."""
        while True:
            self._wake.clear()
            try:
                wait_s = await self._round()
            except StoreError as error:
                # The mails are safe in the store; it may only be busy.
                log.warning("the outbox was not read, tried again: %s", error)
                wait_s = FIRST_RETRY_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, min(wait_s, LONGEST_SLEEP_S))):
                    await self._wake.wait()

    async def _round(self) -> float:
        """Send what is due now; return for how long nothing else is."""
        # Not by the clock that may be set: for so long nobody else gets what we claim now.
        until_s = self.monotonic() + HELD_S - SEND_S
        for mail in await self._store.outbox.claim(AT_ONCE, HELD_S):
            if self.monotonic() >= until_s:
                break  # the server is slow; another hub may have the others soon
            await self._send(mail)
        next_at = await self._store.outbox.next_due_at()
        return LONGEST_SLEEP_S if next_at is None else next_at - self._store.clock()

    async def _send(self, mail: Mail) -> None:
        if reminds_too_late(mail, self._store.clock()):
            log.warning("mail %s given up: its visit has started", mail.key)
            await self._store.outbox.failed(mail.key, "its visit has started", None)
            return
        try:
            mail = replace(mail, body=self.body(mail))
            message = as_message(mail, self._server.sender)
            if self._server.host:
                await self._over_smtp(message)
            else:
                self._write(mail)
        except Exception as error:
            # Whatever is wrong with one mail, the others go out.
            if not isinstance(error, aiosmtplib.SMTPException | OSError | ValueError):
                log.exception("mail %s: a fault of this hub", mail.key)
            await self._failed(mail, error)
            return
        await self._store.outbox.sent(mail.key)

    @staticmethod
    def _write(mail: Mail) -> None:
        log.info("mail to %s: %s", mail.recipient, mail.subject)
        for line in mail.body.splitlines():
            log.info("mail | %s", line)

    async def _failed(self, mail: Mail, error: Exception) -> None:
        now = self._store.clock()
        words, in_vain = why_refused(error)
        due_at = None
        if in_vain or now >= mail.wanted_at + GIVEN_UP_AFTER_S:
            log.warning("mail %s given up: %s", mail.key, ascii(words))
        else:
            log.warning("mail %s not sent, tried again: %s", mail.key, ascii(words))
            due_at = now + retry_after_s(mail.tries)
        await self._store.outbox.failed(mail.key, words[:200], due_at)

    async def _over_smtp(self, message: EmailMessage) -> None:
        server = self._server
        async with asyncio.timeout(SEND_S):
            await aiosmtplib.send(
                message,
                hostname=server.host,
                port=server.port,
                use_tls=server.tls == "tls",
                start_tls=server.tls == "starttls",
                cert_bundle=server.ca_file or None,
                username=server.user or None,
                password=server.password.reveal() or None,
                timeout=TIMEOUT_S,
            )
