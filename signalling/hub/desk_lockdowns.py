"""Carries out the staff commands that stop visits and let them go on."""

from __future__ import annotations

from typing import Any

from signalling.errors import IllegalEvent
from signalling.hub import staff_commands as ask
from signalling.hub.desk_finding import facility_of, require_unit, zone_of
from signalling.hub.desk_rows import visit_row
from signalling.hub.errors import StaffError
from signalling.hub.live import Live
from signalling.hub.scheduling import wall_text
from signalling.hub.services import Services
from signalling.hub.staff_records import Lockdown
from signalling.hub.store.interface import Duplicate
from signalling.hub.store.records import Draft
from signalling.visit import Visit
from signalling.visit_events import Paused, Unpaused


class LockdownDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    # -- lockdowns --------------------------------------------------------------------------

    async def lockdown_start(self, command: ask.LockdownStart, who: str) -> Any:
        """Pause the visits of a unit, or facility, that go on; none can begin from now on."""
        facility = facility_of(self._services.config, command.facility)
        if command.unit:
            await require_unit(self._store, facility, command.unit)
        where = _where(command.facility, command.unit)
        try:
            lockdown = await self._services.lockdowns.start(
                command.facility, command.unit, command.reason.strip(), who
            )
        except Duplicate:
            raise StaffError(f"{where} is locked down already (visit-hub lockdown list)") from None
        return self._row(lockdown) | {"visits": self._held(command.facility)}

    async def lockdown_end(self, command: ask.LockdownEnd, who: str) -> Any:
        """End a lockdown; its visits go on, and get their time back."""
        lockdown = await self._find(command)
        held = self._held(lockdown.facility)
        if not await self._services.lockdowns.end(lockdown, who):
            raise StaffError(f"lockdown {lockdown.id} was ended already")
        still = self._held(lockdown.facility)
        ended = next(
            each
            for each in await self._store.lockdowns.all(ended_too=True)
            if each.id == lockdown.id
        )
        return self._row(ended) | {"visits": [each for each in held if each not in still]}

    async def lockdown_list(self, command: ask.LockdownList, _who: str) -> Any:
        """The lockdowns that go on; with `all` those that ended too."""
        found = await self._store.lockdowns.all(ended_too=command.all)
        return [self._row(each) | {"visits": self._held(each.facility, each.id)} for each in found]

    async def _find(self, command: ask.LockdownEnd) -> Lockdown:
        known = await self._store.lockdowns.all(ended_too=False)
        if command.lockdown is not None:
            found = [each for each in known if each.id == command.lockdown]
            said = f"there is no lockdown {command.lockdown}"
        elif command.facility is not None:
            facility_of(self._services.config, command.facility)
            wanted = (command.facility, command.unit)
            found = [each for each in known if (each.facility, each.unit) == wanted]
            said = f"{_where(*wanted)} is not locked down"
        else:
            raise StaffError("name the lockdown, or its --facility (and --unit)")
        if not found:
            ids = [f"{each.id} ({_where(each.facility, each.unit)})" for each in known]
            there_is = f"there is: {', '.join(ids)}" if ids else "no lockdown goes on"
            raise StaffError(f"{said} ({there_is})")
        return found[0]

    def _held(self, facility: str, lockdown: str | None = None) -> list[str]:
        """Ids of a facility's visits that lockdowns hold, or that one does."""
        return [
            live.id
            for live in self._services.visits.at(facility)
            if live.visit.ended is None
            and live.visit.pause is not None
            and live.visit.pause.lockdown
            and lockdown in (None, live.visit.pause.lockdown)
        ]

    def _row(self, lockdown: Lockdown) -> dict[str, Any]:
        known = {each.id: each.time_zone for each in self._services.config.facility}
        zone = known.get(lockdown.facility, "UTC")
        ended_at = lockdown.ended_at
        return {
            "lockdown": lockdown.id,
            "facility": lockdown.facility,
            "unit": lockdown.unit or None,
            "reason": lockdown.reason,
            "started": wall_text(lockdown.started_at, zone),
            "started_at": lockdown.started_at,
            "started_by": lockdown.started_by,
            "ended": wall_text(ended_at, zone) if ended_at is not None else None,
            "ended_at": ended_at,
            "ended_by": lockdown.ended_by or None,
        }

    # -- one visit --------------------------------------------------------------------------

    async def visit_pause(self, command: ask.VisitPause, who: str) -> Any:
        """Hold a visit that has begun; both sides read why."""
        return await self._change(command.visit, Paused(who, command.reason.strip()), who)

    async def visit_resume(self, command: ask.VisitResume, who: str) -> Any:
        """Let a visit go on that staff paused."""
        live = await self._live(command.visit)
        lockdown = self._services.visits.locked.over_visit(live)
        if live.visit.pause is not None and lockdown is not None:
            where = _where(lockdown.facility, lockdown.unit)
            raise StaffError(
                f"visit {live.id} is held by the lockdown of {where}:"
                f" visit-hub lockdown end {lockdown.id}"
            )
        return await self._change(command.visit, Unpaused(who), who)

    async def _change(self, visit: str, what: Paused | Unpaused, who: str) -> Any:
        live = await self._live(visit)

        def decide(_visit: Visit, _now: float) -> list[Draft]:
            return [Draft(what, f"staff:{who}")]

        try:
            await self._services.visits.change(live, decide)
        except IllegalEvent as error:
            raise StaffError(f"visit {visit}: {error.why}") from None
        zone = zone_of(self._services.config, live.visit.booked.facility)
        names = tuple(person.name for person in live.people)
        return visit_row(live.visit, live.inmate_name, names, zone, self._store.clock())

    async def _live(self, visit: str) -> Live:
        live = await self._services.others.mirror.find(visit)
        if live is None or live.visit.ended is not None:
            raise StaffError(f"there is no open visit {visit}")
        return live


def _where(facility: str, unit: str) -> str:
    return f"unit {unit} of {facility}" if unit else facility
