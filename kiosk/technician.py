"""The technician at this terminal: the way in, what they asked for, what was measured. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from config.schema import AUTO, Devices
from config.schema import Technician as Settings
from kiosk.media.commands import Opened
from kiosk.technician_lock import PinPad, TechnicianLock

HEALTH_EVERY_S: Final = 5.0
PING_EVERY_S: Final = 2.0
SILENCE_DBFS: Final = -100.0
ANSWER_S: Final = 10.0
"""A hub that takes longer has not answered."""


class LinkHealth(Protocol):
    """One network card (`hardware.health.Link`)."""

    @property
    def name(self) -> str: ...

    @property
    def up(self) -> bool: ...

    @property
    def speed_mbps(self) -> int | None: ...


class MachineHealth(Protocol):
    """How the machine itself is (`hardware.health.Health`). None: it does not say."""

    @property
    def temperature_c(self) -> float | None: ...

    @property
    def disk_free_bytes(self) -> int: ...

    @property
    def clock_synchronised(self) -> bool | None: ...

    @property
    def links(self) -> tuple[LinkHealth, ...]: ...

    @property
    def backlight(self) -> float | None: ...

    def complaints(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class ScreenSeen:
    """The screen that SDL has opened, as "1280x800 by x11"; `complaint`: what is wrong with it."""

    measured: str = ""
    complaint: str = ""


@dataclass(frozen=True, slots=True)
class New:
    """A terminal that no hub has ever taken, and the hub that should."""

    terminal: str
    hub: str


class Technician:
    """Nobody, somebody at the PIN, or a technician at work. `now` is monotonic seconds."""

    def __init__(
        self,
        lock: TechnicianLock | None = None,
        versions: tuple[tuple[str, str], ...] = (),
        screen: ScreenSeen | None = None,
        devices: Devices | None = None,
        new: New | None = None,
    ) -> None:
        self.lock = lock or TechnicianLock(Settings())
        self.versions = versions
        """What runs here: name and version."""
        self.screen = screen or ScreenSeen()
        self.new = new
        """Its name and its hub, while no hub has ever taken it."""
        self.devices = devices
        """What terminal.toml says of them; None where nobody says."""
        self.keypad = ("", "")
        """The code of what is wrong with the keypad, and why, in words."""
        self.link_down = ""
        """Why the hub could not be reached last."""
        self.pad: PinPad | None = None
        self.works = False
        """Whether the PIN was right."""
        self.row: str | None = None
        """The device whose test and log are shown."""
        self.report = ""
        """What became of the report: "", "sending", "sent", "not-connected", "no-answer",
        "refused"."""
        self.key = ""
        """The last key of the keypad beside the screen."""
        self.dbfs: int | None = None
        self.opened: Opened | None = None
        self.round_trip_ms: int | None = None
        self.health: MachineHealth | None = None
        self._report_ping: float | None = None
        self._ping: float | None = None
        self._next_ping_at = self._next_health_at = float("-inf")

    def word(self, device: str) -> str:
        """Return terminal.toml's word for a device, "auto" where there is none."""
        return str(getattr(self.devices, device, AUTO))

    @property
    def is_here(self) -> bool:
        """Whether one of the technician's screens is shown."""
        return self.works or self.pad is not None

    def come(self) -> None:
        """Ask for the PIN; nothing where none is configured."""
        if self.lock.has_pin:
            self.pad = PinPad()

    def begin(self) -> None:
        """The PIN was right."""
        self.pad, self.works = None, True
        self._next_ping_at = self._next_health_at = float("-inf")

    def leave(self) -> None:
        """Forget all that was asked for and measured."""
        self.pad, self.works = None, False
        self.row, self.report, self.key = None, "", ""
        self.dbfs = self.round_trip_ms = self._ping = self._report_ping = None

    def heard(self, dbfs: float) -> None:
        """Take a level of the microphone, dBFS; beyond any sense it is brought within it."""
        # In this order NaN, which no comparison is true of, becomes silence.
        self.dbfs = round(min(max(SILENCE_DBFS, dbfs), 0.0)) if self.works else None

    # -- what was asked of the hub --------------------------------------------------------------

    def ping_due(self, now: float) -> bool:
        """Return whether the hub is to be asked how far away it is."""
        if not self.works or now < self._next_ping_at:
            return False
        self._next_ping_at, self._ping = now + PING_EVERY_S, now
        return True

    def health_due(self, now: float) -> bool:
        """Return whether the machine is to be looked at."""
        if not self.works or now < self._next_health_at:
            return False
        self._next_health_at = now + HEALTH_EVERY_S
        return True

    def report_sent(self, now: float) -> None:
        """The report is on its way, and a ping of `now` behind it: the hub answers in order."""
        self.report, self._report_ping = "sending", now

    def answered(self, sent: float, now: float) -> None:
        """The hub has answered the ping of `sent`."""
        if sent == self._ping:
            self._ping = None
            self.round_trip_ms = round((now - sent) * 1000)
        if sent == self._report_ping:
            self.report_ended("sent")

    def report_ended(self, why: str) -> None:
        """The report arrived ("sent"), or why it did not."""
        if self._report_ping is not None:
            self.report, self._report_ping = why, None

    def link_lost(self) -> None:
        """No answer will come."""
        self._ping = self.round_trip_ms = None
        self.report_ended("not-connected")

    def tick(self, now: float) -> None:
        """Wait no longer for a hub that says nothing."""
        if self._report_ping is not None and now - self._report_ping >= ANSWER_S:
            self.report_ended("no-answer")
