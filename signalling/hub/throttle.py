"""Pure: counts failures per key within a window, and says until when a key is shut.

For what one hub decides: of a facility that it keeps, or of its own connections. What strangers may
try at any hub is counted in `tries.py`.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from signalling.errors import UserError

MAX_KEYS: Final = 20_000
"""Keys remembered; the one that failed longest ago is forgotten first."""


class Throttle:
    """At most `tries` failures per key in `window_s`, then shut until the window is over."""

    def __init__(self, tries: int, window_s: float) -> None:
        self._tries = tries
        self._window_s = window_s
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def shut_until(self, key: str, now: float) -> float | None:
        """Return until when `key` is shut, or None."""
        count, first_at = self._failures.get(key, (0, now))
        until = first_at + self._window_s
        return until if count >= self._tries and now < until else None

    def failed(self, key: str, now: float) -> None:
        """Count a failure."""
        count, first_at = self._failures.pop(key, (0, now))
        if now >= first_at + self._window_s:
            count, first_at = 0, now
        self._failures[key] = (count + 1, first_at)
        if len(self._failures) > MAX_KEYS:
            self._failures.popitem(last=False)


def require_open(throttle: Throttle, key: str, now: float) -> None:
    """Raise UserError `too-many-tries` while a key is shut."""
    until = throttle.shut_until(key, now)
    if until is not None:
        raise UserError("too-many-tries", unlock_at=until)
