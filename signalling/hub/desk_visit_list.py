"""Carries out `visit list`: from memory what is open, from the store what was or will be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from signalling.hub import staff_commands as ask
from signalling.hub.desk_finding import facility_of, find_visitor, zone_of
from signalling.hub.desk_rows import visit_row
from signalling.hub.errors import StaffError
from signalling.hub.reading_periods import logs_of_days
from signalling.hub.scheduling import zone
from signalling.hub.services import Services
from signalling.visit import fold

MOST_ROWS = 20_000


class VisitListDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    async def visit_list(self, command: ask.VisitList, _who: str) -> Any:
        """Visits that all that is asked for fits, by start."""
        if command.facility is not None:
            facility_of(self._services.config, command.facility)
        if command.first is None and command.last is None:
            rows = await self._open(command)
        else:
            rows = await self._of_days(command)
        return [
            row for row in rows if command.status is None or row["status"] == str(command.status)
        ]

    async def _open(self, command: ask.VisitList) -> list[dict[str, Any]]:
        now, rows = self._store.clock(), []
        numbers: dict[str, str] = {}
        if command.inmate is not None:
            numbers = {each.id: each.number for each in await self._store.people.inmates()}
        who = None
        if command.visitor is not None:
            who = await find_visitor(self._store, command.visitor)
        for live in self._services.visits.at(command.facility):
            booked = live.visit.booked
            if command.inmate not in (None, numbers.get(booked.inmate)):
                continue
            if who is not None and who.id not in live.visit.visitors:
                continue
            place = zone_of(self._services.config, booked.facility)
            names = tuple(person.name for person in live.people)
            rows.append(visit_row(live.visit, live.inmate_name, names, place, now))
        return rows

    async def _of_days(self, command: ask.VisitList) -> list[dict[str, Any]]:
        every = self._services.config.facility
        facilities = tuple(each for each in every if command.facility in (None, each.id))
        now, rows = self._store.clock(), []
        first, last = command.first, command.last
        if first is None or last is None:
            # From a day on, or until one: as far as anybody can book.
            today = datetime.fromtimestamp(now, UTC).astimezone(zone(facilities[0].time_zone))
            first = first or today.date().isoformat()
            last = last or f"{today.year + 2}-01-01"
        async for facility, log in logs_of_days(self._store, facilities, first, last):
            if command.inmate not in (None, log.number):
                continue
            if command.visitor is not None and command.visitor.lower() not in log.emails:
                continue
            visit = fold(log.events)
            names = [log.names.get(who, who) for who in visit.visitors]
            inmate = log.names[visit.booked.inmate]
            rows.append(visit_row(visit, inmate, names, facility.time_zone, now))
            if len(rows) > MOST_ROWS:
                raise StaffError(f"more than {MOST_ROWS} visits: ask for fewer days")
        return sorted(rows, key=lambda row: (row["starts_at"], row["visit"]))
