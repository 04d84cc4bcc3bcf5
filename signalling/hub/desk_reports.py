"""Carries out the staff commands that count visits, minutes and lost time."""

from __future__ import annotations

from typing import Any

from signalling.hub import staff_commands as ask
from signalling.hub.desk_finding import facility_of
from signalling.hub.errors import StaffError
from signalling.hub.reading_periods import logs_of_days
from signalling.hub.reporting import KEYS, Report, outcome
from signalling.hub.services import Services


class ReportDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    async def report_show(self, command: ask.ReportShow, _who: str) -> Any:
        """Sums over the visits that were booked for some days."""
        facilities = tuple(self._services.config.facility)
        if command.facility is not None:
            facilities = (facility_of(self._services.config, command.facility),)
        keys = KEYS[command.kind]
        by = command.by or keys[0]
        if by not in keys:
            raise StaffError(f"{command.kind} cannot be told by {by}: only by {', '.join(keys)}")
        report, now = Report(command.kind, by), self._store.clock()
        async for facility, log in logs_of_days(
            self._store, facilities, command.first, command.last
        ):
            report.take(outcome(log.events, log.unit, facility.time_zone, now))
        return {
            "report": command.kind,
            "from": command.first,
            "to": command.last,
            "facility": command.facility,
            "by": by,
            "rows": report.rows(),
            "total": report.total(),
        }
