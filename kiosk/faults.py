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
FLAPS: Final = 3
FLAPS_WITHIN_S: Final = 60.0
STEADY_S: Final = 5.0
"""What came thrice within a minute (a loose plug) is mended only once it is well for so long: else
screen, hub and log would follow each of its moves."""


class Faults:
    """Open faults in the order in which they came."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._details: dict[str, str] = {}
        self._by_test: set[str] = set()
        self._stale: set[str] = set()
        self._came: dict[str, list[float]] = {}
        """When each came, monotonic seconds; the last FLAPS within FLAPS_WITHIN_S."""
        self._noted: set[str] = set()
        """Those whose coming has been noted, for as long as they are not well again."""
        self._well_since: dict[str, float | None] = {}
        """Flapping ones that seem mended; None until `settle` has seen it."""

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
        self._well_since.pop(code, None)
        if not judged:
            self._by_test.discard(code)
        if code not in self._since and len(self._since) < MAX_FAULTS:
            self._since[code] = clock
            self._details[code] = detail
            if judged:
                self._by_test.add(code)

    def mended(self, code: str) -> None:
        """Forget a fault, or, where it flaps, when it has been well for STEADY_S."""
        self._stale.discard(code)
        self._noted.discard(code)
        if code in self._since and len(self._came.get(code, ())) >= FLAPS:
            self._well_since.setdefault(code, None)
        else:
            self._forget(code)

    def settle(self, now: float) -> None:
        """Note at monotonic `now` what came, and forget what flapped and is steady."""
        for code in [each for each in self._since if each not in self._noted | {*self._well_since}]:
            self._noted.add(code)
            self._came[code] = [*self._came.get(code, ()), now][-FLAPS:]
        for code, since in list(self._well_since.items()):
            if since is None:
                self._well_since[code] = now
            elif now - since >= STEADY_S:
                self._forget(code)
        for code, times in list(self._came.items()):
            self._came[code] = [each for each in times if now - each < FLAPS_WITHIN_S]
            if not self._came[code]:
                del self._came[code]

    def _forget(self, code: str) -> None:
        self._since.pop(code, None)
        self._details.pop(code, None)
        self._by_test.discard(code)
        self._well_since.pop(code, None)

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
