"""Carries out the staff commands about mails."""

from __future__ import annotations

from typing import Any

from signalling.hub import staff_commands as ask
from signalling.hub.desk_finding import hub_zone
from signalling.hub.errors import StaffError
from signalling.hub.scheduling import wall_text
from signalling.hub.services import Services
from signalling.hub.store.records import Mail


def mail_row(mail: Mail, zone: str) -> dict[str, Any]:
    """A mail that was not sent yet. Never what it says: a link in it opens an account."""
    return {
        "key": mail.key,
        "state": "waits" if mail.failed_at is None else "failed",
        "recipient": mail.recipient,
        "subject": mail.subject,
        "due": wall_text(mail.due_at, zone) if mail.failed_at is None else None,
        "due_at": mail.due_at if mail.failed_at is None else None,
        "tries": mail.tries,
        "error": mail.error,
    }


class MailDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def mail_list(self, _command: ask.MailList, _who: str) -> Any:
        """Mails that wait or failed."""
        zone = hub_zone(self._services.config)
        mails = await self._services.store.outbox.all()
        return [mail_row(each, zone) for each in mails if each.sent_at is None]

    async def mail_retry(self, command: ask.MailRetry, _who: str) -> Any:
        """Try mails anew, those that were given up too."""
        keys = await self._services.store.outbox.retry(command.key)
        if command.key is not None and not keys:
            raise StaffError(f"there is no mail {command.key} that was not sent: see mail list")
        self._services.outbox.look()
        return [{"key": key} for key in keys]
