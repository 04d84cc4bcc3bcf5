"""What is done once for many reasons, and not all in one turn of the loop.

One change at a jail is told by several events, and 2,000 visits may change in one second. Whoever
is to be told is noted once; the telling is spread over turns, so that an offer never waits long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Later(Generic[K]):
    """Calls `do(key)` for each key in the order they were noted, `at_once` in a turn."""

    def __init__(self, do: Callable[[K], None], at_once: int) -> None:
        self._do = do
        self._at_once = at_once
        self._keys: dict[K, None] = {}

    def note(self, key: K) -> None:
        """Have it done before the loop's turn after next, unless there is much to do."""
        if not self._keys:
            asyncio.get_running_loop().call_soon(self._run)
        self._keys[key] = None

    def _run(self) -> None:
        try:
            for key in list(islice(self._keys, self._at_once)):
                del self._keys[key]
                self._do(key)
        finally:  # one that fails is the loop's to report, and the others are told all the same
            if self._keys:
                asyncio.get_running_loop().call_soon(self._run)
