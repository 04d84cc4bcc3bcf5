"""Keeps what staff do in the audit, and shows the audit to staff."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from signalling.hub import staff_commands as ask
from signalling.hub import staff_facts
from signalling.hub.audit_chain import AuditFilter, Entry
from signalling.hub.desk_finding import hub_zone
from signalling.hub.errors import StaffError
from signalling.hub.scheduling import wall_text
from signalling.hub.services import Services
from signalling.hub.store.chain import new_note

log = logging.getLogger(__name__)


class StaffAudit:
    """What every command leaves behind, refused ones too.

    A command that changes something is kept once it is done, before its answer goes out. One that
    only looks is summed up by minute: a screen that asks each second would fill the disk.
    """

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._trail = services.trail

    @contextlib.asynccontextmanager
    async def keep(self, command: ask.AnyCommand, who: str) -> AsyncIterator[dict[str, Any]]:
        """Keep what `who` does inside, and how it ends; yields where to say more of that."""
        name = str(command.__struct_config__.tag)
        fields = staff_facts.said_in(msgspec.structs.asdict(command))
        # Asked before too: afterwards an erased person's e-mail and number are nobody's.
        visitors, inmates = await self._ids(fields)
        outcome: dict[str, Any] = {}
        try:
            yield outcome
        except BaseException as error:
            why = str(error) if isinstance(error, StaffError) else type(error).__name__
            refused = staff_facts.without_names(why, fields)
            await self._add(name, who, fields, visitors, inmates, refused=refused)
            raise
        if name in staff_facts.UNHEARD:
            return
        if staff_facts.is_read(name):
            about = staff_facts.subject_of(fields, visitors, inmates)
            self._trail.count("staff-looked", f"staff:{who}", about, command=name)
            return
        log.info("staff=%s %s", who, name)
        if not all((*visitors.values(), *inmates.values())):
            visitors, inmates = await self._ids(fields)  # the command made them
        await self._add(name, who, fields, visitors, inmates, **outcome)

    async def _add(
        self,
        name: str,
        who: str,
        fields: Mapping[str, Any],
        visitors: Mapping[str, str],
        inmates: Mapping[str, str],
        **more: Any,
    ) -> None:
        facts = {**staff_facts.facts_of(name, fields, visitors, inmates), **more}
        about = staff_facts.subject_of(fields, visitors, inmates)
        kind = f"staff-{name.replace(' ', '-')}"
        note = new_note(self._store.clock(), kind, f"staff:{who}", about, **facts)
        await self._store.audit.add([note])

    async def _ids(self, fields: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        visitors, inmates = {}, {}
        for email in staff_facts.emails_in(fields):
            visitor = await self._store.people.visitor_by_email(email.lower())
            visitors[email] = visitor.id if visitor is not None else ""
        number, facility = staff_facts.number_in(fields), fields.get("facility")
        if number is not None:
            found = [
                each.id
                for each in await self._store.people.inmates(number)
                if facility in (None, each.facility)
            ]
            inmates[number] = found[0] if len(found) == 1 else ""
        return visitors, inmates


class AuditDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._zone = hub_zone(services.config)
        self._trail = services.trail
        self._key = services.receipts.key

    async def backup_made(self, _command: ask.BackupMade, _who: str) -> Any:
        """That it was asked is what is kept."""
        return {}

    async def audit_list(self, command: ask.AuditList, _who: str) -> Any:
        """The newest entries that fit, the newest first."""
        await self._trail.flush()
        asked = AuditFilter(
            round(command.since * 1000), command.who, command.kind, command.about, command.limit
        )
        found = await self._store.audit.newest(asked)
        names = {about: await self._name(about) for about in {each.about for each in found}}
        return [_row(each, names[each.about], self._zone) for each in found]

    async def _name(self, about: str) -> str:
        """Who that is today; empty for an erased person, and for what is no person."""
        kind, _, which = about.partition(":")
        if kind == "inmate":
            inmate = await self._store.people.inmate(which)
            return f"{inmate.number} {inmate.name}" if inmate is not None else ""
        visitor = await self._store.people.visitor(which) if kind == "visitor" else None
        return visitor.email if visitor is not None else ""

    async def audit_entries(self, command: ask.AuditEntries, _who: str) -> Any:
        """The entries after a place, as they are kept."""
        found = await self._store.audit.page(command.after, command.limit)
        return [msgspec.to_builtins(each) for each in found]

    async def audit_head(self, _command: ask.AuditHead, _who: str) -> Any:
        """The newest entry's hash, signed now; the head kept before; the anchor; the key.

        `head` is None when the chain does not hold the one kept before.
        """
        before = self._trail.kept()
        await self._trail.flush()
        return {
            "head": await self._trail.head(),
            "kept": before,
            "anchor": await self._store.audit.anchor(),
            "pem": self._key.pem.decode(),
        }


def _row(entry: Entry, name: str, zone: str) -> dict[str, Any]:
    when = wall_text(entry.at_ms / 1000, zone)
    facts = msgspec.json.decode(entry.facts)
    row = {**msgspec.to_builtins(entry), "facts": facts, "name": name, "when": when}
    if "first_at" in facts:
        row["first_when"] = wall_text(facts["first_at"], zone)
    return row
