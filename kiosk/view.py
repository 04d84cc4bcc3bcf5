"""What a screen shows and what it may ask for. Pure: screens render a `View` and post intents.

`session.py` makes views; `screens/` draws them; neither knows the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kiosk.fault_history import PastFault
from signalling.wire import FacilityView, Neighbour, VisitView


class ScreenName(StrEnum):
    """The terminal's screens, in the order in which a visit meets them."""

    IDLE = "idle"
    SIGN_IN = "sign-in"
    MY_VISITS = "my-visits"
    WAITING = "waiting"
    IN_VISIT = "in-visit"
    HELD = "held"
    ENDED = "ended"
    OUT_OF_ORDER = "out-of-order"
    TECHNICIAN_PIN = "technician-pin"
    TECHNICIAN = "technician"
    SET_UP = "set-up"


@dataclass(frozen=True, slots=True)
class SignInView:
    """k2. Digits typed so far; the PIN only as a count. `error` is a Refused code or None."""

    number: str = ""
    pin_length: int = 0
    field: str = "number"
    busy: bool = False
    error: str | None = None
    tries_left: int | None = None
    max_tries: int = 3
    unlock_at: float | None = None
    other_terminal: str | None = None
    reason: str = ""
    """Why staff let nobody sign in."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet at the bottom: "still-there" and "confirm-end" (with seconds), "confirm-sign-out",
    "confirm-restart"."""

    kind: str
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """k9: one device. `state` is "pass", "fail", "testing", "unknown", or "none": none is meant.

    `measured` is a number with its unit, or one of `screens.technician.MEASURED`. `detail` and
    `fix` are the self-test's own words.
    """

    device: str
    state: str
    measured: str = ""
    code: str = ""
    detail: str = ""
    fix: str = ""
    tested_at: float | None = None
    simulated: bool = False
    """No real device: terminal.toml says so."""


@dataclass(frozen=True, slots=True)
class TechnicianView:
    """k9. `shown` is the row that was pressed, `past` its faults, the newest first."""

    rows: tuple[DeviceRow, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    """Versions and the machine's health: name and value."""
    level: int = 0
    """Microphone meter, 0 to 16 blocks."""
    live: bool = False
    """Whether the camera gives a picture now."""
    shown: str | None = None
    past: tuple[PastFault, ...] = ()
    testing: bool = False
    report: str = ""
    """"sending", "sent", or why not: "not-connected", "no-answer", "refused"."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """k10, and k8 before any hub has answered.

    `kind` is "file": terminal.toml is wrong; or "hub": it has not taken this terminal yet. `said`
    are places and what is wrong there, `more` how many mistakes are not shown.
    """

    kind: str
    said: tuple[tuple[str, str], ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """Everything the screen shows. Equal views need no redraw.

    `now` is the hub's clock in seconds since the epoch, cut to whole seconds, so that a ticking
    countdown is a new view once a second and nothing else is.
    """

    screen: ScreenName
    now: int
    language: str
    label: str
    unit: str
    facility: FacilityView
    connected: bool
    languages: tuple[str, ...] = ("en", "es")
    next_start_at: float | None = None
    inmate: str | None = None
    visits: tuple[VisitView, ...] = ()
    visit: VisitView | None = None
    loading: bool = False
    sign_in: SignInView = SignInView()
    sheet: Sheet | None = None
    handset_up: bool = True
    has_hook: bool = True
    """Whether the handset hangs on a switch; without one it counts as up."""
    level: int = 0
    """Microphone meter, 0 to 16 blocks."""
    silent: bool = False
    """Nothing heard for 5 s while waiting: "We do not hear you"."""
    ending: bool = False
    """The red X was confirmed here, and the hub has not ended the visit yet."""
    volume: int = 5
    quality: str = "good"
    """good, fair, weak, sound-only."""
    sign_out_in_s: int | None = None
    faults: tuple[str, ...] = ()
    fault_since: float | None = None
    free_terminal: Neighbour | None = None
    set_up: SetUp | None = None
    technician: TechnicianView = TechnicianView()


class Intent:
    """Base of what a press means. Screens post these; only `session.py` decides."""


@dataclass(frozen=True, slots=True)
class Touch(Intent):
    """Anywhere on the idle screen, or any touch at all (keeps a session awake)."""


@dataclass(frozen=True, slots=True)
class ChooseLanguage(Intent):
    language: str


@dataclass(frozen=True, slots=True)
class Key(Intent):
    """ "0" to "9", "delete", "clear", "enter"."""

    key: str


@dataclass(frozen=True, slots=True)
class Back(Intent):
    """Back to idle from sign-in and the technician; from ended to my visits; from a row to all."""


@dataclass(frozen=True, slots=True)
class GetReady(Intent):
    visit: str


@dataclass(frozen=True, slots=True)
class AskSignOut(Intent):
    """Sign out; asks first while waiting."""


@dataclass(frozen=True, slots=True)
class AskEnd(Intent):
    """The red X; opens the sheet."""


@dataclass(frozen=True, slots=True)
class Confirm(Intent):
    """The sheet's act (end, sign out, no longer there)."""


@dataclass(frozen=True, slots=True)
class Dismiss(Intent):
    """The sheet's harmless button (go on, yes I am here)."""


@dataclass(frozen=True, slots=True)
class VolumeStep(Intent):
    step: int


@dataclass(frozen=True, slots=True)
class ShowMyVisits(Intent):
    """From ended."""


@dataclass(frozen=True, slots=True)
class TryAgain(Intent):
    """After a failed load."""


@dataclass(frozen=True, slots=True)
class AskTechnician(Intent):
    """The terminal's number or the fault's code was held; asks for the technician's PIN."""


@dataclass(frozen=True, slots=True)
class ShowDevice(Intent):
    """A row of k9."""

    device: str


@dataclass(frozen=True, slots=True)
class RunSelfTest(Intent):
    """Judge camera, microphone and earpiece now."""


@dataclass(frozen=True, slots=True)
class SendReport(Intent):
    """The devices, their faults and versions to the hub."""


@dataclass(frozen=True, slots=True)
class AskRestart(Intent):
    """Opens the sheet that asks."""
