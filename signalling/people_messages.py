"""Whom a visitor may visit: asking for it, the proof of who they are, the rules. PROTOCOL.md."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta

from signalling.codec import Message
from signalling.wire import PLAIN, Id, Number, View

MAX_PART: Final = 44_000
"""Letters of one part of a photo in base64: 33,000 bytes, well inside a frame."""
MAX_PHOTO_BYTES: Final = 2 * 1024 * 1024

Part = Annotated[str, Meta(min_length=1, max_length=MAX_PART, pattern=r"^[A-Za-z0-9+/]+=*\Z")]
Relation = Annotated[str, Meta(min_length=1, max_length=40, pattern=PLAIN)]
ApprovalStatus = Literal["pending", "approved", "denied", "expired"]


class ApprovalView(View, frozen=True):
    """One inmate whom this visitor may visit or asked to.

    `inmate`, `name` and `unit` are told only once it was approved: whether a number is anybody's
    is nobody's business before. `private`: such visits are never recorded or watched. `reason` is
    what staff wrote with a denial.
    """

    id: str
    facility: str
    inmate_number: str
    relation: str
    private: bool
    status: ApprovalStatus
    asked_at: float
    reason: str = ""
    inmate: str | None = None
    name: str | None = None
    unit: str = ""
    decided_at: float | None = None
    expires_at: float | None = None


class People(Message, frozen=True, tag="people"):
    """All of them, at every facility. Pushed after log-in and at every change, adopted whole."""

    now: float
    people: tuple[ApprovalView, ...]


class PhotoPart(Message, frozen=True, tag="photo-part"):
    """A part of a photo of the visitor's identity card, in order; `photo` is the page's own id.

    JPEG, PNG or WebP, at most 2 MiB in all. The last part is answered by `photo-kept`, or any by
    `refused` with `photo-refused`.
    """

    photo: Id
    part: Part
    last: bool = False


class PhotoKept(Message, frozen=True, tag="photo-kept"):
    """The photo is whole, was made anew without what a camera writes into it, and is kept."""

    photo: str


class RequestApproval(Message, frozen=True, tag="request-approval"):
    """Ask to visit an inmate. Answered by `people`, alike whether that number exists."""

    facility: Id
    inmate_number: Number
    relation: Relation
    photo: Id | None = None


class WithdrawRequest(Message, frozen=True, tag="withdraw-request"):
    """Take a request back that staff have not decided, or put one away that they denied.

    Answered by `people`.
    """

    request: Id


class GetFacility(Message, frozen=True, tag="get-facility"):
    """Answered by `facility-terms`."""

    facility: Id


class FacilityTerms(Message, frozen=True, tag="facility-terms"):
    """What a facility asks of visitors. Also pushed when its log-in opens or still holds.

    `rules` is the text by language, empty when there is none; `accepted_at` is when this visitor
    accepted this version. `photo` is `none`, `optional` or `required`. With `books_online` false
    only staff book.
    """

    facility: str
    rules_version: str
    rules: dict[str, str]
    accepted_at: float | None
    relations: tuple[str, ...]
    private_relations: tuple[str, ...]
    photo: Literal["none", "optional", "required"]
    books_online: bool
    visit_s: float
    visitors_per_visit: int


class AcceptRules(Message, frozen=True, tag="accept-rules"):
    """The visitor accepts this version of the rules. Answered by `facility-terms`."""

    facility: Id
    version: Annotated[str, Meta(min_length=1, max_length=40)]
