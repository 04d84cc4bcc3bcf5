"""The folder of the sound cards' nodes, which a confined process sees only if it was there before.

Landlock's rules are for folders, not for names: a rule cannot be made for a folder that comes
later, and one for /dev would open all that is in it. systemd makes /dev/snd at boot on every
system that has sound at all. Where it comes later nevertheless, or is made anew, this process ends
and the screen starts another, which may use it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

FOLDER: Final = Path("/dev/snd")
LOOK_S: Final = 1.0


class SoundCame(Exception):
    """There are sound cards that this process may never open."""


async def watch(folder: Path = FOLDER) -> None:
    """Run until cancelled. Begins at once, before the first wait. Raises SoundCame."""
    before = _inode(folder)
    while True:
        await asyncio.sleep(LOOK_S)
        now = _inode(folder)
        if now not in (None, before):
            raise SoundCame(f"{folder} has come since the devices were opened")


def _inode(folder: Path) -> int | None:
    try:
        return folder.stat().st_ino
    except OSError:
        return None
