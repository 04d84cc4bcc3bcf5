"""The earpiece's volume in the state folder, so that a kiosk that starts again has it still.

It is the seated inmate's: with the seat it is forgotten (`session.py`), so that nobody is met by
the silence or the din that somebody else left.
"""

from __future__ import annotations

import asyncio
import logging
import re
from functools import partial
from pathlib import Path
from typing import Final

from hardware.handoff import in_thread
from kiosk.standing import MAX_VOLUME, START_VOLUME
from signalling.private_file import write_private

log = logging.getLogger(__name__)

FILE: Final = "volume"
WRITTEN: Final = re.compile(rb"([0-9])\n")
MAX_BYTES: Final = 16


class VolumeMemory:
    """One state folder's volume. `remember` never waits; the task `run` writes, the newest only."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self.recalled = _read(self._path)
        """The volume, 0 to 8, that was remembered when this was made; 5 if there was none."""
        self._written = self._newest = self.recalled
        self._changed = asyncio.Event()

    def remember(self, level: int) -> None:
        """Remember `level` from now on."""
        if level != self._newest:
            self._newest = level
            self._changed.set()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            level = self._newest
            if level == self._written:
                continue
            write = partial(write_private, self._path, f"{level}\n".encode())
            try:
                await in_thread("volume", write)
            except OSError as error:
                # Only the next start will not know it, and the next press tries again.
                log.warning('volume=not-written error="%s"', error)
            else:
                self._written = level


def _read(path: Path) -> int:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES)
    except FileNotFoundError:
        return START_VOLUME
    except OSError as error:
        log.warning('volume=not-read error="%s"', error)
        return START_VOLUME
    written = WRITTEN.fullmatch(data)
    if written is None or int(written[1]) > MAX_VOLUME:
        log.warning('volume=not-read error="%s holds %r"', path, data)
        return START_VOLUME
    return int(written[1])
