"""How the machine itself is: temperature, disk, clock, network links, backlight. Reads only.

Sources: Documentation/driver-api/thermal/sysfs-api.rst, Documentation/ABI/testing/sysfs-class-net
and Documentation/ABI/stable/sysfs-class-backlight of the kernel; statvfs(3); adjtimex(2).
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SYS: Final = Path("/sys")
PLAUSIBLE_C: Final = range(-40, 151)
"""A zone whose sensor is not there says -274 or 0xFFFF; such are left out."""
HOT_C: Final = 85.0
"""Where small computers begin to run slower, which is a picture that stutters."""
DISK_LOW_BYTES: Final = 200 << 20
"""Less, and the log, the key or today's visits may soon not be kept."""
TIME_ERROR: Final = 5
"""What adjtimex(2) returns while the clock is not synchronised."""
TIMESYNC: Final = Path("/run/systemd/timesync")
"""Where systemd-timesyncd.service(8) touches `synchronized` when it has set the clock."""
_TIMEX_BYTES: Final = 512
"""struct timex has 208; all zero, it asks and sets nothing."""


@dataclass(frozen=True, slots=True)
class Link:
    """One network card. `speed_mbps` is None where the driver does not say, as for Wi-Fi."""

    name: str
    up: bool
    speed_mbps: int | None


@dataclass(frozen=True, slots=True)
class Health:
    """What was read; None where this machine has no such thing or does not say."""

    temperature_c: float | None
    """The hottest of its sensors."""
    disk_free_bytes: int
    """Where the terminal's state is kept, for us and not for root alone."""
    clock_synchronised: bool | None
    """Whether the kernel's clock follows a time server."""
    links: tuple[Link, ...]
    backlight: float | None
    """The screen's, from 0 (dark) to 1; None where the screen has a switch of its own."""

    def complaints(self) -> tuple[str, ...]:
        """Return what a technician should see to, in words."""
        return tuple(self._complaints())

    def _complaints(self) -> Iterator[str]:
        if self.temperature_c is not None and self.temperature_c >= HOT_C:
            yield f"{self.temperature_c:.0f} C is too hot: clear its vents, look at its fan"
        if self.disk_free_bytes < DISK_LOW_BYTES:
            yield f"only {self.disk_free_bytes >> 20} MB free where its state is kept: make room"
        if self.clock_synchronised is False:
            yield "the clock follows no time server: start systemd-timesyncd, or let NTP through"
        if self.links and not any(link.up for link in self.links):
            yield "no network link is up: look at the cable and the switch"
        if self.backlight == 0:
            yield "the screen's backlight is off"


def read(
    state_dir: Path,
    sys: Path = SYS,
    adjtimex: Callable[[], int] | None = None,
    timesync: Path = TIMESYNC,
) -> Health:
    """Read all; takes a millisecond. Raises nothing: what cannot be read is None or left out."""
    return Health(
        temperature_c=max(_temperatures(sys), default=None),
        disk_free_bytes=_free(state_dir),
        clock_synchronised=_clock(adjtimex or _adjtimex, timesync),
        links=tuple(_links(sys)),
        backlight=next(_backlights(sys), None),
    )


def _temperatures(sys: Path) -> Iterator[float]:
    for zone in sorted((sys / "class/thermal").glob("thermal_zone*")):
        millidegrees = _number(zone / "temp")
        if millidegrees is not None and millidegrees // 1000 in PLAUSIBLE_C:
            yield millidegrees / 1000


def _free(folder: Path) -> int:
    while True:
        try:
            found = os.statvfs(folder)
        except FileNotFoundError:
            folder = folder.parent  # it is made at the first start
        except OSError:
            return 0
        else:
            return found.f_bavail * found.f_frsize


def _clock(adjtimex: Callable[[], int], timesync: Path) -> bool | None:
    """Return what the kernel says; where that may not be asked (ProtectClock=), timesyncd."""
    state = adjtimex()
    if state >= 0:
        return state != TIME_ERROR
    return (timesync / "synchronized").exists() if timesync.is_dir() else None


def _adjtimex() -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))


def _links(sys: Path) -> Iterator[Link]:
    for card in sorted((sys / "class/net").glob("*")):
        if not (card / "device").exists():
            continue  # loopback, bridges, tunnels: nothing that a cable could be pulled from
        state = _text(card / "operstate")
        is_up = state == "up" or (state == "unknown" and _number(card / "carrier") == 1)
        speed = _number(card / "speed")
        yield Link(card.name, is_up, speed if is_up and speed is not None and speed > 0 else None)


def _backlights(sys: Path) -> Iterator[float]:
    for light in sorted((sys / "class/backlight").glob("*")):
        now, most = _number(light / "actual_brightness"), _number(light / "max_brightness")
        if now is None or not most:
            continue
        yield 0.0 if _number(light / "bl_power") else min(1.0, now / most)


def _number(path: Path) -> int | None:
    try:
        return int(_text(path))
    except ValueError:
        return None


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:  # a sensor or card that is off raises in the reading
        return ""
