"""A switch that bounces: its move counts once it has been still. Pure; time is an argument."""

from __future__ import annotations

from collections import deque
from typing import Final

FLAPS: Final = 4
FLAPPING_S: Final = 2.0
"""So many counted moves in so many seconds are nobody's hand: the contact is broken."""
FLAPPING_HOLD_S: Final = 1.0
"""Then it must be still for so long once, which no visit notices: the last state stands."""


class Debounce:
    """One switch. Times are monotonic seconds.

    `moves` counts every raw move, those too that never counted: many of them in a second mean a
    worn contact, none at all while somebody lifts and hangs up a switch that is stuck.
    """

    def __init__(self, hold_s: float, state: bool) -> None:
        """`hold_s`: for how long it must be still."""
        self.moves = 0
        self.state = state
        self._hold_s = hold_s
        self._raw = state
        self._moved_at = -FLAPPING_HOLD_S
        self._flapping = False
        self._counted_at: deque[float] = deque(maxlen=FLAPS)

    def move(self, raw: bool, now: float) -> None:
        """Take what the switch shows; the same as before is no move."""
        if raw != self._raw:
            self.moves += 1
            if now - self._moved_at >= FLAPPING_HOLD_S:
                self._flapping = False
            self._raw, self._moved_at = raw, now

    def due_at(self) -> float | None:
        """Return when to ask `settle`, if nothing moves until then; None when all is settled."""
        if self._raw == self.state:
            return None
        hold_s = max(self._hold_s, FLAPPING_HOLD_S) if self._flapping else self._hold_s
        return self._moved_at + hold_s

    def settle(self, now: float) -> bool:
        """Return whether `state` changed, because the switch has been still for long enough."""
        due_at = self.due_at()
        if due_at is None or now < due_at:
            return False
        self.state = self._raw
        self._counted_at.append(now)
        is_full = len(self._counted_at) == FLAPS
        self._flapping = is_full and now - self._counted_at[0] < FLAPPING_S
        return True
