"""The events of a visit's log: one frozen struct per kind, encoded as tagged JSON.

The kind (`"kind"` in JSON) is the dashed name that the store, the logs and the documents use.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, get_args

import msgspec


class Side(StrEnum):
    """Whose part of the way something happened on."""

    TERMINAL = "terminal"
    VISITOR = "visitor"
    NETWORK = "network"
    HUB = "hub"


class Cause(StrEnum):
    """Why a visit is held."""

    LINK = "link"
    HANDSET = "handset"
    PAGE = "page"
    MEDIA = "media"
    SIGNED_OUT = "signed-out"


class By(StrEnum):
    """Who ended a visit."""

    INMATE = "inmate"
    VISITOR = "visitor"
    STAFF = "staff"
    CLOCK = "clock"


class EndReason(StrEnum):
    """Why a visit ended."""

    EXPIRED = "expired"
    RED_X = "red-x"
    STAFF = "staff"
    NOBODY_CAME = "nobody-came"
    CANCELLED = "cancelled"


class What(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """Base of all events' content."""


class Booked(What, frozen=True, tag="booked"):
    """The appointment. `visitors` are account ids, `inmate` an inmate id."""

    facility: str
    inmate: str
    visitors: tuple[str, ...]
    starts_at: float
    ends_at: float
    sign_in_from: float
    private: bool = False


class InmateSignedIn(What, frozen=True, tag="inmate-signed-in"):
    """The inmate signed in at `terminal` and this visit is the one that waits."""

    terminal: str


class InmateSignedOut(What, frozen=True, tag="inmate-signed-out"):
    """The inmate left the terminal; before begin the visit is pending again."""


class Moved(What, frozen=True, tag="moved"):
    """The inmate went on at another terminal."""

    terminal: str


class VisitorInvited(What, frozen=True, tag="visitor-invited"):
    """One more visitor may come."""

    visitor: str


class VisitorDeclined(What, frozen=True, tag="visitor-declined"):
    """A visitor who was invited does not come; the visit goes on without them.

    `ends_privacy`: nobody is left who makes it private.
    """

    visitor: str
    ends_privacy: bool = False


class VisitorJoined(What, frozen=True, tag="visitor-joined"):
    """A page of this visitor is open for the visit."""

    visitor: str


class VisitorLeft(What, frozen=True, tag="visitor-left"):
    """The last page of this visitor for the visit closed."""

    visitor: str


class Begun(What, frozen=True, tag="begun"):
    """The green telephone was pressed; only this opens tracks."""

    visitor: str


class Interrupted(What, frozen=True, tag="interrupted"):
    """The visit is held since `happened_at`."""

    side: Side
    cause: Cause


class Resumed(What, frozen=True, tag="resumed"):
    """One reason for the hold is gone."""

    side: Side
    cause: Cause


class Warned(What, frozen=True, tag="warned"):
    """Staff warned both sides."""

    by: str
    text: str = ""


class Paused(What, frozen=True, tag="paused"):
    """Staff paused the visit, or the `lockdown` with this id did."""

    by: str
    reason: str = ""
    lockdown: str = ""


class Unpaused(What, frozen=True, tag="unpaused"):
    """Staff let the visit go on."""

    by: str


class Extended(What, frozen=True, tag="extended"):
    """Seconds added to the end, for lost time given back or by staff."""

    seconds: float
    reason: str = "lost-time"


class Ended(What, frozen=True, tag="ended"):
    """The end. Cancelled is ended with that reason. `who` names the staff member or account."""

    by: By
    reason: EndReason
    who: str = ""


AnyWhat = (
    Booked
    | InmateSignedIn
    | InmateSignedOut
    | Moved
    | VisitorInvited
    | VisitorDeclined
    | VisitorJoined
    | VisitorLeft
    | Begun
    | Interrupted
    | Resumed
    | Warned
    | Paused
    | Unpaused
    | Extended
    | Ended
)

KIND_OF: Final[dict[type, str]] = {
    each: str(each.__struct_config__.tag) for each in get_args(AnyWhat)
}
"""Dashed kind by class, for messages, the store and the logs."""


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of a visit's log.

    `id` is made by the author, so that a repeat is ignored. `happened_at` is what the author
    says, already clamped by the hub; `recorded_at` is the store's clock. Both in seconds since
    the epoch.
    """

    visit: str
    seq: int
    id: str
    author: str
    happened_at: float
    recorded_at: float
    what: AnyWhat
