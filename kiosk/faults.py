"""Which of this terminal's parts fail, since when. Pure.

Codes: CAM, MIC, EAR, HOOK, NET, HUB, APP, then 01 missing, 02 silent or black, 03 frozen,
04 refused.
"""

from __future__ import annotations

from typing import Final

MEDIA_PREFIXES: Final = ("CAM", "MIC", "EAR", "APP")
LINK_PREFIXES: Final = ("HUB", "NET")
JUDGEMENTS: Final = ("-02", "-03")
"""Silent, black, frozen: the device is there, and what it gives was judged."""
PROGRAM: Final = "APP"
"""A process that dies or hangs cannot say that it does not: another has to be tried."""
MAX_FAULTS: Final = 16
"""What the wire's `health` may carry; the hardware has fewer parts."""


class Faults:
    """Open faults in the order in which they came."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._details: dict[str, str] = {}
        self._by_test: set[str] = set()
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
    def open(self) -> tuple[tuple[str, float, str], ...]:
        """Code, since when and in what words, oldest first."""
        return tuple((code, at, self._details[code]) for code, at in self._since.items())

    @property
    def judged(self) -> tuple[str, ...]:
        """Those that only another process's judgement can mend."""
        return tuple(code for code in self._since if self._is_judged(code))

    @property
    def need_media(self) -> bool:
        """Whether a media process has to run until it sees them mended."""
        return any(
            code.startswith(MEDIA_PREFIXES) and not self._is_judged(code) for code in self._since
        )

    def _is_judged(self, code: str) -> bool:
        media = code.startswith(MEDIA_PREFIXES)
        return code in self._by_test or (
            media and (code.endswith(JUDGEMENTS) or code.startswith(PROGRAM))
        )

    def raised(self, code: str, clock: float, detail: str = "", *, judged: bool = False) -> None:
        """Note a fault; a repeat keeps its first time.

        `judged`: a self-test found it. Whoever said so will not say when it is mended.
        """
        self._stale.discard(code)
        if not judged:
            self._by_test.discard(code)
        if code not in self._since and len(self._since) < MAX_FAULTS:
            self._since[code] = clock
            self._details[code] = detail
            if judged:
                self._by_test.add(code)

    def mended(self, code: str) -> None:
        """Forget a fault."""
        self._since.pop(code, None)
        self._details.pop(code, None)
        self._by_test.discard(code)
        self._stale.discard(code)

    def media_started(self) -> None:
        """What an earlier process saw counts until the new one has looked for itself."""
        self._stale = {code for code in self._since if code.startswith(MEDIA_PREFIXES)}

    def media_opened(self, *, proves: bool = False) -> None:
        """The new process has looked: what it did not report is mended.

        `proves`: it is about to judge its devices; until then judgements stand.
        """
        for code in list(self._stale):
            if not (proves and self._is_judged(code)):
                self.mended(code)

    def link_up(self) -> None:
        """The hub knows this terminal."""
        for code in [each for each in self._since if each.startswith(LINK_PREFIXES)]:
            self.mended(code)
