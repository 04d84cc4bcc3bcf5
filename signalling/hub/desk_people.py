"""Carries out the staff commands that look at one person, and give an inmate a new PIN."""

from __future__ import annotations

from typing import Any, Final

from signalling.hub import staff_commands as ask
from signalling.hub.audit_chain import AuditFilter
from signalling.hub.desk_finding import find_inmate, find_visitor, hub_zone, zone_of
from signalling.hub.desk_rows import called, inmate_row, visit_row
from signalling.hub.live import Live
from signalling.hub.scheduling import wall_text
from signalling.hub.services import Services
from signalling.hub.store.records import Approval, Inmate

REFUSED_S: Final = 86_400.0
"""No limit counts for longer."""


class PeopleDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    async def inmate_show(self, command: ask.InmateShow, _who: str) -> Any:
        """An inmate: where they are, whether they can sign in, who may visit, what is booked."""
        inmate = await find_inmate(self._store, command.number, command.facility)
        place = zone_of(self._services.config, inmate.facility)
        approvals = []
        for approval in await self._store.people.approved(inmate.id):
            visitor = await self._store.people.visitor(approval.visitor)
            name = called(visitor.name if visitor is not None else "", approval.visitor)
            email = visitor.email if visitor is not None else None
            row = self._approval(approval, place)
            approvals.append({"visitor": name, "email": email, **row})
        locked_until = await self._locked_until(inmate)
        return {
            "id": inmate.id,
            **inmate_row(inmate, await self._seat(inmate)),
            "has_pin": inmate.id not in await self._store.people.without_pin(),
            "locked_until": None if locked_until is None else wall_text(locked_until, place),
            "visitors": approvals,
            "visits": self._open(self._services.visits.of_inmate(inmate.id)),
        }

    async def inmate_pin(self, command: ask.InmatePin, _who: str) -> Any:
        """Give an inmate another PIN; the answer is the only place where it is ever shown."""
        inmate = await find_inmate(self._store, command.number, command.facility)
        was_locked = await self._locked_until(inmate) is not None
        return {
            "facility": inmate.facility,
            "number": inmate.number,
            "name": inmate.name,
            "pin": await self._services.inmates.new_pin(inmate),
            "was_locked": was_locked,
            "signed_in_at": await self._seat(inmate),
        }

    async def visitor_show(self, command: ask.VisitorShow, _who: str) -> Any:
        """A visitor: their account, whom they may visit or asked to, what is booked."""
        visitor = await find_visitor(self._store, command.email)
        config, place = self._services.config, hub_zone(self._services.config)
        asked = await self._store.requests.of_visitor(visitor.id)
        sessions = await self._store.accounts.sessions(visitor.id)
        seen_at = max((each.seen_at for each in sessions), default=None)
        return {
            "id": visitor.id,
            "email": visitor.email,
            "name": visitor.name,
            "since": wall_text(visitor.created_at, place),
            "email_verified": visitor.verified_at is not None,
            "log_ins": len(sessions),
            "last_seen": None if seen_at is None else wall_text(seen_at, place),
            "inmates": [
                {"inmate": inmate.number, "name": inmate.name, "facility": inmate.facility}
                | self._approval(approval, zone_of(config, inmate.facility))
                for approval, inmate in await self._store.people.approvals(visitor.id)
            ],
            "requests": [
                {"request": each.id, "facility": each.facility}
                | {"status": "denied" if each.put_away else each.status}
                | {"number": each.number, "relation": each.relation}
                | {"asked": wall_text(each.asked_at, zone_of(config, each.facility))}
                for each in asked
            ],
            "visits": self._open(self._services.visits.of(visitor.id)),
        }

    async def visitor_release(self, command: ask.VisitorRelease, _who: str) -> Any:
        """Forget what a visitor tried too often: passwords, mails, requests, photos.

        A wrong password counts for the address too that it came from: the audit knows those.
        """
        visitor = await find_visitor(self._store, command.email)
        await self._services.trail.flush()
        since_ms = round((self._store.clock() - REFUSED_S) * 1000)
        asked = AuditFilter(since_ms, kind="refused", about=f"visitor:{visitor.id}")
        addresses = sorted({each.origin for each in await self._store.audit.newest(asked)})
        await self._services.accounts.release(visitor.email, addresses)
        await self._services.links.release(visitor.email, addresses)
        await self._services.people.release(visitor.id)
        return {"email": visitor.email, "name": visitor.name, "refused_from": addresses}

    async def _seat(self, inmate: Inmate) -> str | None:
        seats = await self._store.terminals.seats()
        return next((each.terminal for each in seats if each.inmate == inmate.id), None)

    async def _locked_until(self, inmate: Inmate) -> float | None:
        who = ("inmate", f"{inmate.facility}/{inmate.number}")
        locked = await self._store.guessing.lockouts()
        return next((each.locked_until for each in locked if (each.kind, each.id) == who), None)

    def _approval(self, approval: Approval, place: str) -> dict[str, Any]:
        until = approval.expires_at
        return {
            "relation": approval.relation,
            "private": approval.private,
            "holds": approval.holds(self._store.clock()),
            "until": None if until is None else wall_text(until, place),
            "reason": approval.reason or None,
        }

    def _open(self, lives: list[Live]) -> list[dict[str, Any]]:
        now, rows = self._store.clock(), []
        for live in lives:
            if live.visit.ended is None:
                place = zone_of(self._services.config, live.visit.booked.facility)
                names = [person.name for person in live.people]
                rows.append(visit_row(live.visit, live.inmate_name, names, place, now))
        return sorted(rows, key=lambda row: (row["starts_at"], row["visit"]))
