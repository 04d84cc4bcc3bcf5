"""What the store keeps, as frozen records. Times are seconds since the Unix epoch (UTC)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from signalling.visit import Visit
from signalling.visit_events import AnyWhat


def new_event_id() -> str:
    """Return a fresh id for an event; a repeat of the same id is ignored by the log."""
    return secrets.token_urlsafe(12)


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before the store gave it its seq and its `recorded_at`.

    `happened_at` None means: when it is recorded.
    """

    what: AnyWhat
    author: str
    happened_at: float | None = None
    id: str = field(default_factory=new_event_id)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A family member, friend, lawyer or interpreter with an account."""

    id: str
    email: str
    name: str
    password_hash: str = field(repr=False)
    created_at: float = 0.0
    verified_at: float | None = None
    """When it was shown that the e-mail is theirs; until then nobody logs in."""
    language: str = "en"
    new_email: str | None = None
    """Asked for; holds once its own link was followed."""


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in. Only the SHA-256 of its token is kept."""

    token_hash: str = field(repr=False)
    visitor: str
    expires_at: float
    facility: str | None = None
    facility_until: float = 0.0
    id: str = ""
    """Names it to its owner; no secret."""
    created_at: float = 0.0
    seen_at: float = 0.0
    browser: str = ""


@dataclass(frozen=True, slots=True)
class MailToken:
    """A link that was mailed. Only the SHA-256 of its token is kept.

    Without a visitor it opens nothing: it is kept for an address that has no account, so that
    asking takes as long as for one that has.
    """

    token_hash: str = field(repr=False)
    kind: str
    visitor: str | None
    email: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Inmate:
    """A person on the jail side. The PIN's keyed hash stays inside the store."""

    id: str
    facility: str
    number: str
    name: str
    unit: str = ""
    """The housing unit; empty: not known."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A visitor may visit an inmate. `private`: their visits are never recorded or watched."""

    visitor: str
    inmate: str
    relation: str = ""
    private: bool = False
    asked_at: float = 0.0
    decided_at: float = 0.0
    expires_at: float | None = None
    """None: it holds until staff end it."""
    reason: str = ""
    """What staff wrote when they ended it."""

    def holds(self, now: float) -> bool:
        """Whether it lets its visitor in at `now`; kept afterwards for what was the relation."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class Request:
    """A visitor asks to visit whoever has an inmate number. `status` is one of: pending,
    approved, denied, withdrawn. A decided one is withdrawn once its visitor put it away."""

    id: str
    visitor: str
    facility: str
    number: str
    relation: str
    private: bool
    photo: str | None
    status: str
    asked_at: float
    decided_at: float | None = None
    decided_by: str = ""
    reason: str = ""

    @property
    def put_away(self) -> bool:
        """Whether it was denied, and its visitor has read that."""
        return self.status == "withdrawn" and bool(self.decided_by)


@dataclass(frozen=True, slots=True)
class Photo:
    """A visitor's identity card as a JPEG."""

    id: str
    visitor: str
    kept_at: float
    jpeg: bytes = field(repr=False)


CODE_TRIES: Final = 5
"""Wrong enrolment codes, before the right one is void too."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A kiosk on a wall. Without `public_key` it has not been enrolled (or was revoked)."""

    id: str
    facility: str
    label: str
    unit: str
    public_key: bytes | None = None
    code_hash: str | None = field(default=None, repr=False)
    code_expires_at: float = 0.0
    code_tries: int = 0
    second_links: int = 0
    """How often its key was used by two machines at once."""
    second_link_at: float | None = None

    def code_holds(self, now: float) -> bool:
        """Whether a machine could be enrolled with its code at `now`."""
        unspent = self.code_hash is not None and self.code_tries < CODE_TRIES
        return unspent and self.code_expires_at > now


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that goes out once. `calendar` is an .ics file to attach.

    `due_at` is when it is tried next, `wanted_at` when it was to go out at first, `failed_at` when
    it was given up.
    """

    key: str
    recipient: str
    subject: str
    body: str = field(repr=False)
    calendar: bytes | None = field(default=None, repr=False)
    due_at: float = 0.0
    tries: int = 0
    sent_at: float | None = None
    error: str = ""
    wanted_at: float = 0.0
    failed_at: float | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """How a visit was for one of its visitors, 1 to 5 stars."""

    visit: str
    visitor: str
    stars: int
    troubles: tuple[str, ...] = ()
    rated_at: float = 0.0


@dataclass(frozen=True, slots=True)
class PastVisit:
    """A visit that has ended, with the names of its people and one visitor's own stars."""

    visit: Visit
    inmate: str
    people: tuple[tuple[str, str], ...]
    """Name and relation of its visitors, in their order."""
    stars: int | None


@dataclass(frozen=True, slots=True)
class VisitPeople:
    """Who a visit is of, and the stars that its visitors gave it."""

    inmate: str
    """The inmate's name."""
    unit: str
    """The housing unit where the inmate lives; empty: not known."""
    visitors: tuple[tuple[str, str], ...]
    """Name and relation of its visitors, in their order."""
    stars: dict[str, int]
    """By visitor; of a visit that has ended."""


@dataclass(frozen=True, slots=True)
class SeatRow:
    """Who is signed in at a terminal, and for which visit they wait."""

    terminal: str
    inmate: str
    visit: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """The hubs that live, and which facility is kept by which of them."""

    hubs: tuple[str, ...]
    keepers: Mapping[str, str]
    elsewhere: frozenset[str] = frozenset()
    """Of those that the asking hub keeps, the ones that another should."""


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A file that a visitor may fetch once. Only the SHA-256 of its path is kept."""

    path_hash: str
    visitor: str
    until: float
    file: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PinRules:
    """How many wrong PINs lock an inmate number, terminal or facility, for how many seconds."""

    inmate_tries: int
    terminal_tries: int
    lockout_s: float
    facility_tries: int


@dataclass(frozen=True, slots=True)
class PinAttempt:
    """What became of a number and a PIN. Exactly one of the first two, or only `tries_left`."""

    inmate: Inmate | None = None
    locked_until: float | None = None
    tries_left: int = 0
    locked: str = ""
    """What this attempt locked: `inmate`, `terminal`, `facility`; empty: it was locked before."""


@dataclass(frozen=True, slots=True)
class RosterPlan:
    """What one roster changes, all of it or nothing."""

    who: str
    """Who takes it over, as the audit names them."""
    file: str
    added: tuple[tuple[Inmate, bytes], ...] = ()
    """With what is kept of their PINs."""
    changed: tuple[Inmate, ...] = ()
    """As they are from now on: another name, another unit."""
    back: tuple[tuple[Inmate, bytes], ...] = ()
    """Whose PIN ended when they left, and who are in the file again."""
    released: tuple[Inmate, ...] = ()
    """Whose PIN and approvals end."""
