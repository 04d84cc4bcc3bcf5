"""Carries out the staff commands about who may visit whom."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from signalling.hub import staff_commands as ask
from signalling.hub.desk_finding import (
    SIGN_UP,
    facility_of,
    find_inmate,
    find_visitor,
    relation_of,
    relation_warnings,
)
from signalling.hub.desk_rows import visitor_row
from signalling.hub.errors import StaffError
from signalling.hub.people import expiry
from signalling.hub.people_mail_texts import approved_text, denied_text
from signalling.hub.scheduling import wall_text
from signalling.hub.services import Services
from signalling.hub.store.interface import Stale
from signalling.hub.store.records import Approval, Request, Visitor


class RequestDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    # -- without a request ------------------------------------------------------------------

    async def visitor_approve(self, command: ask.VisitorApprove, _who: str) -> Any:
        """Let a visitor visit an inmate."""
        visitor = await find_visitor(self._store, command.email, SIGN_UP)
        inmate = await find_inmate(self._store, command.inmate, command.facility)
        facility = facility_of(self._services.config, inmate.facility)
        relation = relation_of(facility, command.relation)
        now = self._store.clock()
        approval = Approval(
            visitor=visitor.id,
            inmate=inmate.id,
            relation=relation,
            private=command.private or relation in facility.private_relations,
            asked_at=now,
            decided_at=now,
            expires_at=expiry(facility, now, command.days),
        )
        await self._services.people.grant(visitor, inmate, approval)
        await self._services.visits.read_people_again(visitor.id)
        warned = relation_warnings(facility, relation)
        return {**await self._visitor_row(visitor), "warnings": warned}

    async def visitor_revoke(self, command: ask.VisitorRevoke, _who: str) -> Any:
        """End an approval. Visits that are booked stay: they are listed, to be cancelled."""
        visitor = await find_visitor(self._store, command.email)
        inmate = await find_inmate(self._store, command.inmate, command.facility)
        now = self._store.clock()
        approvals = await self._store.people.approvals(visitor.id)
        found = next((each for each, whom in approvals if whom.id == inmate.id), None)
        if found is None or not found.holds(now):
            raise StaffError(f"{visitor.email} is not approved to visit inmate {inmate.number}")
        ended = replace(found, expires_at=now, decided_at=now, reason=command.reason)
        await self._services.people.grant(visitor, inmate, ended)
        booked = [
            live.id
            for live in self._services.visits.of_inmate(inmate.id)
            if live.visit.ended is None and visitor.id in live.visit.visitors
        ]
        return {**await self._visitor_row(visitor), "still_booked": booked}

    async def _visitor_row(self, visitor: Visitor) -> dict[str, Any]:
        approvals = await self._store.people.approvals(visitor.id)
        now = self._store.clock()
        return visitor_row(visitor, [each for each in approvals if each[0].holds(now)])

    # -- requests ---------------------------------------------------------------------------

    async def request_list(self, command: ask.RequestList, _who: str) -> Any:
        """Requests that wait, or all, the oldest first; of one facility, or of every one."""
        if command.facility is not None:
            facility_of(self._services.config, command.facility)
        requests = await self._store.requests.all(pending_only=not command.all)
        return [
            await self._row(each) for each in requests if command.facility in (None, each.facility)
        ]

    async def request_show(self, command: ask.RequestShow, _who: str) -> Any:
        """One request."""
        return await self._row(await self._request(command.request))

    async def request_photo(self, command: ask.RequestPhoto, _who: str) -> Any:
        """The photo that came with a request, as base64 of a JPEG."""
        request = await self._request(command.request)
        photo = await self._store.requests.photo(request.photo) if request.photo else None
        if photo is None:
            raise StaffError(f"request {request.id} has no photo (or it was deleted since)")
        return {"request": request.id, "jpeg": base64.b64encode(photo.jpeg).decode()}

    async def request_approve(self, command: ask.RequestApprove, who: str) -> Any:
        """Let the visitor visit the inmate with the typed number, or with another one."""
        request = await self._request(command.request)
        number = command.inmate or request.number
        try:
            inmate = await find_inmate(self._store, number, request.facility)
        except StaffError as error:
            raise StaffError(f"{error}; name the one that is meant: --inmate NUMBER") from None
        try:
            await self._services.people.approve(request, inmate, who, command.days)
        except Stale:
            raise StaffError(f"request {request.id} was decided already") from None
        await self._services.visits.read_people_again(request.visitor)
        await self._mail(request, *approved_text(inmate.name, self._place(request)))
        return await self._row(await self._request(request.id))

    async def request_deny(self, command: ask.RequestDeny, who: str) -> Any:
        """Tell the visitor no, and why."""
        request = await self._request(command.request)
        try:
            await self._services.people.deny(request, who, command.reason)
        except Stale:
            raise StaffError(f"request {request.id} was decided already") from None
        text = denied_text(request.number, self._place(request), command.reason)
        await self._mail(request, *text)
        return await self._row(await self._request(request.id))

    async def _mail(self, request: Request, subject: str, body: str) -> None:
        visitor = await self._store.people.visitor(request.visitor)
        if visitor is not None:
            key = f"request.{request.id}"
            await self._services.outbox.put(key, visitor.email, subject, body)

    def _place(self, request: Request) -> str:
        return facility_of(self._services.config, request.facility).name

    async def _request(self, request: str) -> Request:
        found = await self._store.requests.request(request)
        if found is None:
            raise StaffError(f"there is no request {request}")
        return found

    async def _row(self, request: Request) -> dict[str, Any]:
        visitor = await self._store.people.visitor(request.visitor)
        facility = next(
            (each for each in self._services.config.facility if each.id == request.facility), None
        )
        zone = facility.time_zone if facility is not None else "UTC"
        inmates = await self._store.people.inmates(request.number)
        names = [each.name for each in inmates if each.facility == request.facility]
        return {
            "request": request.id,
            "status": "denied" if request.put_away else request.status,
            "email": visitor.email if visitor is not None else None,
            "visitor": visitor.name if visitor is not None else request.visitor,
            "facility": request.facility,
            "number": request.number,
            "inmate": names[0] if names else None,
            "relation": request.relation,
            "private": request.private,
            "photo": request.photo is not None,
            "asked": wall_text(request.asked_at, zone),
            "asked_at": request.asked_at,
            "decided_by": request.decided_by or None,
            "reason": request.reason or None,
        }
