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
    """Calls `do(key)` for each key in the order they were noted, `at_once` in a turn.

    What may wait does so for `after_s`: then many reasons are one, and others had their turn.
    """

    def __init__(self, do: Callable[[K], None], at_once: int, after_s: float = 0.0) -> None:
        self._do = do
        self._at_once = at_once
        self._after_s = after_s
        self._keys: dict[K, None] = {}

    def note(self, key: K) -> None:
        """Have it done before the loop's turn after next, unless it may wait or much is to do."""
        if not self._keys:
            loop = asyncio.get_running_loop()
            if self._after_s:
                loop.call_later(self._after_s, self._run)
            else:
                loop.call_soon(self._run)
        self._keys[key] = None

    def _run(self) -> None:
        try:
            for key in list(islice(self._keys, self._at_once)):
                del self._keys[key]
                self._do(key)
        finally:  # one that fails is the loop's to report, and the others are told all the same
            if self._keys:
                asyncio.get_running_loop().call_soon(self._run)
