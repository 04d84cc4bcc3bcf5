"""Proves the devices while nobody is here: when, with what process, for how long. Pure.

A terminal at which nobody sits opens no device, so nothing would tell that one is missing or
silent until an inmate needs it. Therefore a media process is started by itself at the start, every
ten minutes, when a device comes or goes, and while a judgement stands against one every minute and
when somebody comes. It judges its devices (`SelfTest`), and goes again.

```mermaid
stateDiagram-v2
    [*] --> resting
    resting --> opening: due, and nobody is here
    opening --> testing: devices open
    testing --> opening: the process died
    testing --> resting: all has been judged
    opening --> resting: a visit came, or it takes too long
    testing --> resting: a visit came, it takes too long, or the process died again
```
"""

from __future__ import annotations

from collections import deque
from typing import Final

from kiosk.faults import PROGRAM, Faults
from kiosk.media.commands import Finding

EVERY_S: Final = 600.0
"""Between two proofs of a terminal at which nobody sits."""
EVERY_WITH_FAULT_S: Final = 60.0
"""The same while a judgement stands: it heals by the next proof only."""
FOR_SOMEBODY_S: Final = 10.0
"""After the last, while a judgement stands and somebody lifts the handset or touches the screen: a
lamp may have come on with them, and who sits before a bare wall is an edge in the picture."""
AFTER_PLUG_S: Final = 2.0
"""One device comes as several, one after the other."""
MOST: Final = 4
MOST_WITHIN_S: Final = 60.0
"""Proofs that begin by themselves: a loose plug must not have processes started without end."""
MAX_DEATHS: Final = 2
"""A process that dies of the test this often is not asked again before the next proof."""
LIMITS_S: Final = {"opening": 120.0, "testing": 60.0}
"""A process that has to be loaded first, on the slowest machine, has its devices open by then; all
judgements together take a few seconds."""
JUDGED: Final = frozenset({"camera", "microphone", "earpiece"})
"""What every proof must have an answer for."""
LOOP: Final = "loop"
LOOP_S: Final = 1.0
"""The loop's answer comes with the others, where it can be measured at all."""
UNPROVED_FAULT: Final = "APP-03"
"""The media process opened no devices, or gave no judgement: the terminal cannot prove itself."""
PREFIXES: Final = {"camera": "CAM", "microphone": "MIC", "earpiece": "EAR"}


class Proving:
    """When to prove and what was found. `now` is monotonic seconds, `clock` the hub's time."""

    def __init__(self) -> None:
        self.state = "resting"
        self.findings: dict[str, Finding] = {}
        """The newest of each device."""
        self.found_at: dict[str, float] = {}
        """When, by the hub's clock."""
        self._due_at = float("-inf")
        self._since = 0.0
        self._heard: dict[str, Finding] = {}
        self._deaths = 0
        self._begun: deque[float] = deque(maxlen=MOST)
        self._all_at: float | None = None
        """When there was an answer for all that must have one."""

    @property
    def runs(self) -> bool:
        """Whether a proof goes on: a media process is needed for it."""
        return self.state != "resting"

    def plugged(self, now: float) -> None:
        """A device came or went: what was proved holds no more."""
        self._due_at = min(self._due_at, now + AFTER_PLUG_S)

    def ask(self, now: float) -> None:
        """Prove at once; a person wants to know."""
        self._begun.clear()
        self._due_at = min(self._due_at, now)

    def somebody_came(self, faults: Faults, now: float) -> None:
        """Somebody moved the handset or touched the screen: a judgement may hold no more."""
        if faults.judged:
            self._due_at = min(self._due_at, max(now, self._since + FOR_SOMEBODY_S))

    def settle(self, faults: Faults, now: float, clock: float, *, free: bool, here: bool) -> None:
        """Begin, give up or end a proof.

        `free` is whether one may begin, `here` whether no visit needs the media process.
        """
        if not here and self.runs:
            self._rest(now)  # and at once when the visit is over: it was not finished
        elif self._all_at is not None and now - self._all_at >= LOOP_S:
            self._conclude(faults, now, clock)
        elif self.runs and (
            self._deaths >= MAX_DEATHS or now - self._since >= LIMITS_S[self.state]
        ):
            self._give_up(faults, now, clock)
        elif not self.runs and free and here and self._is_due(faults, now):
            self.state, self._since, self._due_at = "opening", now, float("inf")
            self._begun.append(now)
            self._heard.clear()
            self._deaths = 0

    def _is_due(self, faults: Faults, now: float) -> bool:
        if len(self._begun) == MOST and now - self._begun[0] < MOST_WITHIN_S:
            return False
        if now >= self._due_at:
            return True
        # A judgement that a visit's process left is looked at as soon as nobody is here.
        return bool(faults.judged) and now - self._since >= EVERY_WITH_FAULT_S

    def may_test(self, now: float, *, is_open: bool) -> bool:
        """Return whether the process is to judge its devices now; `is_open` whether it can."""
        if self.state == "testing" and not is_open:
            self.state, self._since, self._all_at = "opening", now, None
            self._deaths += 1
        if self.state != "opening" or not is_open:
            return False
        self.state, self._since = "testing", now
        self._heard.clear()
        return True

    def found(self, finding: Finding, faults: Faults, now: float, clock: float) -> None:
        """Take one judgement; with the last of them the faults follow."""
        if self.state != "testing":
            return
        self._heard[finding.device] = finding
        self.findings[finding.device] = finding
        self.found_at[finding.device] = clock
        if self._heard.keys() >= JUDGED:
            self._all_at = now
            if LOOP in self._heard:
                self._conclude(faults, now, clock)

    def _conclude(self, faults: Faults, now: float, clock: float) -> None:
        self._adopt(faults, clock)
        for code in [each for each in faults.judged if each.startswith(PROGRAM)]:
            faults.mended(code)
        self._end(faults, now)

    def _adopt(self, faults: Faults, clock: float) -> None:
        """Together, so that a loop that fails is not mended by an earpiece that seems well."""
        failing = {each.code: each for each in self._heard.values() if not each.passed}
        prefixes = {PREFIXES[each] for each in self._heard if each in PREFIXES}
        for code in faults.judged:
            if code.partition("-")[0] in prefixes and code not in failing:
                faults.mended(code)
        for code, finding in failing.items():
            if code:
                faults.raised(code, clock, finding.detail, judged=True)

    def _give_up(self, faults: Faults, now: float, clock: float) -> None:
        self._adopt(faults, clock)
        faults.raised(UNPROVED_FAULT, clock, f"no judgement: {self.state}", judged=True)
        self._end(faults, now)

    def _end(self, faults: Faults, now: float) -> None:
        every_s = EVERY_WITH_FAULT_S if faults.judged else EVERY_S
        self.state, self._since, self._all_at = "resting", now, None
        self._due_at = min(self._due_at, now + every_s)

    def _rest(self, now: float) -> None:
        self.state, self._since, self._all_at = "resting", now, None
        self._due_at = now
