"""Pure: what staff can ask a hub for, one typed struct per command. One JSON line each way."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from signalling.hub.errors import StaffError
from signalling.hub.staff_command import Command, Days, Short, Slug, Unit
from signalling.hub.staff_commands_people import InmatePin as InmatePin
from signalling.hub.staff_commands_people import InmateShow as InmateShow
from signalling.hub.staff_commands_people import PeopleCommand
from signalling.hub.staff_commands_people import VisitorRelease as VisitorRelease
from signalling.hub.staff_commands_people import VisitorShow as VisitorShow
from signalling.hub.staff_commands_reports import FacilityList as FacilityList
from signalling.hub.staff_commands_reports import FacilityShow as FacilityShow
from signalling.hub.staff_commands_reports import ReportCommand
from signalling.hub.staff_commands_reports import ReportShow as ReportShow
from signalling.hub.staff_commands_terminals import NewTerminal as NewTerminal
from signalling.hub.staff_commands_terminals import TerminalCommand
from signalling.hub.staff_commands_terminals import TerminalEnrol as TerminalEnrol
from signalling.hub.staff_commands_visits import BlackoutAdd as BlackoutAdd
from signalling.hub.staff_commands_visits import BlackoutCancel as BlackoutCancel
from signalling.hub.staff_commands_visits import BlackoutCommand, BookingCommand, StoppingCommand
from signalling.hub.staff_commands_visits import BlackoutList as BlackoutList
from signalling.hub.staff_commands_visits import BlackoutRemove as BlackoutRemove
from signalling.hub.staff_commands_visits import LockdownEnd as LockdownEnd
from signalling.hub.staff_commands_visits import LockdownList as LockdownList
from signalling.hub.staff_commands_visits import LockdownStart as LockdownStart
from signalling.hub.staff_commands_visits import SlotsList as SlotsList
from signalling.hub.staff_commands_visits import VisitBook as VisitBook
from signalling.hub.staff_commands_visits import VisitList as VisitList
from signalling.hub.staff_commands_visits import VisitMove as VisitMove
from signalling.hub.staff_commands_visits import VisitPause as VisitPause
from signalling.hub.staff_commands_visits import VisitResume as VisitResume
from signalling.visit import Status

T = TypeVar("T")

MAX_LINE = 1024 * 1024
"""Bytes of one command (a roster of 10,000 fits)."""


class InmateAdd(Command, frozen=True, tag="inmate add"):
    number: str
    name: str
    facility: str
    pin: str | None = None
    unit: Unit = ""


class InmateMove(Command, frozen=True, tag="inmate move"):
    number: str
    unit: Short
    facility: str | None = None


class InmateImport(Command, frozen=True, tag="inmate import"):
    """`roster` is the CSV text itself: the hub may not read the caller's files.

    `file` is what the audit calls it.
    """

    roster: str
    file: Annotated[str, Meta(max_length=200)] = ""
    dry_run: bool = False
    cancel_missing: bool = False


class InmateList(Command, frozen=True, tag="inmate list"):
    pass


class InmateRelease(Command, frozen=True, tag="inmate release"):
    number: str
    facility: str | None = None


class VisitorAdd(Command, frozen=True, tag="visitor add"):
    email: Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\Z")]
    name: Short
    password: Annotated[str, Meta(max_length=256)]


class VisitorList(Command, frozen=True, tag="visitor list"):
    pass


class VisitorApprove(Command, frozen=True, tag="visitor approve"):
    email: str
    inmate: str
    facility: str | None = None
    relation: Annotated[str, Meta(max_length=80)] = ""
    private: bool = False
    days: Days | None = None


class VisitorRevoke(Command, frozen=True, tag="visitor revoke"):
    email: str
    inmate: str
    facility: str | None = None
    reason: Annotated[str, Meta(max_length=200)] = ""


class RequestList(Command, frozen=True, tag="request list"):
    all: bool = False
    facility: str | None = None


class RequestShow(Command, frozen=True, tag="request show"):
    request: str


class RequestApprove(Command, frozen=True, tag="request approve"):
    request: str
    inmate: str | None = None
    days: Days | None = None


class RequestDeny(Command, frozen=True, tag="request deny"):
    request: str
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class RequestPhoto(Command, frozen=True, tag="request photo"):
    request: str


class VisitShow(Command, frozen=True, tag="visit show"):
    visit: str


class VisitTerminate(Command, frozen=True, tag="visit terminate"):
    visit: str
    reason: Annotated[str, Meta(max_length=200)] = ""


class VisitCancel(Command, frozen=True, tag="visit cancel"):
    visit: str


class TerminalAdd(Command, frozen=True, tag="terminal add"):
    terminal: Slug
    facility: str
    label: Short
    unit: Short


class TerminalList(Command, frozen=True, tag="terminal list"):
    pass


class TerminalShow(Command, frozen=True, tag="terminal show"):
    terminal: str


class TerminalReplace(Command, frozen=True, tag="terminal replace"):
    """Another machine takes a terminal's place."""

    terminal: str
    now: bool = False
    """The key of the one that is there ends at once."""


class TerminalRevoke(Command, frozen=True, tag="terminal revoke"):
    terminal: str


class LockoutList(Command, frozen=True, tag="lockout list"):
    """What is locked now after wrong PINs."""


class LockoutEnd(Command, frozen=True, tag="lockout end"):
    kind: Annotated[str, Meta(pattern=r"^(inmate|terminal|facility)\Z")]
    id: Annotated[str, Meta(min_length=1, max_length=130)]


class ReceiptShow(Command, frozen=True, tag="receipt show"):
    """Answered by the signed document itself, as text: its bytes count."""

    visit: str


class ReceiptKeyShow(Command, frozen=True, tag="receipt key show"):
    """Answered by the public key that receipts are signed under."""


class MailList(Command, frozen=True, tag="mail list"):
    """Mails that did not go out yet."""


class MailRetry(Command, frozen=True, tag="mail retry"):
    """Without `key`: all whose last try failed."""

    key: Annotated[str, Meta(max_length=200)] | None = None


class HubShow(Command, frozen=True, tag="hub show"):
    """How the hub is at this moment."""


class AuditList(Command, frozen=True, tag="audit list"):
    """The newest entries that fit, the newest first. Times are seconds since the epoch."""

    since: float = 0.0
    who: str = ""
    kind: str = ""
    about: str = ""
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 100


class AuditEntries(Command, frozen=True, tag="audit entries"):
    """The entries after a place, oldest first, for who verifies them."""

    after: int
    limit: Annotated[int, Meta(ge=1, le=5000)] = 2000


class AuditHead(Command, frozen=True, tag="audit head"):
    """The newest entry's hash, signed; and what a verification starts from and compares with."""


class BackupMade(Command, frozen=True, tag="backup made"):
    """Whoever may read the hub's state made a backup; the audit is told."""

    file: str
    sha256: str


class RetentionPreview(Command, frozen=True, tag="retention preview"):
    """What is older than hub.toml keeps it."""


class RetentionRun(Command, frozen=True, tag="retention run"):
    """Delete it, for some seconds; `done` in the answer says whether all of it went."""


class VisitorErase(Command, frozen=True, tag="visitor erase"):
    email: str


class InmateErase(Command, frozen=True, tag="inmate erase"):
    number: str
    facility: str | None = None


Part = Literal["database", "visits", "audited"]


class Check(Command, frozen=True, tag="check"):
    """A page of one part of a check; the first one without `after`."""

    part: Part
    after: str = ""


AnyCommand = (
    HubShow
    | RetentionPreview
    | RetentionRun
    | VisitorErase
    | InmateErase
    | Check
    | BackupMade
    | AuditList
    | AuditEntries
    | AuditHead
    | MailList
    | MailRetry
    | InmateAdd
    | InmateMove
    | InmateImport
    | InmateList
    | InmateRelease
    | VisitorAdd
    | VisitorList
    | VisitorApprove
    | VisitorRevoke
    | RequestList
    | RequestShow
    | RequestApprove
    | RequestDeny
    | RequestPhoto
    | VisitShow
    | VisitTerminate
    | VisitCancel
    | TerminalAdd
    | TerminalReplace
    | TerminalList
    | TerminalShow
    | TerminalRevoke
    | LockoutList
    | LockoutEnd
    | ReceiptShow
    | ReceiptKeyShow
    | StoppingCommand
    | BlackoutCommand
    | BookingCommand
    | ReportCommand
    | TerminalCommand
    | PeopleCommand
)


class Reply(Struct, frozen=True):
    """`error` is one clear sentence, or None when `result` holds.

    With `progress` it is none yet: that is how far a long command is, and more follows.
    """

    result: Any = None
    error: str | None = None
    progress: str | None = None


_commands: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_replies = msgspec.json.Decoder(Reply)


def _decoded(decoder: msgspec.json.Decoder[T], line: bytes) -> T:
    try:
        return decoder.decode(line)
    except UnicodeDecodeError as error:  # msgspec's own only where it is no tag
        raise msgspec.DecodeError(f"not UTF-8: {error.reason} at byte {error.start}") from None


def decode_command(line: bytes) -> AnyCommand:
    """Return the command in a line. Raises msgspec.DecodeError (ValidationError included)."""
    return _decoded(_commands, line)


def decode_reply(line: bytes) -> Reply:
    """Return the reply in a line. Raises msgspec.DecodeError."""
    return _decoded(_replies, line)


def encode(message: Command | Reply) -> bytes:
    """Return a command or reply as one line."""
    return msgspec.json.encode(message) + b"\n"


_EXPECTED: Final = {
    "kind": "inmate, terminal or facility",
    "terminal": "1 to 64 letters, digits, dots, dashes and underscores",
    "label": "1 to 80 characters",
    "unit": "1 to 80 characters",
    "name": "1 to 80 characters",
    "email": "an address such as ana@example.org",
    "password": "at most 256 characters",
    "visitors": "1 to 8 addresses",
    "relation": "at most 80 characters",
    "reason": "1 to 200 characters",
    "status": "one of " + ", ".join(Status),
    "days": "0 (for ever) to 3660",
}


def require_valid(command: AnyCommand) -> None:
    """Check a command before it is sent anywhere.

    Raises:
        StaffError: names the field, its value, and what is expected instead.
    """
    try:
        decode_command(encode(command))
    except msgspec.ValidationError as error:
        where = re.search(r"\$\.(\w+)", str(error))
        if where is None or where[1] not in _EXPECTED:
            raise
        field = where[1]
        expected = _EXPECTED[field]
        if field == "reason" and isinstance(command, StoppingCommand | BlackoutCommand):
            expected = "1 to 120 characters"
        value = "" if field == "password" else f' "{getattr(command, field)}"'
        raise StaffError(f"the {field}{value} cannot be: expected {expected}") from None
