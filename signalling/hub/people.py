"""Whom visitors may visit: what they ask for, what staff decide, the rules that they accept."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import replace
from typing import Final

from config.schema import Facility, HubConfig
from signalling.errors import UserError
from signalling.hub.bus.interface import Bus, PeopleChanged
from signalling.hub.photo import as_jpeg
from signalling.hub.store.interface import Duplicate, Stale, Store, StoreError
from signalling.hub.store.records import Approval, Inmate, Photo, Request, Visitor
from signalling.hub.tries import Limit, Tries, Try
from signalling.people_messages import ApprovalView, FacilityTerms

log = logging.getLogger(__name__)

DAY_S: Final = 86_400.0
MAX_PENDING: Final = 10
"""Requests of one visitor that wait for staff."""
PHOTOS: Final = Limit("thirty photos an hour of one visitor", 30, 3600.0)
"""Making a large one anew takes a processor about half a second."""
LOOSE_PHOTO_S: Final = DAY_S
SWEEP_EVERY_S: Final = 3600.0


def expiry(facility: Facility, now: float, days: int | None = None) -> float | None:
    """Return until when an approval holds that is given now; None: until staff end it."""
    days = facility.approval_days if days is None else days
    return now + days * DAY_S if days else None


class People:
    """Requests, approvals and accepted rules."""

    def __init__(self, store: Store, bus: Bus, tries: Tries, config: HubConfig) -> None:
        self._store = store
        self._tries = tries
        self._bus = bus
        self._facilities = {each.id: each for each in config.facility}
        requests = config.limits.requests_per_visitor_per_day
        self._requests = Limit("limits.requests_per_visitor_per_day", requests, DAY_S)
        self._decoding = asyncio.Semaphore(1)
        days = config.retention.photos_days
        self._photo_kept_s = days * DAY_S if days else float("inf")

    def facility(self, facility: str) -> Facility:
        """Raises UserError `unknown-facility`."""
        found = self._facilities.get(facility)
        if found is None:
            raise UserError("unknown-facility")
        return found

    # -- what a visitor is told -------------------------------------------------------------

    async def views(self, visitor: str) -> tuple[ApprovalView, ...]:
        """Whom a visitor may visit or asked to, the newest decision or request first."""
        now = self._store.clock()
        approvals = await self._store.people.approvals(visitor)
        requests = await self._store.requests.of_visitor(visitor)
        told = [_approved(approval, inmate, now) for approval, inmate in approvals]
        known = {(each.facility, each.inmate_number) for each in told if each.status == "approved"}
        for request in requests:  # the newest first: an older denial of the same is history
            key = (request.facility, request.number)
            if request.status in ("pending", "denied") and key not in known:
                told.append(_asked(request))
            if request.status != "withdrawn" or request.put_away:
                known.add(key)
        return tuple(sorted(told, key=lambda each: -(each.decided_at or each.asked_at)))

    async def terms(self, visitor: str, facility: str) -> FacilityTerms:
        """What a facility asks of a visitor. Raises UserError `unknown-facility`."""
        asks = self.facility(facility)
        version, accepted_at = asks.rules_version, None
        if version:
            accepted_at = await self._store.requests.accepted_at(visitor, facility, version)
        return FacilityTerms(
            facility=facility,
            rules_version=version,
            rules=asks.rules,
            accepted_at=accepted_at,
            relations=asks.relations,
            private_relations=asks.private_relations,
            photo=asks.photo,  # type: ignore[arg-type]  # the schema's pattern allows no other
            books_online=bool(asks.visiting.hours or any(each.hours for each in asks.unit)),
            visit_s=asks.visiting.visit_min * 60.0,
            visitors_per_visit=asks.visiting.visitors_per_visit,
        )

    # -- what a visitor does ----------------------------------------------------------------

    async def ask(
        self, visitor: str, facility: str, number: str, relation: str, photo: str | None
    ) -> None:
        """Ask staff to let a visitor visit whoever has that number, if anybody has it.

        Raises:
            UserError: `unknown-facility`, `unknown-relation`, `photo-refused`, `already-asked`,
                `too-many-requests`.
        """
        now = self._store.clock()
        asks = self.facility(facility)
        if relation not in asks.relations:
            raise UserError("unknown-relation")
        waiting = [each for each in await self.views(visitor) if each.status == "pending"]
        if len(waiting) >= MAX_PENDING:
            raise UserError("too-many-requests")
        kept = await self._photo(visitor, asks, photo)
        counted = await self._count(self._requests, visitor)
        request = Request(
            id=f"q-{secrets.token_hex(6)}",
            visitor=visitor,
            facility=facility,
            number=number,
            relation=relation,
            private=relation in asks.private_relations,
            photo=kept,
            status="pending",
            asked_at=now,
        )
        try:
            await self._store.requests.add(request)
        except Duplicate:
            await self._tries.take_back(counted)
            raise UserError("already-asked") from None
        log.info("visitor=%s request %s", visitor, request.id)
        self._bus.publish(PeopleChanged(visitor))

    async def _photo(self, visitor: str, asks: Facility, photo: str | None) -> str | None:
        if photo is None or asks.photo == "none":
            if asks.photo == "required":
                raise UserError("photo-refused", why="missing")
            return None
        kept = await self._store.requests.photo(_photo_id(visitor, photo))
        if kept is None:
            raise UserError("photo-refused", why="missing")
        return kept.id

    async def keep_photo(self, visitor: str, photo: str, data: bytes) -> None:
        """Keep a photo under the page's own id.

        Raises:
            UserError: `photo-refused`, `too-many-requests`.
        """
        await self._count(PHOTOS, visitor)
        # One at a time: what a few hundred kilobytes unpack to is many times as much.
        async with self._decoding:
            jpeg = await asyncio.to_thread(as_jpeg, data)
        now = self._store.clock()
        await self._store.requests.keep_photo(Photo(_photo_id(visitor, photo), visitor, now, jpeg))

    async def _count(self, limit: Limit, visitor: str) -> list[Try]:
        """Raises UserError `too-many-requests`."""
        counted = [Try(limit, visitor)]
        if await self._tries.count(counted) is not None:
            raise UserError("too-many-requests")
        return counted

    async def release(self, visitor: str) -> None:
        """Forget how many requests a visitor made, and how many photos they sent."""
        forget = (Try(self._requests, visitor), Try(PHOTOS, visitor))
        await self._tries.take_back((), forget=forget)

    async def withdraw(self, visitor: str, request: str) -> None:
        """Take a request back, or put a denied one away. Raises UserError `unknown-request`."""
        found = await self._store.requests.request(request)
        if found is None or found.visitor != visitor:
            raise UserError("unknown-request")
        if await self._store.requests.put_away(request):
            self._bus.publish(PeopleChanged(visitor))
            return
        now = self._store.clock()
        try:
            await self._store.requests.decide(
                replace(found, status="withdrawn", decided_at=now), None
            )
        except Stale:
            raise UserError("unknown-request") from None  # staff were faster: `people` says how
        self._bus.publish(PeopleChanged(visitor))

    async def accept_rules(self, visitor: str, facility: str, version: str) -> None:
        """Keep that a visitor accepts the rules. Raises UserError `stale-rules`."""
        current = self.facility(facility).rules_version
        if not current or version != current:
            raise UserError("stale-rules")
        if await self._store.requests.accepted_at(visitor, facility, version) is None:
            await self._store.requests.accept(visitor, facility, version)
            log.info("visitor=%s accepted rules %s of %s", visitor, version, facility)

    async def require_rules(self, visitor: str, facility: str) -> None:
        """Raise UserError `rules-not-accepted` where a facility's rules wait to be accepted."""
        version = self.facility(facility).rules_version
        if not version:
            return
        if await self._store.requests.accepted_at(visitor, facility, version) is None:
            raise UserError("rules-not-accepted")

    # -- what staff decide ------------------------------------------------------------------

    async def approve(self, request: Request, inmate: Inmate, who: str, days: int | None) -> None:
        """Let a visitor visit an inmate, as asked. Raises Stale when it was decided already."""
        now = self._store.clock()
        expires_at = expiry(self._facilities[request.facility], now, days)
        approval = Approval(
            visitor=request.visitor,
            inmate=inmate.id,
            relation=request.relation,
            private=request.private,
            asked_at=request.asked_at,
            decided_at=now,
            expires_at=expires_at,
        )
        decided = replace(request, status="approved", decided_at=now, decided_by=who)
        await self._store.requests.decide(decided, approval)
        self._bus.publish(PeopleChanged(request.visitor))

    async def deny(self, request: Request, who: str, reason: str) -> None:
        """Tell a visitor no, and why. Raises Stale when it was decided already."""
        now = self._store.clock()
        decided = replace(request, status="denied", decided_at=now, decided_by=who, reason=reason)
        await self._store.requests.decide(decided, None)
        self._bus.publish(PeopleChanged(request.visitor))

    async def grant(self, visitor: Visitor, inmate: Inmate, approval: Approval) -> None:
        """Let a visitor visit an inmate, or end it, without a request."""
        await self._store.people.approve(approval)
        log.info("visitor=%s approval for inmate %s changed", visitor.id, inmate.id)
        self._bus.publish(PeopleChanged(visitor.id))

    # -- what time does ---------------------------------------------------------------------

    async def run(self) -> None:
        """Delete photos that are no longer needed, now and each hour, until cancelled."""
        while True:
            now = self._store.clock()
            try:
                gone = await self._store.requests.sweep(
                    now - self._photo_kept_s, now - LOOSE_PHOTO_S
                )
            except StoreError as error:
                log.warning("photos of identity cards not swept, tried again later: %s", error)
            else:
                if gone:
                    log.info("%d photos of identity cards deleted", gone)
            await asyncio.sleep(SWEEP_EVERY_S)


def _photo_id(visitor: str, photo: str) -> str:
    """The page chose `photo`; another visitor's page may choose the same."""
    return f"{visitor}.{photo}"


def _approved(approval: Approval, inmate: Inmate, now: float) -> ApprovalView:
    return ApprovalView(
        id=f"a.{inmate.id}",
        facility=inmate.facility,
        inmate_number=inmate.number,
        relation=approval.relation,
        private=approval.private,
        status="approved" if approval.holds(now) else "expired",
        asked_at=approval.asked_at,
        reason=approval.reason,
        inmate=inmate.id,
        name=inmate.name,
        unit=inmate.unit,
        decided_at=approval.decided_at,
        expires_at=approval.expires_at,
    )


def _asked(request: Request) -> ApprovalView:
    return ApprovalView(
        id=request.id,
        facility=request.facility,
        inmate_number=request.number,
        relation=request.relation,
        private=request.private,
        status="pending" if request.status == "pending" else "denied",
        asked_at=request.asked_at,
        reason=request.reason,
        decided_at=request.decided_at,
    )
