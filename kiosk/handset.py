"""The handset, and whose it is: hung up too long, the PIN is asked again. Pure."""

from __future__ import annotations

from math import ceil
from typing import Final

PIN_AGAIN_AFTER_S: Final = 15.0
SIGN_OUT_AFTER_S: Final = 60.0
"""More, after the PIN came to be asked; only while a visit waits, a begun one is held."""


class Handset:
    """Follows the hook while a visit waits or runs. Down until the hook says otherwise."""

    def __init__(self) -> None:
        self.up = False
        self.locked_at: float | None = None
        self._down_since: float | None = None

    @property
    def locked(self) -> bool:
        """Whether the inmate has to prove again who they are."""
        return self.locked_at is not None

    @property
    def ready(self) -> bool:
        """Whether the handset is up and in the hands of the inmate who signed in."""
        return self.up and not self.locked

    def moved(self, up: bool, now: float) -> None:
        """Take the hook's state."""
        self.up = up
        self._down_since = None if up else now

    def watch(self, now: float, touched_at: float, *, waits: bool) -> None:
        """Lock when it hung for too long; `waits` is whether a visit waits or runs here."""
        if not waits:
            self.locked_at = None
            self._down_since = None
        elif not self.up and not self.locked:
            if self._down_since is None:
                self._down_since = now
            # A touch is a person too: nobody is asked for a PIN under their own fingers.
            if now - max(self._down_since, touched_at) >= PIN_AGAIN_AFTER_S:
                self.locked_at = now

    def sign_out_in_s(self, now: float, touched_at: float) -> int | None:
        """Return whole seconds until the inmate is signed out; 0 when due, None when not asked."""
        if self.locked_at is None:
            return None
        since = max(self.locked_at, touched_at)
        return max(0, ceil(SIGN_OUT_AFTER_S - (now - since)))

    def unlock(self) -> None:
        """The PIN was right."""
        self.locked_at = None
        self._down_since = None
