"""How long a screen waits for a person, and the sheets over it. Pure."""

from __future__ import annotations

from math import ceil
from typing import Final

from kiosk.view import ScreenName, Sheet

LIMITS_S: Final = {
    ScreenName.SIGN_IN: 30.0,
    ScreenName.MY_VISITS: 60.0,
    ScreenName.ENDED: 30.0,
    ScreenName.TECHNICIAN_PIN: 30.0,
    ScreenName.TECHNICIAN: 300.0,
}
BEGUN: Final = {ScreenName.IN_VISIT, ScreenName.HELD}
"""The red X asks the same on both: a flapping line does not take the question away."""
STILL_THERE_S: Final = 10.0
"""The last seconds of a limit show "still-there"."""
LINGER_S: Final = 1.0
"""A touch keeps the session at its start, but its release must still find the button."""
SHEET_S: Final = 10.0
"""A question without a press closes by itself."""
SETTLE_S: Final = 0.3
"""A sheet takes no yes before this: the second half of a double press never lands on it."""


class Patience:
    """Idle limit of the screen shown, and the sheet that asks."""

    def __init__(self) -> None:
        self.touched_at = float("-inf")
        self._screen: ScreenName | None = None
        self._since = float("-inf")
        self._linger_until = float("-inf")
        self._asked: str | None = None
        self._asked_at = float("-inf")

    def touch(self, now: float) -> None:
        """A person is there."""
        if self.still_there_s(now) is not None:
            self._linger_until = now + LINGER_S
        self.touched_at = now

    def shows(self, screen: ScreenName, now: float) -> None:
        """Note the screen; a new one starts its limit and takes no question along."""
        if screen is self._screen:
            return
        if {screen, self._screen} != BEGUN:
            self._asked = None
        self._screen, self._since = screen, now
        self._linger_until = float("-inf")

    def ask(self, kind: str, now: float) -> None:
        """Open the sheet `kind`: "confirm-end", "confirm-sign-out", "confirm-restart"."""
        if self._asked != kind:
            self._asked, self._asked_at = kind, now

    def close(self) -> None:
        """Close the sheet."""
        self._asked = None
        self._linger_until = float("-inf")

    def confirmed(self, now: float) -> str | None:
        """Return the sheet that a yes at `now` belongs to, and close it."""
        sheet = self.sheet(now)
        if sheet is None or (self._asked and now - self._asked_at < SETTLE_S):
            return None
        self.close()
        return sheet.kind

    def sheet(self, now: float) -> Sheet | None:
        """Return the sheet that is open at `now`."""
        if self._asked is not None:
            left = SHEET_S - (now - max(self._asked_at, self.touched_at))
            return Sheet(self._asked, max(0, ceil(left))) if left > 0 else None
        seconds = self.still_there_s(now)
        return None if seconds is None else Sheet("still-there", seconds)

    def still_there_s(self, now: float) -> int | None:
        """Return the whole seconds that "still-there" counts down, None when it is not open."""
        left = self.left_s(now)
        if left is None or (left > STILL_THERE_S and now >= self._linger_until):
            return None
        return max(0, ceil(min(left, STILL_THERE_S)))

    def left_s(self, now: float) -> float | None:
        """Return the seconds until the screen's limit, None when it has none."""
        limit = None if self._screen is None else LIMITS_S.get(self._screen)
        return None if limit is None else limit - (now - max(self._since, self.touched_at))

    def tick(self, now: float) -> None:
        """Close a question that nobody answered."""
        if self._asked is not None and self.sheet(now) is None:
            self._asked = None
