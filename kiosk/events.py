"""What can happen to a terminal, for `session.py`. Pure data.

Beside these: the hub's messages (`signalling.messages`), `LinkUp` and `LinkDown`, the media
process's reports (`kiosk.media.commands`) and the intents of `kiosk.view`, each as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.media.commands import Report
from kiosk.technician import MachineHealth
from kiosk.view import Intent
from signalling.link_events import LinkDown, LinkUp
from signalling.messages import Message


@dataclass(frozen=True, slots=True)
class Tick:
    """Time went on."""


@dataclass(frozen=True, slots=True)
class HookMoved:
    """The handset was lifted (`up`) or hung up."""

    up: bool


@dataclass(frozen=True, slots=True)
class HookOpened:
    """The hook switch works, and this is its state: nobody's doing. True without a hook."""

    up: bool


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """The hook fails with `code` and, in words, why; or works again."""

    code: str
    mended: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class KeypadState:
    """The keypad beside the screen fails with `code` ("KEY-01") and why; works when both are "".

    No fault of the terminal: the screen has keys of its own.
    """

    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DevicePlugged:
    """A device of `kind` ("camera", ...) came, or went: what was proved holds no more."""

    kind: str
    here: bool


@dataclass(frozen=True, slots=True)
class HealthRead:
    """How the machine itself is now."""

    health: MachineHealth


@dataclass(frozen=True, slots=True)
class MediaDied:
    """The media process is gone without having been asked to go."""

    reason: str


Event = (
    Tick
    | HookMoved
    | HookOpened
    | DeviceFault
    | KeypadState
    | DevicePlugged
    | HealthRead
    | MediaDied
    | LinkUp
    | LinkDown
    | Message
    | Report
    | Intent
)
