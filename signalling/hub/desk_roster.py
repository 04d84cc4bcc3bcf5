"""Carries out the import of a roster: all of it or nothing."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import msgspec

from signalling.errors import IllegalEvent
from signalling.hub import staff_commands as ask
from signalling.hub.live import Live
from signalling.hub.roster import Changes, changes, read_roster
from signalling.hub.services import Services
from signalling.hub.store.records import Draft, Inmate
from signalling.visit import Visit
from signalling.visit_events import By, Ended, EndReason


class RosterDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    async def inmate_import(self, command: ask.InmateImport, who: str) -> Any:
        """Add whom a roster has and nobody knows, change whom it has otherwise.

        With mistakes in it nothing is changed, nor with `dry_run`.
        """
        known = {each.id for each in self._services.config.facility}
        units = {
            each.id: [unit.name for unit in each.unit] for each in self._services.config.facility
        }
        lines, mistakes = read_roster(command.roster, known, units)
        if mistakes:
            return {"changed_nothing": True, "mistakes": msgspec.to_builtins(mistakes)}
        found = changes([row for _, row in lines], await self._store.people.inmates())
        visits = self._future([each.id for each in found.gone])
        pins = [] if command.dry_run else await self._apply(found, who, command.file)
        cancelled = 0
        if command.cancel_missing and not command.dry_run:
            cancelled = await self._cancel(visits, who)
        return {
            "changed_nothing": command.dry_run,
            "mistakes": [],
            **_told(found, pins),
            "visits_of_gone": [live.id for live in visits],
            "cancelled": cancelled,
        }

    async def _apply(self, found: Changes, who: str, file: str) -> list[str]:
        added = [
            (Inmate(f"i-{secrets.token_hex(6)}", r.facility, r.number, r.name, r.unit), r.pin)
            for r in found.added
        ]
        changed = [now for _, now in found.changed]
        pins = await self._services.inmates.apply(added, changed, f"staff:{who}", file)
        await self._services.lockdowns.roster_changed(changed)
        return pins

    def _future(self, gone: list[str]) -> list[Live]:
        """Visits of people that have neither begun nor ended."""
        lives = [live for who in gone for live in self._services.visits.of_inmate(who)]
        return [each for each in lives if each.visit.ended is None and each.visit.begun_at is None]

    async def _cancel(self, visits: list[Live], who: str) -> int:
        def decide(_visit: Visit, _now: float) -> list[Draft]:
            return [Draft(Ended(By.STAFF, EndReason.CANCELLED, who), f"staff:{who}")]

        cancelled = 0
        for live in visits:
            try:
                cancelled += await self._services.visits.change(live, decide)
            except IllegalEvent:
                continue  # it began, or ended, in this moment
        return cancelled


def _told(found: Changes, pins: list[str]) -> dict[str, Any]:
    shown: Sequence[str | None] = pins or [None] * len(found.added)
    return {
        "added": [
            {"facility": r.facility, "number": r.number, "name": r.name, "unit": r.unit, "pin": pin}
            for r, pin in zip(found.added, shown, strict=True)
        ],
        "changed": [
            {"facility": now.facility, "number": now.number, "name": now.name, "unit": now.unit}
            | {"was": f"{before.name}, unit {before.unit or '-'}"}
            for before, now in found.changed
        ],
        "gone": [
            {"facility": each.facility, "number": each.number, "name": each.name, "unit": each.unit}
            for each in found.gone
        ],
        "known": found.same + len(found.changed),
    }
