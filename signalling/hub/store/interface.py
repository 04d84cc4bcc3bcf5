"""The durable facts as the rest of the hub sees them. `stored.py` keeps them in a database.

Every coroutine returns only after its transaction is on disk, so what it returns may be told to
a client. Each may raise `StoreBusy` (the bounded queue is full) besides what it names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from signalling.hub.store import staff_interface as staff
from signalling.hub.store.audit_interface import AuditedStore
from signalling.hub.store.booking_plan import Plan, Wish
from signalling.hub.store.guessing_interface import GuessingStore
from signalling.hub.store.hubs_interface import KeepingStore, TicketStore
from signalling.hub.store.letters import Write
from signalling.hub.store.outbox_interface import OutboxStore
from signalling.hub.store.past_interface import PastStore
from signalling.hub.store.records import (
    Approval,
    Draft,
    Inmate,
    Mail,
    MailToken,
    Photo,
    PinAttempt,
    PinRules,
    Request,
    SeatRow,
    Session,
    Terminal,
    Visitor,
    VisitPeople,
)
from signalling.hub.visiting_rules import Slot, Taken
from signalling.visit import Visit
from signalling.visit_events import Booked, Event


class StoreError(Exception):
    """Root of what a store raises."""


class StoreBusy(StoreError):
    """Too many calls wait for the writer; nothing was done."""


class Stale(StoreError):
    """Somebody appended to this visit first; load it again. Nothing was done."""


class Occupied(StoreError):
    """An inmate or a visitor already has a visit in one of these five minutes."""

    def __init__(self, kind: str, who: str, visit: str) -> None:
        super().__init__(f"{kind} {who} already has visit {visit} at that time")
        self.kind = kind
        self.who = who
        self.visit = visit


class SlotRefused(StoreError):
    """A rule stands in the way of a booking; nothing was done."""

    def __init__(self, slot: Slot) -> None:
        super().__init__(f"the slot is refused: {slot.rule}")
        self.slot = slot


class Duplicate(StoreError):
    """The thing to add exists already."""


class Conflict(StoreError):
    """A row breaks a rule of the schema (unique, foreign key, check); nothing was done."""


class VisitStore(Protocol):
    """Visits: their logs, their booking facts and who is occupied when."""

    async def book(
        self, visit: str, booked: Booked, author: str, unit: str = "", terminals: int = 0
    ) -> Visit:
        """Start a log; of the unit's terminals, one is held when one is free.

        Raises Occupied, IllegalEvent.
        """

    async def append(self, visit: Visit, drafts: Sequence[Draft]) -> Visit:
        """Append all drafts or none, if `visit.length` is still the log's last seq.

        Returns the visit as it then is. Raises Stale, IllegalEvent, Occupied (an extension).
        """

    async def load(self, visit: str) -> Visit | None:
        """Fold one log."""

    async def log(self, visit: str) -> list[Event]:
        """One visit's events, oldest first; empty when there is no such visit."""

    async def load_since(self, closed_after: float) -> list[Visit]:
        """Fold all visits that are open or were closed after a time."""

    async def people(self, visits: Sequence[Visit]) -> dict[str, VisitPeople]:
        """Who each of some visits is of, by its id."""

    async def room_after(self, visit: Visit) -> float:
        """Seconds until its people or its terminal have another visit after this one; or a day."""


class BookingStore(Protocol):
    """Booking by visitors: all checks are made again in the transaction that books."""

    async def taken(self, wish: Wish) -> Taken:
        """What stands in the way of a wish, now."""

    async def book(self, plan: Plan) -> tuple[Visit, Visit | None]:
        """Book, and end the visit that this one is instead of. Returns both as they then are.

        A repeat of a request returns the visit that the first one made. Raises SlotRefused,
        Occupied, Stale, IllegalEvent (the visit to move cannot be cancelled): nothing is changed.
        """

    async def invite(
        self, visit: Visit, drafts: Sequence[Draft], wish: Wish, judge: Callable[[Taken], Slot]
    ) -> Visit:
        """Append to a log what `judge` lets pass, asked what is taken then.

        Raises SlotRefused, Stale, IllegalEvent, Occupied.
        """


class PeopleStore(staff.RosterStore, Protocol):
    """Visitors, sessions, inmates, approvals."""

    async def add_visitor(self, visitor: Visitor) -> None:
        """Raises Duplicate when the e-mail is known."""

    async def visitor(self, visitor: str) -> Visitor | None: ...

    async def visitor_by_email(self, email: str) -> Visitor | None: ...

    async def visitors(self) -> list[Visitor]: ...

    async def approve(self, approval: Approval) -> None:
        """Add or replace an approval."""

    async def approvals(self, visitor: str) -> list[tuple[Approval, Inmate]]:
        """Whom this visitor may visit; those that lapsed (`Approval.holds`) are among them."""

    async def add_session(
        self, session: Session, instead_of: str | None, password_hash: str | None = None
    ) -> None:
        """Add a session, drop `instead_of` (a token hash). Raises Stale: another password holds."""

    async def session(self, token_hash: str) -> Session | None:
        """A session that has not expired."""

    async def open_facility(
        self, token_hash: str, facility: str, until: float, expires_at: float
    ) -> None:
        """Keep that the facility log-in succeeded; the session now holds until `expires_at`."""

    async def drop_session(self, token_hash: str) -> None: ...

    async def add_inmate(self, inmate: Inmate, pin_mac: bytes) -> None:
        """Raises Duplicate when the facility has that number."""

    async def move_inmate(self, inmate: str, unit: str) -> None: ...

    async def inmate(self, inmate: str) -> Inmate | None: ...

    async def inmates(self, number: str | None = None) -> list[Inmate]: ...

    async def try_pin(
        self, facility: str, number: str, pin_mac: bytes, terminal: str, rules: PinRules
    ) -> PinAttempt:
        """Check a PIN and count the failure, in one transaction."""

    async def release(self, facility: str, number: str) -> bool:
        """End a lockout; whether there were failures to forget."""


class AccountStore(Protocol):
    """Accounts: mailed links and what following one does, log-ins, changes."""

    async def issue(
        self, token: MailToken, mail: Mail | None, new_visitor: Visitor | None = None
    ) -> None:
        """Keep a link, the mail that carries it and whom it is the first of, in one transaction.

        Raises Duplicate when the new visitor's e-mail is known: nothing was kept.
        """

    async def token(self, token_hash: str) -> MailToken | None:
        """A link that has not expired nor been spent."""

    async def verify(self, token_hash: str) -> Visitor | None:
        """Spend a `verify` or `change-email` link; the visitor as they then are.

        None when it is not valid, or when somebody else has that e-mail by now.
        """

    async def reset(self, token_hash: str, password_hash: str) -> list[str] | None:
        """Spend a `reset` link: the password is this one, the address verified, nobody logged in.

        Returns the token hashes of the sessions that ended; None when it is not valid.
        """

    async def set_password(self, visitor: str, password_hash: str, but: str) -> list[str]:
        """Set a password; links and a wish for another e-mail are void.

        All sessions `but` this token hash's end; returns their token hashes.
        """

    async def wish_email(self, visitor: str, email: str | None) -> None:
        """Keep that a visitor wants another e-mail, or none any more; earlier links are void."""

    async def set_language(self, visitor: str, language: str) -> None:
        """Mails are in this language from now on."""

    async def erase(self, visitor: str) -> list[str]:
        """Forget all of an account but its id, mails to it too.

        Returns the token hashes of the sessions that ended.
        """

    async def seen(self, token_hash: str, at: float) -> None:
        """Somebody was there on this session."""

    async def sessions(self, visitor: str) -> list[Session]:
        """A visitor's sessions that have not expired, the newest first; 100 at most."""

    async def end_sessions(self, visitor: str, but: str, session: str | None = None) -> list[str]:
        """End a visitor's session with this id, or all, `but` this token hash's.

        Returns the token hashes of those that ended.
        """


class RequestStore(Protocol):
    """Requests to visit, photos of identity cards, accepted rules."""

    async def add(self, request: Request) -> None:
        """Raises Duplicate when the visitor waits for the same number already."""

    async def of_visitor(self, visitor: str) -> list[Request]: ...

    async def all(self, pending_only: bool) -> list[Request]: ...

    async def request(self, request: str) -> Request | None: ...

    async def decide(self, request: Request, approval: Approval | None) -> None:
        """Keep a decision and the approval that comes of it. Raises Stale when it was decided."""

    async def put_away(self, request: str) -> bool:
        """Take a denied request from its visitor's list; False when it is no such one."""

    async def keep_photo(self, photo: Photo) -> None:
        """Keep a photo; the visitor's older ones that no request names go."""

    async def photo(self, photo: str) -> Photo | None: ...

    async def sweep(self, decided_before: float, loose_before: float) -> int:
        """Delete photos that are no longer needed; how many those were."""

    async def accept(self, visitor: str, facility: str, version: str) -> None:
        """Keep that a visitor accepted a version of a facility's rules."""

    async def accepted_at(self, visitor: str, facility: str, version: str) -> float | None: ...


class TerminalStore(Protocol):
    """Terminals and who is signed in where."""

    async def add_terminal(self, terminal: Terminal) -> None:
        """Add one, or give one without a key a new code. Raises Duplicate when it has a key."""

    async def terminal(self, terminal: str) -> Terminal | None: ...

    async def terminals(self) -> list[Terminal]: ...

    async def try_code(self, terminal: str, code_hash: str) -> bool:
        """Check an enrolment code (not spent yet) and count the failure, in one transaction."""

    async def enrol(self, terminal: str, code_hash: str, public_key: bytes) -> bool:
        """Spend the code and keep the key; False when the code is not valid any more."""

    async def renew_code(
        self, terminal: str, code_hash: str, expires_at: float, *, at_once: bool
    ) -> bool:
        """Give one a new code; whether it is there. With `at_once` its key holds no more."""

    async def second_link(self, terminal: str) -> None:
        """Count that two machines used a terminal's key at once."""

    async def doubled(self) -> int:
        """How many terminals have a key that two machines used at once."""

    async def revoke(self, terminal: str) -> bool:
        """Forget the key and the code; whether there was such a terminal."""

    async def keep_report(self, terminal: str, report: str) -> None:
        """Keep a terminal's newest device report, JSON, in the place of the one before."""

    async def report(self, terminal: str) -> tuple[float, str] | None:
        """When a terminal's newest device report came, and the report."""

    async def seats(self) -> list[SeatRow]: ...

    async def sit(self, seat: SeatRow, keeper: str | None) -> bool:
        """Seat an inmate here and nowhere else; False: another hub than `keeper` keeps that now."""

    async def stand(self, terminal: str, keeper: str | None) -> bool:
        """Empty a seat; False: another hub than `keeper` keeps that now. None: there is one hub."""


class Store(AuditedStore, Protocol):
    """Everything durable."""

    @property
    def visits(self) -> VisitStore: ...

    @property
    def booking(self) -> BookingStore: ...

    @property
    def people(self) -> PeopleStore: ...

    @property
    def accounts(self) -> AccountStore: ...

    @property
    def requests(self) -> RequestStore: ...

    @property
    def terminals(self) -> TerminalStore: ...

    @property
    def outbox(self) -> OutboxStore: ...

    @property
    def past(self) -> PastStore: ...

    @property
    def tickets(self) -> TicketStore: ...

    @property
    def keeping(self) -> KeepingStore: ...

    @property
    def guessing(self) -> GuessingStore: ...

    @property
    def lockdowns(self) -> staff.LockdownStore: ...

    @property
    def blackouts(self) -> staff.BlackoutStore: ...

    @property
    def periods(self) -> staff.PeriodStore: ...

    @property
    def faults(self) -> staff.FaultStore: ...
    def clock(self) -> float:
        """The only clock of visits: seconds since the epoch."""

    async def ping(self) -> None:
        """Return when the writer answers."""

    async def up_to_date(self) -> bool:
        """Whether its schema is the one of this version, no more and no less."""

    def waiting(self) -> int:
        """How many tasks wait for the writer."""

    def write_letters_with(self, write: Write) -> None:
        """Have letters about visits written, in the writer's thread, as part of what they tell.

        A transaction whose letters cannot be written fails.
        """

    def watch(self, committed: Callable[[int, float], None]) -> None:
        """Have `committed(tasks, seconds)` called, in any thread, after each transaction."""

    async def close(self) -> None:
        """Finish what is queued and close the database. Idempotent."""
