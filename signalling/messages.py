"""Every message on the wire: one typed struct each, decoded strictly. PROTOCOL.md is the contract.

Four directions, each with its own closed set; a message that is not in the set of its endpoint is
`unknown-message` however well formed it is.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from msgspec import Meta, field

from signalling import account_messages as account
from signalling import booking_messages as booking
from signalling import people_messages as people
from signalling.account_messages import AccountCreated as AccountCreated
from signalling.account_messages import CreateAccount as CreateAccount
from signalling.account_messages import LoggedIn as LoggedIn
from signalling.account_messages import LoggedOut as LoggedOut
from signalling.account_messages import LogIn as LogIn
from signalling.account_messages import LogOut as LogOut
from signalling.call_stats import CallStats as CallStats
from signalling.codec import Codec as Codec
from signalling.codec import Message as Message
from signalling.codec import check_version as check_version
from signalling.codec import encode as encode
from signalling.common_messages import HubStopping as HubStopping
from signalling.common_messages import Ping as Ping
from signalling.common_messages import Pong as Pong
from signalling.common_messages import Refused as Refused
from signalling.common_messages import Violation as Violation
from signalling.device_report import DeviceReport as DeviceReport
from signalling.wire import (
    Base64,
    Connection,
    FacilityView,
    Fault,
    IceServer,
    Id,
    Neighbour,
    Number,
    Password,
    Sdp,
    Seat,
    Token,
    Versions,
    VisitView,
)

# -- both clients -----------------------------------------------------------------------------


class Offer(Message, frozen=True, tag="offer"):
    """Kiosk to page, by way of the hub. `page` is the page that the offer is for."""

    visit: Id
    page: Id
    connection: Connection
    sdp: Sdp


class Answer(Message, frozen=True, tag="answer"):
    """Page to kiosk. Validated at hub and kiosk (`descriptions.check_answer`)."""

    visit: Id
    connection: Connection
    sdp: Sdp


class Ice(Message, frozen=True, tag="ice"):
    """One candidate of the sender's, found after its description. "" ends the candidates."""

    visit: Id
    connection: Connection
    candidate: Annotated[str, Meta(max_length=512)]
    sdp_mid: Annotated[str, Meta(max_length=16)] | None = None
    sdp_m_line_index: Annotated[int, Meta(ge=0, le=7)] | None = None


class End(Message, frozen=True, tag="end"):
    """The red X, from either side, already confirmed by the person."""

    visit: Id


# -- terminal ---------------------------------------------------------------------------------


class TerminalHello(Message, frozen=True, tag="terminal-hello"):
    """First message of a terminal that has a key."""

    versions: Versions
    terminal: Id


class Enrol(Message, frozen=True, tag="enrol"):
    """First message of a new terminal: spends the one-time code, leaves the public key."""

    versions: Versions
    terminal: Id
    code: Annotated[str, Meta(min_length=4, max_length=32)]
    public_key: Base64


class Challenge(Message, frozen=True, tag="challenge"):
    """Hub to terminal: sign `proof_bytes(hub, terminal, nonce)` within 10 s. `nonce` is base64."""

    hub: str
    nonce: Base64


class Proof(Message, frozen=True, tag="proof"):
    """The Ed25519 signature (RFC 8032), base64."""

    signature: Base64


class TerminalWelcome(Message, frozen=True, tag="terminal-welcome"):
    """The terminal is known. A `seat` and a `board` follow at once."""

    now: float
    label: str
    unit: str
    facility: FacilityView


class SignIn(Message, frozen=True, tag="sign-in"):
    """The inmate's number and PIN. Answered by `seat` or `refused`."""

    inmate_number: Number
    pin: Number


class Choose(Message, frozen=True, tag="choose"):
    """The inmate waits for this visit."""

    visit: Id


class SignOut(Message, frozen=True, tag="sign-out"):
    """The inmate leaves the terminal."""


class SeatMessage(Message, frozen=True, tag="seat"):
    """Who sits here now; null when nobody. Pushed at every change, adopted whole."""

    now: float
    seat: Seat | None


class Board(Message, frozen=True, tag="board"):
    """For the idle and the out-of-order screen."""

    now: float
    next_start_at: float | None = None
    free_terminal: Neighbour | None = None


class TerminalState(Message, frozen=True, tag="terminal-state"):
    """What is true at the terminal in a visit; sent at each change and after each reconnect."""

    visit: Id
    connection: Annotated[int, Meta(ge=0, le=1_000_000)]
    handset_up: bool
    receiving: bool


class Health(Message, frozen=True, tag="health"):
    """Fault codes of the terminal (`CAM-01`, ...); empty when it works."""

    faults: Annotated[list[Fault], Meta(max_length=16)]


# -- page -------------------------------------------------------------------------------------


class Hello(Message, frozen=True, tag="hello"):
    """First message of a page; with a session token when it has one."""

    versions: Versions
    token: Token | None = None


class Welcome(Message, frozen=True, tag="welcome"):
    """`name` is null when nobody is logged in. `opened`: the facility whose log-in still holds."""

    now: float
    name: str | None
    facilities: tuple[FacilityView, ...]
    opened: str | None = None


class FacilityLogIn(Message, frozen=True, tag="facility-log-in"):
    """The password again. Answered by `facility-opened` and `appointments`, or `refused`."""

    facility: Id
    password: Password


class FacilityOpened(Message, frozen=True, tag="facility-opened"):
    """The facility's visitation is open to this session until `until`."""

    facility: FacilityView
    until: float


class Appointments(Message, frozen=True, tag="appointments"):
    """All this visitor's visits at the open facility. Pushed at every change, adopted whole.

    `own` says of each, by its id, what this visitor may do with it.
    """

    now: float
    visits: tuple[VisitView, ...]
    own: dict[str, booking.OwnView] = field(default_factory=dict)


class Join(Message, frozen=True, tag="join"):
    """This page is open for the visit, has asked for its devices and can answer an offer.

    `page` is the page's own random id, new at every load. `pressed`: its person pressed the
    telephone on this page, no other page has taken the visit over since as far as it knows, and
    media of the jail reaches it now; believed only after a restart of the hub. Answered by
    `joined` or `refused`.
    """

    visit: Id
    page: Id
    pressed: bool = False


class Joined(Message, frozen=True, tag="joined"):
    """What the page's peer connection needs."""

    visit: Id
    ice_servers: tuple[IceServer, ...]
    ice_policy: str


class Leave(Message, frozen=True, tag="leave"):
    """This page is no longer open for the visit."""

    visit: Id
    page: Id


class Press(Message, frozen=True, tag="press"):
    """The green telephone. Refused with `visit-elsewhere` when another has it, but `take_over`."""

    visit: Id
    page: Id
    take_over: bool = False


class PageState(Message, frozen=True, tag="page-state"):
    """What is true at the page in a visit; sent at each change and after each reconnect."""

    visit: Id
    connection: Annotated[int, Meta(ge=0, le=1_000_000)]
    receiving: bool
    camera: bool
    microphone: bool


# -- the four directions ----------------------------------------------------------------------

TerminalToHub = (
    TerminalHello
    | Enrol
    | Proof
    | SignIn
    | Choose
    | SignOut
    | Offer
    | Ice
    | End
    | TerminalState
    | Health
    | DeviceReport
    | CallStats
    | Ping
)
HubToTerminal = (
    Challenge
    | TerminalWelcome
    | SeatMessage
    | Board
    | Answer
    | Ice
    | Pong
    | Refused
    | Violation
    | HubStopping
)
PageToHub = (
    Hello
    | CreateAccount
    | LogIn
    | LogOut
    | FacilityLogIn
    | Join
    | Leave
    | Press
    | End
    | Answer
    | Ice
    | PageState
    | CallStats
    | account.ChangeEmail
    | account.ChangePassword
    | account.DeleteAccount
    | account.EndSession
    | account.ForgotPassword
    | account.ListSessions
    | account.ResendVerification
    | account.ResetPassword
    | account.UseLanguage
    | account.VerifyEmail
    | people.AcceptRules
    | people.GetFacility
    | people.PhotoPart
    | people.RequestApproval
    | people.WithdrawRequest
    | booking.Book
    | booking.CancelVisit
    | booking.CheckNetwork
    | booking.GetTicket
    | booking.Invite
    | booking.ListPast
    | booking.ListSlots
    | booking.Probe
    | booking.Rate
    | Ping
)
HubToPage = (
    Welcome
    | AccountCreated
    | LoggedIn
    | LoggedOut
    | FacilityOpened
    | Appointments
    | Joined
    | Offer
    | Ice
    | account.Account
    | account.EmailVerified
    | account.MailSent
    | account.PasswordChanged
    | account.Sessions
    | people.FacilityTerms
    | people.People
    | people.PhotoKept
    | booking.Invited
    | booking.NetworkCheck
    | booking.Past
    | booking.Probed
    | booking.Rated
    | booking.Slots
    | booking.Ticket
    | booking.VisitBooked
    | booking.VisitCancelled
    | Pong
    | Refused
    | Violation
    | HubStopping
)

TERMINAL_TO_HUB: Final[Codec[TerminalToHub]] = Codec(TerminalToHub)
HUB_TO_TERMINAL: Final[Codec[HubToTerminal]] = Codec(HubToTerminal)
PAGE_TO_HUB: Final[Codec[PageToHub]] = Codec(PageToHub)
HUB_TO_PAGE: Final[Codec[HubToPage]] = Codec(HubToPage)
DIRECTIONS: Final[dict[str, Codec[Any]]] = {
    "terminal to hub": TERMINAL_TO_HUB,
    "hub to terminal": HUB_TO_TERMINAL,
    "page to hub": PAGE_TO_HUB,
    "hub to page": HUB_TO_PAGE,
}


def proof_bytes(hub: str, terminal: str, nonce: bytes) -> bytes:
    """Return what a terminal signs: context, hub, terminal and the hub's fresh nonce.

    Length-prefixed, so that no two triples give the same bytes.
    """
    parts = (b"visitbooth terminal proof 1", hub.encode(), terminal.encode(), nonce)
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)
