"""The part of a page's test hub that plays people, their photos, and a facility's rules."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from typing import Any

import msgspec

from signalling.messages import Message, PageToHub, Refused
from signalling.people_messages import (
    AcceptRules,
    ApprovalView,
    FacilityTerms,
    GetFacility,
    People,
    PhotoKept,
    PhotoPart,
    RequestApproval,
    WithdrawRequest,
)

TERMS = FacilityTerms(
    facility="lindell",
    rules_version="",
    rules={},
    accepted_at=None,
    relations=("mother", "friend", "lawyer", "Godmother"),
    private_relations=("lawyer",),
    photo="optional",
    books_online=True,
    visit_s=1800,
    visitors_per_visit=3,
)


def a_person(name: str | None = "Daniel", **fields: Any) -> ApprovalView:
    """Return somebody whom the visitor may visit, changed by `fields`."""
    plain: dict[str, Any] = {
        "id": "p1",
        "facility": "lindell",
        "inmate_number": "482017",
        "relation": "mother",
        "private": False,
        "status": "approved",
        "asked_at": time.time() - 86400,
        "inmate": "i1" if name else None,
        "name": name,
    }
    return ApprovalView(**{**plain, **fields})


@dataclass
class FakePeople:
    """Whom the visitor may visit, and what the facility asks."""

    people: list[ApprovalView] = field(default_factory=lambda: [a_person()])
    terms: FacilityTerms = TERMS
    photo_fault: str | None = None
    _parts: list[str] = field(default_factory=list)

    @property
    def photo(self) -> bytes:
        """The photo that was sent."""
        return b"".join(base64.b64decode(part) for part in self._parts)

    def forget_photo(self) -> None:
        """As if none was sent."""
        self._parts.clear()

    def pushed(self) -> Message:
        """What a page hears after log-in and at every change."""
        return People(now=time.time(), people=tuple(self.people))

    def replies(self, message: PageToHub) -> list[Message]:
        """Answer one message."""
        match message:
            case GetFacility():
                return [self.terms]
            case AcceptRules():
                self.terms = msgspec.structs.replace(self.terms, accepted_at=time.time())
                return [self.terms]
            case PhotoPart():
                return self._photo(message)
            case RequestApproval(facility=facility, inmate_number=number, relation=relation):
                if any(each.inmate_number == number for each in self.people):
                    return [Refused(about="request-approval", code="already-asked")]
                asked = a_person(
                    None,
                    id="q1",
                    facility=facility,
                    inmate_number=number,
                    relation=relation,
                    private=relation == "lawyer",
                    status="pending",
                )
                self.people.append(asked)
                return [self.pushed()]
            case WithdrawRequest(request=request):
                self.people = [each for each in self.people if each.id != request]
                return [self.pushed()]
        return []

    def _photo(self, part: PhotoPart) -> list[Message]:
        self._parts.append(part.part)
        if not part.last:
            return []
        if self.photo_fault is not None:
            why = self.photo_fault
            return [Refused(about="photo-part", code="photo-refused", facts={"why": why})]
        return [PhotoKept(photo=part.photo)]
