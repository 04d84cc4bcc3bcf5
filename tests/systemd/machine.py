"""A folder that looks like an installed machine to systemd's own checkers."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "systemd"
UNITS = sorted(path.name for path in SOURCES.glob("*.service"))
TIMERS = sorted(path.name for path in SOURCES.glob("*.timer"))

SYSTEM_UNITS = Path("/usr/lib/systemd/system")
WHAT_UNITS_CALL = (
    "opt/visitbooth/bin/python",
    "opt/visitbooth/libexec/visitbooth-adopt",
    "opt/visitbooth/libexec/visitbooth-cookie",
    "opt/visitbooth/libexec/visitbooth-callstaff",
    "usr/bin/python3",
    "usr/sbin/nft",
    "usr/lib/xorg/Xorg",
    "usr/bin/timeout",
    "usr/sbin/modprobe",
    "bin/sh",
    "bin/kill",
    "bin/rm",
    "bin/true",
)


def build(root: Path) -> Path:
    """Fill `root` with our units, the system's targets, and the programs that our units start."""
    units = root / "etc/systemd/system"
    units.mkdir(parents=True)
    for name in (*UNITS, *TIMERS):
        shutil.copy(SOURCES / name, units)
    system = root / "usr/lib/systemd/system"
    system.mkdir(parents=True)
    for kind in ("target", "slice", "socket"):
        for path in SYSTEM_UNITS.glob(f"*.{kind}"):
            shutil.copy(path, system)
    for program in WHAT_UNITS_CALL:
        path = root / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/true\n")
        path.chmod(0o755)
    return root


def settings(unit: str, name: str) -> list[str]:
    """Return every value that `unit` gives to `name`, continued lines joined."""
    text = (SOURCES / unit).read_text().replace("\\\n", " ")
    return [" ".join(value.split()) for value in re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)]
