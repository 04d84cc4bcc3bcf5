"""What the messages are made of: limited strings and the views inside them. PROTOCOL.md, "Views".

Times are seconds since the Unix epoch by the hub's clock; every push carries the hub's `now`, so
that a terminal or page with a wrong clock still counts down rightly.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct

from signalling.visit import Status
from signalling.visit_events import By, Cause, EndReason, Side

VERSION: Final = "1"
"""The protocol version spoken here; the first message of either client offers a list."""

MAX_FRAME_BEFORE_LOG_IN: Final = 4 * 1024
MAX_FRAME: Final = 64 * 1024
MAX_SDP: Final = 16 * 1024
"""Bytes. Over the first two the connection closes with `too-large`."""

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._@-]+\Z")]
PLAIN: Final = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]*\Z"
"""Shown to inmates and staff: without control characters (a terminal obeys them) and without
marks that turn the direction of what follows."""
Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=PLAIN)]
Email = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+\Z",
    ),
]
Password = Annotated[str, Meta(min_length=1, max_length=256)]
Language = Annotated[str, Meta(min_length=2, max_length=8, pattern=r"^[a-z]{2}(-[A-Za-z]+)?\Z")]
Scalar = str | int | float | None
Number = Annotated[str, Meta(min_length=1, max_length=16, pattern=r"^[0-9]+\Z")]
Token = Annotated[str, Meta(min_length=16, max_length=128, pattern=r"^[A-Za-z0-9_-]+\Z")]
Base64 = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^[A-Za-z0-9+/]+=*\Z")]
Fault = Annotated[str, Meta(max_length=8, pattern=r"^[A-Z0-9-]+\Z")]
Sdp = Annotated[str, Meta(min_length=1, max_length=MAX_SDP)]
Connection = Annotated[int, Meta(ge=1, le=1_000_000)]
Milliseconds = Annotated[float, Meta(ge=0, le=3_600_000)]
Kbps = Annotated[float, Meta(ge=0, le=1_000_000)]
FramesPerS = Annotated[float, Meta(ge=0, le=1000)]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
"""What is measured is logged: no endless, negative or undefined number comes in."""
Versions = Annotated[list[Annotated[str, Meta(max_length=16)]], Meta(min_length=1, max_length=8)]


class View(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of the structs inside messages."""


class Person(View, frozen=True):
    """A visitor as the jail side sees them. `relation` is the facility's word, may be empty."""

    name: str
    relation: str = ""


class BreakView(View, frozen=True):
    """One open reason why the visit is held."""

    side: Side
    cause: Cause
    since: float


class VisitView(View, frozen=True):
    """A visit as both screens need it: a snapshot to adopt whole, never to merge.

    `page` names the page that has the visit (its own random id), so a page sees whether it is
    the one, and the kiosk sees whom its next offer is for. `tracks_open` is the only thing that
    lets a camera picture or a sound leave either side. `visitor_camera` and `visitor_microphone`
    are what the page that has the visit says it sends; true until it has said so. `pause_reason` is
    what staff wrote, in their words: of a visit that is `paused` why; of one that has not begun why
    it cannot begin, because its facility or housing unit is locked down; else empty.
    """

    id: str
    status: Status
    inmate: str
    visitors: tuple[Person, ...]
    starts_at: float
    ends_at: float
    signed_in: bool
    terminal: str | None
    visitor_here: bool
    page: str | None
    tracks_open: bool
    private: bool
    recorded: bool
    watched: bool
    used_s: float
    lost_s: float
    lost_by: dict[str, float]
    added_s: float
    owed_s: float
    breaks: tuple[BreakView, ...]
    paused: bool
    begun_at: float | None
    ended_at: float | None
    ended_by: By | None
    end_reason: EndReason | None
    visitor_camera: bool = True
    visitor_microphone: bool = True
    paused_since: float | None = None
    pause_reason: str = ""


class IceServer(View, frozen=True):
    """One STUN or TURN server, in the names of RTCIceServer."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


class FacilityView(View, frozen=True):
    """A facility as people see it."""

    id: str
    name: str
    time_zone: str
    clock_24h: bool = False


class Seat(View, frozen=True):
    """Who sits at a terminal: the signed-in inmate, their visits, and the one they wait for."""

    inmate: str
    visits: tuple[VisitView, ...]
    visit: str | None = None
    ice_servers: tuple[IceServer, ...] = ()
    ice_policy: str = "all"


class Neighbour(View, frozen=True):
    """Another terminal that works and is free."""

    label: str
    unit: str
