"""Carries out the import of a roster: all of it or nothing."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec

from signalling.errors import IllegalEvent
from signalling.hub import staff_commands as ask
from signalling.hub.bus.interface import PeopleChanged
from signalling.hub.live import Live
from signalling.hub.roster import Changes, changes, read_roster
from signalling.hub.services import Services
from signalling.hub.store.interface import StoreError
from signalling.hub.store.records import Draft, Inmate, RosterPlan
from signalling.visit import Visit
from signalling.visit_events import By, Ended, EndReason

log = logging.getLogger(__name__)


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
        people = self._store.people
        rows = [row for _, row in lines]
        found = changes(rows, await people.inmates(), await people.without_pin())
        # Who left before has some where an import ended before it had cancelled all.
        visits = self._future([each.id for each in (*found.gone, *found.away)])
        if command.dry_run:
            return _told(found, [], visits, changed_nothing=True)
        pins, ended = await self._apply(command, found, who)
        cancelled = await self._cancel(visits, who) if command.cancel_missing else 0
        return _told(found, pins, visits) | {"cancelled": cancelled, "approvals_ended": ended}

    async def _apply(
        self, command: ask.InmateImport, found: Changes, who: str
    ) -> tuple[list[str], int]:
        """Returns the PINs of who is new or back, and how many visitors' approvals ended."""
        new = [
            (Inmate(f"i-{secrets.token_hex(6)}", r.facility, r.number, r.name, r.unit), r.pin)
            for r in found.added
        ]
        back = [(now, row.pin) for row, now in found.back]
        changed = tuple(now for _, now in found.changed)
        released = found.gone if command.cancel_missing else ()
        plan = RosterPlan(f"staff:{who}", command.file, changed=changed, released=released)
        pins, ended = await self._services.inmates.apply(plan, new, back)
        await self._services.lockdowns.roster_changed(changed)
        for visitor in ended:
            self._services.bus.publish(PeopleChanged(visitor))
        return pins, len(ended)

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
            except StoreError as error:
                # The PINs are told nowhere but in the answer; the next import cancels it.
                log.warning("visit=%s not cancelled with the roster: %s", live.id, error)
        return cancelled


def _told(
    found: Changes, pins: Sequence[str], visits: Sequence[Live], *, changed_nothing: bool = False
) -> dict[str, Any]:
    new = [(each.facility, each.number, each.name, each.unit) for each in found.added]
    back = [(now.facility, now.number, now.name, now.unit) for _, now in found.back]
    shown: Sequence[str | None] = pins or [None] * (len(new) + len(back))
    rows = [
        {"facility": facility, "number": number, "name": name, "unit": unit, "pin": pin}
        for (facility, number, name, unit), pin in zip((*new, *back), shown, strict=True)
    ]
    return {
        "changed_nothing": changed_nothing,
        "mistakes": [],
        "added": rows[: len(new)],
        "back": rows[len(new) :],
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
        "visits_of_gone": [live.id for live in visits],
        "cancelled": 0,
        "approvals_ended": 0,
    }
