"""Carries out the staff commands about times without visits."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any

from config.schema import Facility
from config.visiting_hours import read_closed
from signalling.errors import IllegalEvent
from signalling.hub import staff_commands as ask
from signalling.hub.desk_finding import facility_of, require_unit
from signalling.hub.desk_rows import visit_row
from signalling.hub.errors import StaffError
from signalling.hub.live import Live
from signalling.hub.scheduling import NotBookable, day_start, period, wall_text
from signalling.hub.services import Services
from signalling.hub.staff_records import Blackout
from signalling.hub.store.records import Draft
from signalling.visit import Visit
from signalling.visit_events import By, Ended, EndReason


class BlackoutDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    async def blackout_add(self, command: ask.BlackoutAdd, who: str) -> Any:
        """Nothing can be booked in a time from now on; what is booked stays, or is cancelled."""
        facility = facility_of(self._services.config, command.facility)
        if command.unit:
            await require_unit(self._store, facility, command.unit)
        now = self._store.clock()
        try:
            span = period(command.start, command.until, facility.time_zone)
        except NotBookable as error:
            raise StaffError(str(error)) from None
        if span.ends_at <= now:
            raise StaffError("that time is over already")
        blackout = Blackout(
            f"b-{secrets.token_hex(4)}",
            facility.id,
            command.unit,
            span.starts_at,
            span.ends_at,
            command.reason.strip(),
            who,
            now,
        )
        await self._store.blackouts.add(blackout)
        booked = self._booked(blackout)
        cancelled = await self._cancel(booked, who) if command.cancel else 0
        return _row(blackout, facility) | {
            "booked": [self._visit(live, facility) for live in booked],
            "cancelled": cancelled,
        }

    async def blackout_list(self, command: ask.BlackoutList, _who: str) -> Any:
        """Those that are not over, of hub.toml too."""
        only = command.facility
        if only is not None:
            facility_of(self._services.config, only)
        facilities = {each.id: each for each in self._services.config.facility}
        now = self._store.clock()
        kept = await self._store.blackouts.all(now)
        rows = [
            _row(each, facilities.get(each.facility)) | {"visits": len(self._booked(each))}
            for each in kept
            if only in (None, each.facility)
        ]
        for facility in facilities.values():
            if only in (None, facility.id):
                rows += [
                    _row(each, facility) | {"visits": len(self._booked(each))}
                    for each in _of_config(facility, now)
                ]
        return sorted(rows, key=lambda row: (row["from_at"], row["facility"]))

    async def blackout_remove(self, command: ask.BlackoutRemove, _who: str) -> Any:
        """That time can be booked again; visits that were cancelled stay so."""
        removed = await self._store.blackouts.remove(command.blackout)
        if removed is None:
            raise StaffError(f"there is no blackout {command.blackout} (visit-hub blackout list)")
        return _row(removed, self._facility(removed))

    async def blackout_cancel(self, command: ask.BlackoutCancel, who: str) -> Any:
        """Cancel the visits that are booked in a blackout; their visitors are told by mail."""
        kept = await self._store.blackouts.all(self._store.clock())
        blackout = next((each for each in kept if each.id == command.blackout), None)
        if blackout is None:
            raise StaffError(f"there is no blackout {command.blackout} (visit-hub blackout list)")
        booked = self._booked(blackout)
        cancelled = await self._cancel(booked, who)
        facility = facility_of(self._services.config, blackout.facility)
        return _row(blackout, facility) | {
            "booked": [self._visit(live, facility) for live in booked],
            "cancelled": cancelled,
        }

    def _booked(self, blackout: Blackout) -> list[Live]:
        """Visits that have not begun and lie in it."""
        return [
            live
            for live in self._services.visits.at(blackout.facility)
            if live.visit.ended is None
            and live.visit.begun_at is None
            and blackout.unit in ("", live.unit)
            and blackout.holds(live.visit.booked.starts_at, live.visit.ends_at)
        ]

    async def _cancel(self, booked: Sequence[Live], who: str) -> int:
        def decide(_visit: Visit, _now: float) -> list[Draft]:
            return [Draft(Ended(By.STAFF, EndReason.CANCELLED, who), f"staff:{who}")]

        cancelled = 0
        for live in booked:
            try:
                await self._services.visits.change(live, decide)
            except IllegalEvent:
                continue  # it began, or ended, in this moment
            cancelled += 1
        return cancelled

    def _visit(self, live: Live, facility: Facility) -> dict[str, Any]:
        names = tuple(person.name for person in live.people)
        now = self._store.clock()
        return visit_row(live.visit, live.inmate_name, names, facility.time_zone, now)

    def _facility(self, blackout: Blackout) -> Facility | None:
        known = self._services.config.facility
        return next((each for each in known if each.id == blackout.facility), None)


def _of_config(facility: Facility, now: float) -> list[Blackout]:
    """The days of hub.toml in the same words; they have no id to remove them by."""
    found: list[Blackout] = []
    for closed in map(read_closed, facility.visiting.blackout):
        from_at = day_start(closed.first, facility.time_zone)
        until_at = day_start(date.fromordinal(closed.last.toordinal() + 1), facility.time_zone)
        if until_at > now:
            made = Blackout("", facility.id, "", from_at, until_at, closed.reason, "hub.toml", 0.0)
            found.append(made)
    return found


def _row(blackout: Blackout, facility: Facility | None) -> dict[str, Any]:
    zone = facility.time_zone if facility is not None else "UTC"
    return {
        "blackout": blackout.id or None,
        "facility": blackout.facility,
        "unit": blackout.unit or None,
        "from": wall_text(blackout.from_at, zone),
        "until": wall_text(blackout.until_at, zone),
        "from_at": blackout.from_at,
        "until_at": blackout.until_at,
        "reason": blackout.reason,
        "added_by": blackout.added_by,
    }
