"""The keys of terminal.toml and hub.toml, typed, with their defaults. Pure.

The commented examples beside this file document every key; a test holds them together.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, field

from config.hub_network import Limits as Limits
from config.hub_network import Terminals as Terminals
from config.hub_network import Tls as Tls
from config.hub_network import Turn as Turn
from config.values import Port, Relation, Seconds, Slug, Text
from config.values import Secret as Secret
from config.values import Table as Table

LogFormat = Annotated[str, Meta(pattern=r"^(text|json)\Z", description='"text" or "json"')]
"""How each line of a log is written: key=value and words, or a JSON object."""

AUTO: Final = "auto"
SIMULATED: Final = "simulated"
NONE: Final = "none"
"""What may stand in the place of a device's path or name."""


# -- terminal.toml ----------------------------------------------------------------------------


class Display(Table, frozen=True):
    """[display]"""

    fullscreen: bool = True
    width: Annotated[int, Meta(ge=0, le=7680)] = 0
    height: Annotated[int, Meta(ge=0, le=7680)] = 0
    """Pixels; 0: a full screen's own, whatever it is. A window then has 1280x800."""


class Devices(Table, frozen=True):
    """[devices] Each "auto", "simulated", or a device as `visit-hardware describe` names it.

    That is usb:VENDOR:PRODUCT, with :SERIAL or @PORT where two are alike; at:PORT, whatever is
    plugged in there; a path, /dev/...; or, for sound, a part of an ALSA name.
    """

    camera: str = "auto"
    microphone: str = "auto"
    earpiece: str = "auto"
    sound: Annotated[
        str,
        Meta(pattern=r"^(handset|speakerphone)\Z", description='"handset" or "speakerphone"'),
    ] = "handset"
    """What microphone and earpiece are; how much is done against echo and noise follows."""
    sidetone_db: Annotated[float, Meta(ge=-60, le=-6)] = -20.0
    """How loud one hears oneself in a handset; -60: not at all."""
    keypad: str = "none"
    """"none": only the screen's own keys; "auto"; or an input device."""
    hook: str = "none"
    """"none": no hook switch, the handset counts as up; "auto"; "simulated"; a device; a GPIO line,
    gpio:CHIP/LINE; or a serial port, serial:DEVICE."""
    hook_code: str = "auto"
    """What the switch shows itself by: an evdev code ("KEY_PHONE", "SW_HEADPHONE_INSERT", or its
    number), on a serial line "cts", "dsr", "dcd", "ri" or "text"; "auto": what the device has."""
    hook_inverted: bool = False
    """Whether "on" means that the handset hangs."""
    hook_debounce_ms: Annotated[int, Meta(ge=1, le=1000)] = 50
    """How long the switch must be still before its move counts."""
    hook_fifo: str = ""
    """Simulated hook: a FIFO that "up" and "down" lines are written to."""
    width: Annotated[int, Meta(ge=160, le=1920)] = 640
    height: Annotated[int, Meta(ge=120, le=1080)] = 480
    fps: Annotated[int, Meta(ge=5, le=60)] = 30
    camera_format: Annotated[
        str,
        Meta(
            pattern=r"^(auto|raw|mjpeg|h264)\Z",
            description='"auto", "raw", "mjpeg" or "h264"',
        ),
    ] = "auto"
    """What is asked of the camera; "h264": it encodes, and what it made is sent as it is."""
    camera_exposure: str = "auto"
    """Exposure time in units of 100 us, or "auto"."""
    camera_focus: str = "auto"
    camera_gain: str = "auto"
    """In the camera's own units, or "auto"."""
    mains_hz: Annotated[
        str, Meta(pattern=r"^(auto|off|50|60)\Z", description='"auto", "off", "50" or "60"')
    ] = "auto"
    """The mains' frequency, which lamps flicker with: "50", "60", "off", or "auto"."""
    camera_crop: str = ""
    """The part that is used: "LEFT TOP WIDTH HEIGHT" in percent of the picture; empty: all."""
    camera_masks: Annotated[tuple[str, ...], Meta(max_length=8)] = ()
    """Parts that are blacked out, likewise, of what the crop leaves."""
    encoder: Annotated[
        str,
        Meta(
            pattern=r"^(auto|software|h264_nvenc|h264_qsv|h264_amf|h264_v4l2m2m)\Z",
            description='"auto", "software", "h264_nvenc", "h264_qsv", "h264_amf" or '
            '"h264_v4l2m2m"',
        ),
    ] = "auto"
    """What encodes H.264: "auto", hardware where there is any that works, else software."""
    tone_hz: Annotated[float, Meta(ge=20, le=20000)] = 440.0
    """Simulated microphone: the pitch that it hears."""
    chirp: bool = False
    """A test aid: the simulated microphone hears a chirp at each whole second instead of the pitch,
    and the simulated earpiece says how long after it a chirp was played (`heard_chirp_ms`)."""

    @property
    def all_simulated(self) -> bool:
        """Whether nothing that could be plugged in is used."""
        used = {self.camera, self.microphone, self.earpiece, self.hook, self.keypad}
        return used <= {SIMULATED, NONE}


class Technician(Table, frozen=True):
    """[technician] The screen that proves the devices, behind a PIN."""

    pin: Secret = Secret("")
    """6 to 12 digits; empty: nobody gets in."""
    tries: Annotated[int, Meta(ge=1, le=10)] = 3
    lockout_s: Annotated[float, Meta(ge=60, le=86_400)] = 900
    """At least a minute: with less, six digits are soon tried."""


class Network(Table, frozen=True):
    """[network]"""

    interfaces: tuple[str, ...] = ()
    """Only these interfaces' addresses are offered to families; empty: all."""
    allow_peers: tuple[str, ...] = ()
    """CIDR ranges, normally refused (loopback, private), that a family's address may lie in."""


class TerminalConfig(Table, frozen=True):
    """terminal.toml"""

    terminal: Slug
    hub: Annotated[str, Meta(pattern=r"^wss?://\S+\Z", description="wss://HOST or wss://HOST:PORT")]
    """The hub's URL, without path: wss://visits.example."""
    hub_name: Slug
    """The hub's own name (`name` in hub.toml), which the terminal's proof is bound to."""
    state_dir: Annotated[str, Meta(min_length=1)] = "/var/lib/visitbooth"
    """Holds the terminal's key (mode 0600)."""
    enrolment_code: Secret = Secret("")
    """One-time code from `visit-hub terminal add`; not needed once the key is enrolled."""
    ca: str = ""
    """The authorities that the hub's certificate is checked against, the text of a PEM file."""
    ca_file: str = ""
    """Their file instead; both empty: the system's."""
    machine: str = ""
    """Only for taking one of several files from a stick: the network card of the machine."""
    language: str = "en"
    log_format: LogFormat = "text"
    display: Display = field(default_factory=Display)
    devices: Devices = field(default_factory=Devices)
    technician: Technician = field(default_factory=Technician)
    network: Network = field(default_factory=Network)


# -- hub.toml ---------------------------------------------------------------------------------


class Notice(Table, frozen=True):
    """[notice] What the jail does by other means; shown on both screens."""

    recorded: bool = False
    watched: bool = False


class Inmates(Table, frozen=True):
    """[inmates]"""

    pin_tries: Annotated[int, Meta(ge=1, le=10)] = 3
    lockout_s: Seconds = 900
    terminal_tries: Annotated[int, Meta(ge=1)] = 12
    """Wrong PINs from one terminal within lockout_s, whoever's, before it is locked."""
    facility_tries: Annotated[int, Meta(ge=1)] = 100
    """The same of all terminals of a facility: nobody signs in there while it is locked."""


class Accounts(Table, frozen=True):
    """[accounts]"""

    session_days: Annotated[int, Meta(ge=1, le=90)] = 14
    """How long a log-in holds; opening a facility, with the password, begins it anew."""


class Visits(Table, frozen=True):
    """[visits]"""

    sign_in_early_s: Seconds = 600
    page_early_s: Seconds = 900
    give_back_max_s: Seconds = 600
    pause_max_s: Seconds = 3600
    facility_log_in_s: Seconds = 7200
    link_grace_s: Seconds = 5.0
    """A terminal or page silent this long counts as gone."""
    first_picture_s: Seconds = 3.0


class MailServer(Table, frozen=True):
    """[mail] How mails go out; without a host the hub writes them to its log."""

    host: str = ""
    port: Port = 587
    tls: Annotated[
        str,
        Meta(pattern=r"^(starttls|tls|none)\Z", description='"starttls", "tls" or "none"'),
    ] = "starttls"
    ca_file: str = ""
    """Who signed the server's certificate; empty: one of those the machine trusts."""
    user: str = ""
    password: Secret = Secret("")
    sender: str = "visits@localhost"
    public_url: str = ""
    """Where families open the page; empty: where the hub listens. Mails have links to it."""


class Stopping(Table, frozen=True):
    """[stopping] How the hub goes down when it is told to."""

    spread_s: Annotated[float, Meta(ge=0, le=300)] = 10
    within_s: Annotated[float, Meta(ge=5, le=300)] = 10


class MetricsListener(Table, frozen=True):
    """[metrics] What the hub measures of itself, for Prometheus."""

    listen: str = ""
    """An address of its own, never the public port; empty: nowhere."""
    port: Port = 9464


Age = Annotated[int, Meta(ge=0, le=36_500)]


class Retention(Table, frozen=True):
    """[retention] Days that things are kept once they are over; 0: for ever."""

    visits_days: Age = 1095
    """Ended visits, their logs, and with them what receipts are made of."""
    photos_days: Age = 30
    """Photos of identity cards, after the decision."""
    requests_days: Age = 365
    mails_days: Age = 30
    sessions_days: Age = 30
    """Log-ins that nobody used for so long."""
    accounts_days: Age = 1095
    """Accounts that nobody logged in to for so long."""
    audit_days: Age = 1825


class Visiting(Table, frozen=True):
    """[facility.visiting] What visitors may book by themselves; without hours nothing."""

    hours: tuple[str, ...] = ()
    visit_min: Annotated[int, Meta(ge=5, le=240)] = 30
    gap_min: Annotated[int, Meta(ge=0, le=240)] = 0
    book_ahead_h: Annotated[float, Meta(ge=0, le=720)] = 24
    """The latest: this long before the start. It is also how late a visit can be moved."""
    book_ahead_days: Annotated[int, Meta(ge=1, le=90)] = 14
    """The earliest: this many days before."""
    cancel_before_h: Annotated[float, Meta(ge=0, le=720)] = 24
    inmate_visits_per_week: Annotated[int, Meta(ge=0)] = 0
    visitor_visits_per_week: Annotated[int, Meta(ge=0)] = 0
    visitors_per_visit: Annotated[int, Meta(ge=1, le=8)] = 3
    blackout: tuple[str, ...] = ()


class Unit(Table, frozen=True):
    """[[facility.unit]] A housing unit and its terminals."""

    name: Text
    terminals: Annotated[int, Meta(ge=1, le=1000)] = 1
    hours: tuple[str, ...] = ()
    """Empty: the facility's."""


class Facility(Table, frozen=True):
    """[[facility]]"""

    id: Slug
    name: Text
    time_zone: Text
    clock_24h: bool = False
    facility_log_in_s: Seconds = 0
    """0: as [visits] says."""
    relations: Annotated[tuple[Relation, ...], Meta(min_length=1, max_length=40)] = (
        "mother",
        "father",
        "partner",
        "child",
        "sibling",
        "relative",
        "friend",
        "lawyer",
        "other",
    )
    private_relations: Annotated[tuple[Relation, ...], Meta(max_length=40)] = ("lawyer",)
    photo: Annotated[
        str,
        Meta(
            pattern=r"^(none|optional|required)\Z",
            description='"none", "optional" or "required"',
        ),
    ] = "optional"
    approval_days: Annotated[int, Meta(ge=0, le=3660)] = 0
    """How long an approval holds; 0: until staff end it."""
    rules_version: Annotated[str, Meta(max_length=40)] = ""
    rules: dict[str, str] = field(default_factory=dict)
    """The text that visitors accept, by language."""
    visiting: Visiting = field(default_factory=Visiting)
    unit: tuple[Unit, ...] = ()


class HubConfig(Table, frozen=True):
    """hub.toml"""

    name: Slug
    facility: Annotated[tuple[Facility, ...], Meta(min_length=1)]
    listen: str = "127.0.0.1"
    port: Port = 8080
    state_dir: Annotated[str, Meta(min_length=1)] = "/var/lib/visitbooth-hub"
    """Holds the database, the PIN key and the hub's lock."""
    store: str = ""
    """"sqlite:///path" or "postgresql://user@host/database"; empty: visits.db in state_dir."""
    store_password: Secret = Secret("")
    """Of PostgreSQL's user; empty: none is needed, or PGPASSWORD or ~/.pgpass has it."""
    bus: str = "local"
    bus_password: Secret = Secret("")
    log_format: LogFormat = "text"
    staff_socket: str = ""
    """Unix socket for staff commands; empty: staff.sock in state_dir."""
    staff_group: str = ""
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    """Addresses and CIDR ranges of reverse proxies whose X-Forwarded-* headers count."""
    origins: tuple[str, ...] = ()
    """Origins that the page may come from, beside the hub's own host."""
    ice_policy: Annotated[str, Meta(pattern=r"^(all|relay)\Z", description='"all" or "relay"')] = (
        "all"
    )
    allow_peers: tuple[str, ...] = ()
    """CIDR ranges, normally refused, that a family's candidate may lie in (same-network visits)."""
    turn: Turn = field(default_factory=Turn)
    notice: Notice = field(default_factory=Notice)
    tls: Tls = field(default_factory=Tls)
    terminals: Terminals = field(default_factory=Terminals)
    limits: Limits = field(default_factory=Limits)
    inmates: Inmates = field(default_factory=Inmates)
    accounts: Accounts = field(default_factory=Accounts)
    visits: Visits = field(default_factory=Visits)
    mail: MailServer = field(default_factory=MailServer)
    retention: Retention = field(default_factory=Retention)
    stopping: Stopping = field(default_factory=Stopping)
    metrics: MetricsListener = field(default_factory=MetricsListener)


SCHEMAS: Final[dict[str, type[Table]]] = {"terminal": TerminalConfig, "hub": HubConfig}
"""By the kind of file."""
