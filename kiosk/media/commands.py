"""What the screen process and the media process say to each other. Pure.

Frames on the socket: 4 bytes big-endian length, then JSON of one struct. The media process
parses what strangers send, so the screen decodes its reports as strictly as anything from the net.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from config.schema import Devices, Network
from signalling.wire import Connection, IceServer, Sdp

MAX_COMMAND = 64 * 1024
"""Bytes of one command or report."""


class Command(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="do"):
    """Screen to media."""


class Setup(Command, frozen=True, tag="setup"):
    """The engine's own first words to a spare: what the terminal's file says. Nothing secret."""

    devices: Devices
    network: Network


class OpenDevices(Command, frozen=True, tag="open"):
    """First command of a visit: open camera, microphone, earpiece. Self-view starts at once."""


class Connect(Command, frozen=True, tag="connect"):
    """Make a peer connection and report its `LocalOffer`; an older one lives until `Drop`."""

    connection: Connection
    ice_servers: tuple[IceServer, ...] = ()
    ice_policy: str = "all"


class RemoteAnswer(Command, frozen=True, tag="answer"):
    connection: Connection
    sdp: Sdp


class RemoteCandidate(Command, frozen=True, tag="candidate"):
    connection: Connection
    candidate: Annotated[str, Meta(max_length=512)]
    sdp_mid: str | None = None
    sdp_m_line_index: int | None = None


class Gate(Command, frozen=True, tag="gate"):
    """Let picture and sound pass, both ways, or not. Closed at the start; nothing else opens it."""

    open: bool


class Drop(Command, frozen=True, tag="drop"):
    """Close one peer connection."""

    connection: Connection


class Volume(Command, frozen=True, tag="volume"):
    """Earpiece volume, 0 (silent) to 8 (full)."""

    level: Annotated[int, Meta(ge=0, le=8)]


class Handset(Command, frozen=True, tag="handset"):
    """Whether the handset is up: one hears oneself in it only then."""

    up: bool


class SelfTest(Command, frozen=True, tag="self-test"):
    """Judge camera, microphone and earpiece once more; answered by a `Finding` for each.

    Not answered while the gate is open, or when it opens meanwhile.
    """


class Report(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="is"):
    """Media to screen."""


class Imported(Report, frozen=True, tag="imported"):
    """The spare is loaded and waits; nothing is open yet."""


class Opened(Report, frozen=True, tag="opened"):
    """Devices are open (and the process has given up its privileges)."""

    width: int
    height: int
    fps: int


class Fault(Report, frozen=True, tag="fault"):
    """A device does not work. `code` like "CAM-01"; sent again with `mended` when it does."""

    code: Annotated[str, Meta(pattern=r"\A(CAM|MIC|EAR)-0[1-4]\Z")]
    detail: Annotated[str, Meta(max_length=300)] = ""
    mended: bool = False


class Finding(Report, frozen=True, tag="finding"):
    """What the self-test found of one device; `fix` says what to do when it did not pass.

    A `code` is a fault, for which the terminal closes; without one a visit is possible so.
    """

    device: Annotated[str, Meta(pattern=r"\A(camera|microphone|earpiece|loop)\Z")]
    passed: bool
    detail: Annotated[str, Meta(max_length=300)]
    code: Annotated[str, Meta(pattern=r"\A((CAM|MIC|EAR)-0[1-4])?\Z")] = ""
    fix: Annotated[str, Meta(max_length=300)] = ""
    proved: bool = True
    """False where nothing is known to be wrong and not everything was tried."""


class LocalOffer(Report, frozen=True, tag="offer"):
    connection: Connection
    sdp: Sdp


class LocalCandidate(Report, frozen=True, tag="local-candidate"):
    """One more address of this terminal, found after the offer; "" when there will be no more."""

    connection: Connection
    candidate: Annotated[str, Meta(max_length=512)]


class Connected(Report, frozen=True, tag="connected"):
    """Whether ICE and DTLS stand for this connection."""

    connection: Connection
    up: bool


class Receiving(Report, frozen=True, tag="receiving"):
    """Whether the family's media or, when silent, their STUN answers still arrive; on change."""

    connection: Connection
    flowing: bool


class FirstPicture(Report, frozen=True, tag="first-picture"):
    """The first decoded frame after the gate opened; `after_ms` since then."""

    connection: Connection
    after_ms: float


class Level(Report, frozen=True, tag="level"):
    """Microphone level in dBFS (peak of the last 100 ms), ten a second until begin."""

    microphone_dbfs: float


class Stats(Report, frozen=True, tag="stats"):
    """The call, once a second while a connection stands."""

    connection: Connection
    fps_in: float
    fps_out: float
    width_in: int
    height_in: int
    kbps_in: float
    kbps_out: float
    """All that passes the socket: picture, sound and reports."""
    rtt_ms: float | None
    lost_in: int
    heard_dbfs: float
    heard_hz: float | None = None
    """Loudest pitch at a simulated earpiece; null on real ones."""
    heard_chirp_ms: float | None = None
    """How long after the whole second a simulated earpiece played a chirp; null without one."""
    lost_out: int = 0
    """Packets that the family's side reports as lost, since the connection stands."""
    jitter_ms: float = 0.0
    """Of the family's sound on arrival (RFC 3550, section 6.4.1)."""
    sound_delay_ms: float = 0.0
    """How long sound waits here before it is played."""
    concealed_ms: float = 0.0
    """Sound made up for what did not come in time, in the last second."""
    longest_gap_ms: float = 0.0
    """Longest time between two pictures from the family, in the last second."""
    video_kbps_in: float = 0.0
    video_kbps_out: float = 0.0
    """The picture alone."""
    dropped: int = 0
    """What full queues have dropped since the connection stands, of any kind."""
    xruns: int = 0
    """How often sound was lost because the process came too late, since it began; both ways."""
    target_kbps: float = 0.0
    """The rate that the camera is encoded for."""


AnyCommand = (
    OpenDevices
    | Connect
    | RemoteAnswer
    | RemoteCandidate
    | Gate
    | Drop
    | Volume
    | Handset
    | SelfTest
)
AnyReport = (
    Imported
    | Opened
    | Fault
    | Finding
    | LocalOffer
    | LocalCandidate
    | Connected
    | Receiving
    | FirstPicture
    | Level
    | Stats
)
