"""What a self-test found of one device, and what a technician does about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hardware.interfaces import DeviceAmbiguous, DeviceBusy, DeviceError, DeviceRefused

PREFIXES: Final = {"camera": "CAM", "microphone": "MIC", "earpiece": "EAR", "hook": "HOOK"}
"""The first part of a device's fault codes."""

SILENT: Final = "02"
FROZEN: Final = "03"
REFUSED: Final = "04"
"""The second part, beside those that a DeviceError has: silent or black, frozen, refused."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One device's result. `code` is the fault's ("CAM-02"), empty when it passed."""

    device: str
    """"camera", "microphone", "earpiece", "hook", "keypad"; "loop": from earpiece to microphone."""
    passed: bool
    detail: str
    """What was measured, or what is wrong."""
    code: str = ""
    fix: str = ""
    """What to do when it did not pass; where it is not proved, what would prove it."""
    proved: bool = True
    """False where nothing is known to be wrong and not everything was tried."""
    usable: bool = True
    """False where a visit is not possible so: a terminal closes for that, and not for less."""


def failed(device: str, number: str, detail: str, fix: str, *, usable: bool = False) -> Finding:
    """Return the finding of a device with the fault `number` ("02"); a keypad has no codes."""
    prefix = PREFIXES.get(device)
    code = f"{prefix}-{number}" if prefix else ""
    return Finding(device, False, detail, code, fix, usable=usable)


UNSAID: Final = "it failed and does not say why"


def failed_with(device: str, error: DeviceError, asked: str = "") -> Finding:
    """Return the finding of a device that did not open, or was lost; `asked`: see `fix_of`."""
    return failed(device, error.code, str(error) or UNSAID, fix_of(error, asked))


PLUG_IN: Final = "Plug it in, or try another port and cable"
IN_USE: Final = "Stop the program that uses it, most likely the kiosk"


def without_shell(fix: str) -> str:
    """Return what to do for somebody at a screen without a shell: no commands."""
    for start in (PLUG_IN, IN_USE):
        if fix.startswith(start):
            return f"{start}."
    return fix


def fix_of(error: DeviceError, asked: str = "") -> str:
    """Return what a technician does about a device's error.

    `asked` is terminal.toml's word for it: what no bus lists is not looked for like the rest.
    """
    match error:
        case DeviceAmbiguous():
            return "Write one of them into [devices] of terminal.toml, or unplug the others."
        case _ if asked.startswith("gpio:"):
            return (
                "Look at chip and line of hook in terminal.toml (`gpioinfo` of Debian's package "
                "gpiod lists both, and who has a line), and whether this user may open the chip: "
                "ls -l /dev/gpiochip*."
            )
        case _ if asked.startswith("serial:"):
            return (
                "Look at the port of hook in terminal.toml (ls -l /dev/serial/by-id /dev/ttyS* "
                "lists them), at its cable, that no other program has it, and that this user is in "
                "its group, mostly dialout."
            )
        case DeviceBusy():
            return (
                f"{IN_USE} (systemctl stop visitbooth-kiosk); "
                "to root `visit-hardware list` names it."
            )
        case DeviceRefused():
            return (
                "Check its line in terminal.toml, and that this user is in the groups video, audio "
                "and input. If both are right, plug it in again, or replace it."
            )
    return f"{PLUG_IN}; `visit-hardware list` shows what is there."
