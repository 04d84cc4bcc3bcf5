"""Small files of the state folder that a restart must not forget: a lockout, past faults.

`volume_memory.py` is older and has its own; what is kept here is bytes that others understand.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from hardware.handoff import in_thread
from signalling.private_file import write_private

log = logging.getLogger(__name__)

T = TypeVar("T")


class StateFiles:
    """One state folder. `keep` never waits; the task `run` writes, the newest of each name only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unwritten: dict[str, bytes] = {}
        self._changed = asyncio.Event()

    def recall(self, name: str, max_bytes: int, decode: Callable[[bytes], T]) -> T | None:
        """Return what was kept under `name`; None when nothing, or nothing that can be used.

        `decode` raises msgspec.DecodeError, or UnicodeDecodeError, for bytes that are something
        else.
        """
        path = self._folder / name
        try:
            with path.open("rb") as file:
                return decode(file.read(max_bytes))
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning('kept=not-read file=%s error="%s"', path, error)
            return None

    def keep(self, name: str, data: bytes) -> None:
        """Keep `data` under `name` from now on."""
        self._unwritten[name] = data
        self._changed.set()

    async def run(self) -> None:
        """Write (mode 0600) until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            while self._unwritten:
                name, data = self._unwritten.popitem()
                try:
                    await in_thread("state", partial(write_private, self._folder / name, data))
                except OSError as error:
                    # It holds while the kiosk runs, and the next change tries again.
                    log.warning('kept=not-written error="%s"', error)
