"""Which of this terminal's parts fail, since when. Pure.

Codes: CAM, MIC, EAR, HOOK, NET, HUB, APP, then 01 missing, 02 silent or black, 03 frozen,
04 refused.
"""

from __future__ import annotations

from typing import Final

MEDIA_PREFIXES: Final = ("CAM", "MIC", "EAR", "APP")
LINK_PREFIXES: Final = ("HUB", "NET")
MAX_FAULTS: Final = 16
"""What the wire's `health` may carry; the hardware has fewer parts."""


class Faults:
    """Open faults in the order in which they came."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._stale: set[str] = set()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes, oldest first."""
        return tuple(self._since)

    @property
    def since(self) -> float | None:
        """When the oldest came, by the hub's clock."""
        return min(self._since.values(), default=None)

    @property
    def need_media(self) -> bool:
        """Whether a media process has to run so that it can see them mended."""
        return any(code.startswith(MEDIA_PREFIXES) for code in self._since)

    def raised(self, code: str, clock: float) -> None:
        """Note a fault; a repeat keeps its first time."""
        self._stale.discard(code)
        if len(self._since) < MAX_FAULTS:
            self._since.setdefault(code, clock)

    def mended(self, code: str) -> None:
        """Forget a fault."""
        self._since.pop(code, None)
        self._stale.discard(code)

    def media_started(self) -> None:
        """What an earlier process saw counts until the new one has looked for itself."""
        self._stale = {code for code in self._since if code.startswith(MEDIA_PREFIXES)}

    def media_opened(self) -> None:
        """The new process has looked: what it did not report is mended."""
        for code in list(self._stale):
            self.mended(code)

    def link_up(self) -> None:
        """The hub knows this terminal."""
        for code in [each for each in self._since if each.startswith(LINK_PREFIXES)]:
            self.mended(code)
