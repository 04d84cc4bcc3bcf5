"""The self-test of devices that are running: judged by what they give anyway, and never in a visit.

The thresholds are those of `visit-hardware test` (`hardware/judging_*.py`). Nothing is opened a
second time: pictures and sound are tapped on their way to the connections, the microphone's before
it is cleaned, and the sweep is mixed into what the ear plays.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import av

from hardware import judging_picture, judging_sound
from hardware.collecting import Recording, look_at, loop_of
from hardware.finding import Finding, failed_with, without_shell
from hardware.interfaces import Block, DeviceRefused, VideoMode
from hardware.judging_picture import Look
from hardware.sweep_player import SweepPlayer
from kiosk.media import commands
from kiosk.media.devices import Keeper, Tell
from kiosk.media.ear import Ear
from kiosk.media.tracks import Feed, Gate

_log = logging.getLogger(__name__)

QUIET_S: Final = 1.0
"""The microphone is judged by the second before the sweep; the camera by all of the time."""
LOOP_S: Final = 1.0
"""The sweep, and as long again for it to arrive. Both together: an answer within 3 seconds."""
MAX_TEXT: Final = 300
"""Characters of a text in a report."""


class _Looks:
    """Measures each picture as it passes."""

    def __init__(self) -> None:
        self.looks: list[Look] = []

    def take(self, item: av.VideoFrame) -> None:
        """Take one picture."""
        self.looks.append(look_at(item))


class _Taps:
    """What is collected while the test runs."""

    def __init__(self) -> None:
        self.pictures = _Looks()
        self.recording = Recording()
        self.quiet: Block = self.recording.samples
        self.player = SweepPlayer()


class Proof:
    """Judges one process's devices when it is told to; use it on the loop."""

    def __init__(
        self,
        *,
        camera: Keeper,
        microphone: Keeper,
        earpiece: Keeper,
        pictures: Feed[av.VideoFrame],
        raw: Feed[Block],
        ear: Ear,
        handset_up: Callable[[], bool],
        gate: Gate,
        asked: VideoMode,
        tell: Tell,
    ) -> None:
        self._camera, self._microphone, self._earpiece = camera, microphone, earpiece
        self._pictures, self._raw, self._ear = pictures, raw, ear
        self._handset_up = handset_up
        self._gate = gate
        self._asked = asked
        self._tell = tell
        self._running = False

    async def judge(self) -> None:
        """Tell a `Finding` for each device within 3 seconds.

        Nothing is told while the gate is open, or when it opens meanwhile: a visit is not tested.
        What is asked for while a test runs is answered by that test.
        """
        if self._running:
            return
        if self._gate.is_open:
            _log.warning("no self-test: a visit is running")
            return
        self._running = True
        try:
            taps = await self._collect()
        finally:
            self._running = False
        if taps is None:
            _log.warning("the self-test was given up: a visit began")
            return
        for finding in self._findings(taps):
            self._tell(_report(finding))

    async def _collect(self) -> _Taps | None:
        """Tap the devices for as long as the test takes; None when the gate opened."""
        taps, opened = _Taps(), asyncio.Event()
        with self._tapped(taps, opened.set):
            if await _came(opened, QUIET_S):
                return None
            taps.quiet = taps.recording.samples
            taps.player.start()
            if await _came(opened, LOOP_S):
                return None
        return taps

    @contextmanager
    def _tapped(self, taps: _Taps, opened: Callable[[], None]) -> Iterator[None]:
        unlisten = self._gate.listen(opened)
        self._pictures.add(taps.pictures)
        self._raw.add(taps.recording)
        self._ear.test_sound = taps.player
        try:
            yield
        finally:
            self._ear.test_sound = None
            self._raw.remove(taps.recording)
            self._pictures.remove(taps.pictures)
            unlisten()

    def _findings(self, taps: _Taps) -> list[Finding]:
        looks, played = taps.pictures.looks, taps.player.played
        found = [
            _away("camera", self._camera) or judging_picture.judge(looks, self._asked),
            _away("microphone", self._microphone) or self._of_microphone(taps.quiet),
            _away("earpiece", self._earpiece) or judging_sound.judge_earpiece(played),
        ]
        if self._microphone.is_open and self._earpiece.is_open:
            found.append(loop_of(taps.recording, taps.player))
        return found

    def _of_microphone(self, quiet: Block) -> Finding:
        found = judging_sound.judge_microphone(quiet)
        if found.usable or self._handset_up():
            return found
        # Some handsets switch their microphone off while they hang: no terminal closes for that.
        hangs = f"{found.detail}, while the handset hangs"
        return Finding("microphone", True, hangs, fix="Lift the handset, and test again.")


async def _came(event: asyncio.Event, within_s: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), within_s)
    except TimeoutError:
        return False
    return True


def _away(device: str, keeper: Keeper) -> Finding | None:
    """Return the finding of a device that is not open."""
    if keeper.is_open:
        return None
    return failed_with(device, keeper.failure or DeviceRefused("it is still being opened"))


def _report(finding: Finding) -> commands.Finding:
    return commands.Finding(
        device=finding.device,
        passed=finding.passed,
        detail=finding.detail[:MAX_TEXT],
        code="" if finding.usable else finding.code,
        fix=without_shell(finding.fix)[:MAX_TEXT],
        proved=finding.proved,
    )
