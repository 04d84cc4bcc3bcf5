"""Carries out the staff commands about facilities: what hub.toml says, and how they are now."""

from __future__ import annotations

from typing import Any

from config.schema import Facility
from signalling.hub import staff_commands as ask
from signalling.hub.desk_finding import facility_of
from signalling.hub.scheduling import day_start, wall_text
from signalling.hub.services import Services
from signalling.hub.visiting_rules import Rules


class FacilityDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    async def facility_list(self, _command: ask.FacilityList, _who: str) -> Any:
        """All facilities of hub.toml, and how they are now."""
        return [await self._row(each) for each in self._services.config.facility]

    async def facility_show(self, command: ask.FacilityShow, _who: str) -> Any:
        """One facility: its units, rules, terminals and what waits there."""
        facility = facility_of(self._services.config, command.facility)
        now = self._store.clock()
        lockdowns = await self._store.lockdowns.all(ended_too=False)
        return {
            **await self._row(facility),
            "visit_min": facility.visiting.visit_min,
            "hours": list(facility.visiting.hours),
            "now": wall_text(now, facility.time_zone),
            "units": [
                {
                    "unit": each.name,
                    "terminals": each.terminals,
                    "hours": list(each.hours or facility.visiting.hours),
                }
                for each in facility.unit
            ],
            "lockdowns": [
                f"{each.unit or 'all'}: {each.reason}"
                for each in lockdowns
                if each.facility == facility.id
            ],
        }

    async def _row(self, facility: Facility) -> dict[str, Any]:
        now = self._store.clock()
        rules = Rules(facility, "")
        begins_at = day_start(rules.today(now), facility.time_zone)
        ends_at = day_start(rules.days(now)[1], facility.time_zone)
        here = [each for each in await self._store.terminals.terminals()
                if each.facility == facility.id]  # fmt: skip
        linked = self._services.switchboard.terminals
        requests = await self._store.requests.all(pending_only=True)
        lives = self._services.visits.at(facility.id)
        return {
            "facility": facility.id,
            "name": facility.name,
            "time_zone": facility.time_zone,
            "terminals": len(here),
            "linked": sum(each.id in linked for each in here),
            "visits_today": await self._store.periods.count(facility.id, begins_at, ends_at),
            "in_visit": sum(
                each.visit.begun_at is not None and each.visit.ended is None for each in lives
            ),
            "open_requests": sum(each.facility == facility.id for each in requests),
        }
