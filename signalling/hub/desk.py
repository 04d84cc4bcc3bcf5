"""Carries out staff commands on a hub's rooms, whether a network is in front of them or not."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from signalling.errors import IllegalEvent, UserError
from signalling.hub import staff_commands as ask
from signalling.hub.desk_audit import AuditDesk, StaffAudit
from signalling.hub.desk_blackouts import BlackoutDesk
from signalling.hub.desk_booking import BookingDesk
from signalling.hub.desk_check import CheckDesk
from signalling.hub.desk_facilities import FacilityDesk
from signalling.hub.desk_finding import facility_of, find_inmate, require_listed, zone_of
from signalling.hub.desk_lockdowns import LockdownDesk
from signalling.hub.desk_lockouts import LockoutDesk
from signalling.hub.desk_mails import MailDesk
from signalling.hub.desk_people import PeopleDesk
from signalling.hub.desk_receipts import ReceiptDesk
from signalling.hub.desk_reports import ReportDesk
from signalling.hub.desk_requests import RequestDesk
from signalling.hub.desk_retention import RetentionDesk
from signalling.hub.desk_roster import RosterDesk
from signalling.hub.desk_rows import called, inmate_row, log_row, visit_row, visitor_row
from signalling.hub.desk_terminals import TerminalDesk
from signalling.hub.desk_top import TopDesk
from signalling.hub.desk_visit_list import VisitListDesk
from signalling.hub.errors import StaffError
from signalling.hub.live import Live
from signalling.hub.passwords import require_strong
from signalling.hub.services import Services
from signalling.hub.staff_facts import outcome_of
from signalling.hub.store.interface import Duplicate
from signalling.hub.store.records import Draft
from signalling.visit import Visit, fold
from signalling.visit_events import By, Ended, EndReason, Event, VisitorInvited

log = logging.getLogger(__name__)


class Desk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store
        self._facilities = {each.id: each for each in services.config.facility}
        self._audit = StaffAudit(services)
        self._rooms: tuple[object, ...] = (
            self,
            TerminalDesk(services),
            RequestDesk(services),
            PeopleDesk(services),
            ReceiptDesk(services),
            MailDesk(services),
            TopDesk(services),
            LockoutDesk(services),
            LockdownDesk(services),
            BlackoutDesk(services),
            BookingDesk(services),
            VisitListDesk(services),
            ReportDesk(services),
            RosterDesk(services),
            FacilityDesk(services),
            AuditDesk(services),
            CheckDesk(services.config, services.store),
            RetentionDesk(services),
        )

    async def do(self, command: ask.AnyCommand, who: str) -> Any:
        """Carry a command out and keep that `who` did; returns what JSON can say.

        Raises:
            StaffError: it cannot be done.
        """
        name = str(command.__struct_config__.tag)
        verb = name.replace(" ", "_")
        method = next(getattr(room, verb) for room in self._rooms if hasattr(room, verb))
        async with self._audit.keep(command, who) as outcome:
            result = await method(command, who)
            outcome.update(outcome_of(name, result))
            return result

    # -- inmates ----------------------------------------------------------------------------

    async def inmate_add(self, command: ask.InmateAdd, _who: str) -> Any:
        """Add an inmate; the answer is the only place where the PIN is ever shown."""
        require_listed(facility_of(self._services.config, command.facility), command.unit)
        pin = await self._services.inmates.add(
            command.facility, command.number, command.name, command.pin, command.unit
        )
        return {
            "number": command.number,
            "name": command.name,
            "unit": command.unit,
            "pin": pin,
        }

    async def inmate_move(self, command: ask.InmateMove, _who: str) -> Any:
        """Keep that an inmate lives in another housing unit."""
        inmate = await find_inmate(self._store, command.number, command.facility)
        require_listed(facility_of(self._services.config, inmate.facility), command.unit)
        await self._store.people.move_inmate(inmate.id, command.unit)
        await self._services.lockdowns.inmate_moved(inmate.id, inmate.facility)
        return {"number": inmate.number, "name": inmate.name, "unit": command.unit}

    async def inmate_list(self, _command: ask.InmateList, _who: str) -> Any:
        """All inmates."""
        seats = {seat.inmate: seat.terminal for seat in await self._store.terminals.seats()}
        return [inmate_row(each, seats.get(each.id)) for each in await self._store.people.inmates()]

    async def inmate_release(self, command: ask.InmateRelease, _who: str) -> Any:
        """End a lockout."""
        inmate = await find_inmate(self._store, command.number, command.facility)
        released = await self._store.people.release(inmate.facility, inmate.number)
        return {"number": inmate.number, "was_counting": released}

    # -- visitors ---------------------------------------------------------------------------

    async def visitor_add(self, command: ask.VisitorAdd, _who: str) -> Any:
        """Make a visitor's account."""
        try:
            require_strong(command.password, command.email)
            visitor = await self._services.accounts.add(
                command.email, command.password, command.name
            )
        except UserError as error:
            if error.code == "weak-password":
                raise StaffError(
                    f"the password is too weak: at least {error.facts['min_length']} characters,"
                    " not the e-mail, not one letter again and again"
                ) from None
            raise StaffError("the hub is busy; try again in a moment") from None
        except Duplicate:
            raise StaffError(f"{command.email} has an account already") from None
        return visitor_row(visitor, [])

    async def visitor_list(self, _command: ask.VisitorList, _who: str) -> Any:
        """All visitors with whom they may visit."""
        now, rows = self._store.clock(), []
        for each in await self._store.people.visitors():
            approvals = await self._store.people.approvals(each.id)
            rows.append(visitor_row(each, [one for one in approvals if one[0].holds(now)]))
        return rows

    # -- visits -----------------------------------------------------------------------------

    async def visit_show(self, command: ask.VisitShow, _who: str) -> Any:
        """One visit and its log."""
        events = await self._store.visits.log(command.visit)
        if not events:
            raise StaffError(f"there is no visit {command.visit}")
        live = await self._services.others.mirror.find(command.visit)
        visit = live.visit if live is not None else fold(events)
        zone = zone_of(self._services.config, visit.booked.facility)
        names = await self._names(visit, events)
        visitors = [names[who] for who in visit.visitors]
        now = self._store.clock()
        row = visit_row(visit, names[visit.booked.inmate], visitors, zone, now)
        rows = [log_row(event, zone, names) for event in events]
        call = live.measures.rows(now) if live is not None and live.visit.ended is None else []
        ratings = [
            {"visitor": names.get(each.visitor, each.visitor), "stars": each.stars}
            | {"troubles": list(each.troubles)}
            for each in await self._store.past.ratings(command.visit)
        ]
        return {**row, "call": call, "ratings": ratings, "events": rows}

    async def _names(self, visit: Visit, events: Iterable[Event]) -> dict[str, str]:
        """Names of the inmate and of everybody who is or was on the visit."""
        inmate = await self._store.people.inmate(visit.booked.inmate)
        names = {visit.booked.inmate: called(inmate.name if inmate else "", visit.booked.inmate)}
        came_and_went = [
            each.what.visitor for each in events if isinstance(each.what, VisitorInvited)
        ]
        for who in (*visit.booked.visitors, *came_and_went):
            visitor = await self._store.people.visitor(who)
            names[who] = called(visitor.name if visitor is not None else "", who)
        return names

    async def visit_terminate(self, command: ask.VisitTerminate, who: str) -> Any:
        """End a visit at once."""
        return await self._end(command.visit, EndReason.STAFF, who)

    async def visit_cancel(self, command: ask.VisitCancel, who: str) -> Any:
        """Cancel a visit that has not begun."""
        return await self._end(command.visit, EndReason.CANCELLED, who)

    async def _end(self, visit: str, reason: EndReason, who: str) -> Any:
        live = await self._services.others.mirror.find(visit)
        if live is None:
            raise StaffError(f"there is no open visit {visit}")
        draft = Draft(Ended(By.STAFF, reason, who), f"staff:{who}")
        try:
            await self._services.visits.change(live, lambda _visit, _now: [draft])
        except IllegalEvent as error:
            raise StaffError(f"visit {visit}: {error.why}") from None
        return self._row(live)

    def _row(self, live: Live) -> dict[str, Any]:
        zone = zone_of(self._services.config, live.visit.booked.facility)
        names = tuple(person.name for person in live.people)
        return visit_row(live.visit, live.inmate_name, names, zone, self._store.clock())
