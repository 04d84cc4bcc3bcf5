"""What pages ask and are told of whom their visitor may visit."""

from __future__ import annotations

import asyncio
import logging

from signalling.errors import UserError
from signalling.hub.bus.interface import Bus, Change, PeopleChanged
from signalling.hub.people import People
from signalling.hub.photo import PhotoParts
from signalling.hub.store.interface import Store, StoreError
from signalling.hub.switchboard import FamilyPage, Switchboard
from signalling.messages import PageToHub
from signalling.people_messages import (
    AcceptRules,
    GetFacility,
    PhotoKept,
    PhotoPart,
    RequestApproval,
    WithdrawRequest,
)
from signalling.people_messages import People as PeopleMessage

log = logging.getLogger(__name__)

UPLOADS = 40
"""Photos under way on all pages at once: with 2 MiB each, what memory strangers can take."""
UPLOADS_EACH = 2
"""Of them one visitor's."""
PART_WITHIN_S = 30.0
WHOLE_WITHIN_S = 300.0
"""A photo whose next part, or whose last, has not come by then makes room for another."""

PEOPLE_MESSAGES = AcceptRules | GetFacility | PhotoPart | RequestApproval | WithdrawRequest


class PeopleEndpoint:
    """The part of `/family` about people. Whoever calls has checked the session."""

    def __init__(self, store: Store, bus: Bus, people: People, switchboard: Switchboard) -> None:
        self._store = store
        self._people = people
        self._switchboard = switchboard
        self._telling: set[asyncio.Task[None]] = set()
        bus.subscribe(self._changed)

    async def handle(self, page: FamilyPage, visitor: str, message: PageToHub) -> None:
        """Do what a page asks; `people` follows by the bus where it changed. Raises UserError."""
        match message:
            case PhotoPart():
                await self._photo(page, visitor, message)
            case RequestApproval():
                await self._people.ask(
                    visitor,
                    message.facility,
                    message.inmate_number,
                    message.relation,
                    message.photo,
                )
            case WithdrawRequest():
                await self._people.withdraw(visitor, message.request)
            case GetFacility():
                page.send(await self._people.terms(visitor, message.facility))
            case AcceptRules():
                await self._people.accept_rules(visitor, message.facility, message.version)
                page.send(await self._people.terms(visitor, message.facility))

    async def tell(self, page: FamilyPage) -> None:
        """Tell a page whom its visitor may visit, and the terms of the facility that is open."""
        session = page.session
        if session is None:
            return
        people = await self._people.views(session.visitor)
        if page.session is not None and page.session.visitor == session.visitor:
            page.send(PeopleMessage(now=self._store.clock(), people=people))

    async def opened(self, page: FamilyPage, visitor: str, facility: str) -> None:
        """Tell a page what the facility that opened asks of its visitor."""
        page.send(await self._people.terms(visitor, facility))

    async def _photo(self, page: FamilyPage, visitor: str, part: PhotoPart) -> None:
        parts, now = page.photo, self._store.clock()
        if parts is None or parts.photo != part.photo:
            if parts is None:
                self._require_room(visitor, now)
            parts = page.photo = PhotoParts(part.photo, now)
        try:
            parts.add(part.part, now)
            if part.last:
                await self._people.keep_photo(visitor, part.photo, parts.whole())
                page.send(PhotoKept(photo=part.photo))
        except UserError:
            page.photo = None
            raise
        if part.last:
            page.photo = None

    def _require_room(self, visitor: str, now: float) -> None:
        """Raises UserError `busy`: too many photos are under way."""
        sending = []
        for each in self._switchboard.pages:
            photo = each.photo
            if photo is None:
                continue
            if now >= min(photo.heard_at + PART_WITHIN_S, photo.begun_at + WHOLE_WITHIN_S):
                each.photo = None
            else:
                sending.append(each.session.visitor if each.session is not None else "")
        if len(sending) >= UPLOADS or sending.count(visitor) >= UPLOADS_EACH:
            raise UserError("busy")

    def _changed(self, change: Change) -> None:
        if not isinstance(change, PeopleChanged):
            return
        for page in self._switchboard.pages_of(change.visitor):
            task = asyncio.create_task(self._tell_later(page))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell_later(self, page: FamilyPage) -> None:
        try:
            await self.tell(page)
        except StoreError as error:
            log.warning("a page was not told whom its visitor may visit: %s", error)
