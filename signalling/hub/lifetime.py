"""Whether this hub takes clients: from when it listens until it is told to stop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Lifetime:
    """Set by the server and by whoever stops it; `/readyz` and new websockets ask it."""

    serving: bool = False
    stopping: bool = False

    def why_not(self) -> str:
        """Return why no new client is wanted, in a sentence; empty when they are."""
        if self.stopping:
            return "The hub is stopping."
        return "" if self.serving else "The hub does not serve yet."
