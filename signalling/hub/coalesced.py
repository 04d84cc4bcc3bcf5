"""Log lines that strangers can cause: one a minute of each kind, then how many there were more."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

EVERY_S: Final = 60.0
MAX_KINDS: Final = 256
"""Kinds remembered; past them everything is forgotten, and may be said anew."""


class Coalesced:
    """Says a kind of warning at once, and again only after a minute, with what was left out."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}

    def warning(self, kind: str, message: str, *args: object) -> None:
        """Log a warning of a kind, or count it."""
        now = self._clock()
        said_at, left_out = self._said.get(kind, (None, 0))
        if said_at is not None and now - said_at < EVERY_S:
            self._said[kind] = (said_at, left_out + 1)
            return
        if len(self._said) >= MAX_KINDS:
            self._said.clear()
        self._said[kind] = (now, 0)
        more = f" (and {left_out} more since the last such line)" if left_out else ""
        self._log.warning(message + more, *args)
