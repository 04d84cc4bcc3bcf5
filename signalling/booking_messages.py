"""Booking, moving, inviting, and what is left of a visit afterwards. PROTOCOL.md.

A `rule` is one of these, with its facts: `past`; `too-soon` (`hours` before the start); `too-far`
(`days` ahead); `closed` (no hours that day); `blackout` (`reason`, may be empty); `not-a-slot`;
`unit-full` (no terminal); `inmate-busy`, `visitor-busy`, `guest-busy` (another visit at that time);
`inmate-week`, `visitor-week`, `guest-week` (`count` a week, Monday to Sunday); `too-many-visitors`
(`count` may come); `by-staff` (nobody books this online).
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from signalling.codec import Message
from signalling.wire import Email, IceServer, Id, Language, Scalar, View, VisitView

Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}\Z", max_length=10)]
Instant = Annotated[float, Meta(ge=0, le=4e9)]
Guests = Annotated[list[Email], Meta(max_length=7)]
TicketFor = Literal["calendar", "receipt", "receipt-page"]
Why = Literal[
    "",
    "not-signed-in",
    "in-another-visit",
    "terminal-fault",
    "terminal-away",
    "paused",
    "lockdown",
    "ready",
]


class OwnView(View, frozen=True):
    """What one visitor may do with a visit, and why it is as it is.

    `inmate` is the id to book the next one with. `cancel_until` is the last moment to cancel or
    move it, null when it cannot be (not theirs, or too late); an invited visitor may decline
    until it begins. `why` is what the visit waits for. `stars` is this visitor's own rating.
    `at_page_of` is the name of another visitor whose page has the visit now, null for one's own.
    """

    inmate: str
    by_me: bool
    cancel_until: float | None = None
    why: Why = ""
    stars: int | None = None
    at_page_of: str | None = None


class ListSlots(Message, frozen=True, tag="list-slots"):
    """Answered by `slots`. `day` null: the first that has a free one. `moving`: a visit to move."""

    inmate: Id
    day: Day | None = None
    moving: Id | None = None


class DayView(View, frozen=True):
    """A day at the facility. `rule` says why none is free, else it is empty."""

    day: str
    free: int
    rule: str = ""


class SlotView(View, frozen=True):
    """A time to book. `rule` is empty when it is free; `facts` fill its words.

    `next_at` is the first slot after it that is free.
    """

    starts_at: float
    ends_at: float
    rule: str = ""
    facts: dict[str, Scalar] = field(default_factory=dict)
    next_at: float | None = None


class Slots(Message, frozen=True, tag="slots"):
    """The days that can be booked, and the slots of one of them."""

    now: float
    inmate: str
    day: str | None
    days: tuple[DayView, ...]
    slots: tuple[SlotView, ...]


class Book(Message, frozen=True, tag="book"):
    """Book a slot; `request` is the page's own id, and a repeat of it books nothing more.

    `invite`: e-mails of others whom the facility approved for the same inmate. `moving`: the visit
    that this one is instead of: whoever is on it comes along. Answered by `visit-booked`, or
    `refused` with `slot-refused`, which names its `rule` and `next_at`.
    """

    request: Id
    inmate: Id
    starts_at: Instant
    invite: Guests = field(default_factory=list)
    moving: Id | None = None


class VisitBooked(Message, frozen=True, tag="visit-booked"):
    """It is booked; `appointments` follows."""

    request: str
    visit: str


class CancelVisit(Message, frozen=True, tag="cancel-visit"):
    """Cancel a visit of one's own, or decline one that one was invited to."""

    visit: Id


class VisitCancelled(Message, frozen=True, tag="visit-cancelled"):
    """It is cancelled, or goes on without this visitor."""

    visit: str


class Invite(Message, frozen=True, tag="invite"):
    """Invite one more visitor to a visit of one's own. Answered by `invited`."""

    visit: Id
    email: Email


class Invited(Message, frozen=True, tag="invited"):
    """They are on the visit; `appointments` follows."""

    visit: str


class GetTicket(Message, frozen=True, tag="get-ticket"):
    """Ask for something of a visit as a file. Answered by `ticket`, or `refused`.

    A `calendar` file while the visit has not ended (else `ended`); the signed `receipt` (JSON), or
    `receipt-page`, which reads it out, once it has (else `not-ready`). `language` null: the one
    of the visitor's mails.
    """

    visit: Id
    what: TicketFor
    language: Language | None = None


class Ticket(Message, frozen=True, tag="ticket"):
    """GET `path` within 60 s, once: it is spent by that."""

    visit: str
    what: str
    path: str


class ListPast(Message, frozen=True, tag="list-past"):
    """Visits at the open facility that have ended before `before` (null: now), newest first."""

    before: Instant | None = None


class Past(Message, frozen=True, tag="past"):
    """At most 20; `more` says whether there are earlier ones."""

    visits: tuple[VisitView, ...]
    own: dict[str, OwnView]
    more: bool


class Rate(Message, frozen=True, tag="rate"):
    """How it was, 1 to 5; said again, it replaces. Answered by `rated`.

    Only of a visit that had begun and has ended, else `not-ready`.
    """

    visit: Id
    stars: Annotated[int, Meta(ge=1, le=5)]
    troubles: Annotated[
        list[Literal["no-sound", "bad-sound", "no-picture", "bad-picture", "late", "cut-off"]],
        Meta(max_length=6),
    ] = field(default_factory=list)


class Rated(Message, frozen=True, tag="rated"):
    """It is kept."""

    visit: str
    stars: int


class CheckNetwork(Message, frozen=True, tag="check-network"):
    """Ask for servers to try the network with, any day. Answered by `network-check`."""


class NetworkCheck(Message, frozen=True, tag="network-check"):
    """STUN and TURN servers with credentials that soon end."""

    ice_servers: tuple[IceServer, ...]
    ice_policy: str


class Probe(Message, frozen=True, tag="probe"):
    """Padding that comes back as `probed`, to measure what the way to the hub carries."""

    sent: float
    padding: Annotated[str, Meta(max_length=48_000, pattern=r"^x*\Z")]


class Probed(Message, frozen=True, tag="probed"):
    """The same back."""

    sent: float
    padding: str
