"""The hub's clock as seen from here. Pure."""

from __future__ import annotations

from typing import Final

STEP_S: Final = 0.5
"""A sample this much behind is a clock that was set back, not a slow message."""


class HubClock:
    """Follows the `now` of the hub's messages; before the first, the machine's own clock."""

    def __init__(self, offset_s: float) -> None:
        self._offset_s = offset_s
        self._heard = False

    def heard(self, hub_now: float, now: float) -> None:
        """Take the hub's time `hub_now` from a message that arrived at `now`, monotonic."""
        sample = hub_now - now
        # A message can only be late, so the greatest offset is the truest.
        if not self._heard or sample > self._offset_s or self._offset_s - sample > STEP_S:
            self._offset_s = sample
            self._heard = True

    def at(self, now: float) -> float:
        """Return the hub's time in seconds since the epoch at monotonic `now`."""
        return now + self._offset_s
