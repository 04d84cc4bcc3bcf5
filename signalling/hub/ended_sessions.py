"""Which log-ins ended a moment ago: one that was read from the store before must begin nothing."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

REMEMBERED_S: Final = 60.0
"""The store answers sooner, or says that it is busy."""
MOST: Final = 10_000


class EndedSessions:
    """Pure: by the hash of a log-in's token."""

    def __init__(self) -> None:
        self._ended_at: OrderedDict[str, float] = OrderedDict()

    def add(self, token_hash: str, now: float) -> None:
        """A log-in ended."""
        self._ended_at[token_hash] = now
        self._ended_at.move_to_end(token_hash)
        while len(self._ended_at) > MOST or self._oldest() < now - REMEMBERED_S:
            self._ended_at.popitem(last=False)

    def __contains__(self, token_hash: str) -> bool:
        return token_hash in self._ended_at

    def _oldest(self) -> float:
        return next(iter(self._ended_at.values()))
