"""Watches running devices for what no driver reports: a camera gone black or frozen, a dead line.

Before a visit and in it, for next to nothing: a picture a second is looked at (0.2 ms of 1280x720),
and of each block whether there is anything in it. What is found is reported and mended like any
fault. It never touches a visit: only a device that is lost does, and who holds a hand before the
camera in a visit may. Covered, dark or humming devices are left to the self-test: a watch that
cries wolf is switched off.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import av

from hardware.interfaces import SAMPLE_RATE_HZ, Block
from hardware.judging_picture import fingerprint, is_black
from hardware.scene import rows_of
from kiosk.media.commands import Fault
from kiosk.media.devices import Tell

SAMPLE_S: Final = 1.0
BLACK_SAMPLES: Final = 3
"""Black pictures in a row, a second apart: a hand that passes makes one."""
FROZEN_SAMPLES: Final = 5
"""Pictures in a row that are the one before, bit for bit. A still scene never is (its sensor's
noise); a camera that has stopped to expose for a moment is not so long."""
SILENT_S: Final = 5.0
"""Nothing but zeros for so long. Converters give noise even with the microphone cut off: zeros are
a driver or a switch, not a room."""
ASLEEP_S: Final = 5.0
"""No picture for this long: what comes after it is another beginning."""


class Judgement:
    """One fault of one device: told when it begins and when it is over."""

    def __init__(self, code: str, detail: str, tell: Tell) -> None:
        self._code, self._detail, self._tell = code, detail, tell
        self._is_told = False

    def is_so(self, so: bool) -> None:
        """Take what was judged last."""
        if so == self._is_told:
            return
        self._is_told = so
        if so:
            self._tell(Fault(code=self._code, detail=self._detail))
        else:
            self._tell(Fault(code=self._code, mended=True))


class PictureWatch:
    """Takes every picture of the camera, and looks at one a second."""

    def __init__(self, tell: Tell, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looked_at = float("-inf")
        self._black = self._same = 0
        self._last: int | None = None
        self._is_black = Judgement("CAM-02", f"black for {BLACK_SAMPLES:.0f} s", tell)
        self._is_frozen = Judgement("CAM-03", f"the same picture for {FROZEN_SAMPLES:.0f} s", tell)

    def take(self, item: av.VideoFrame) -> None:
        """Take one picture."""
        now = self._clock()
        if now - self._looked_at < SAMPLE_S:
            return
        if now - self._looked_at > ASLEEP_S:
            self._black = self._same = 0
            self._last = None
        self._looked_at = now
        luma = rows_of(item.planes[0])
        black, seen = is_black(luma), fingerprint(luma)
        self._black = self._black + 1 if black else 0
        # A dead sensor's pictures are the same too, and that they are black says more.
        self._same = self._same + 1 if seen == self._last and not black else 0
        self._last = seen
        if self._black in (0, BLACK_SAMPLES):
            self._is_black.is_so(self._black > 0)
        if self._same in (0, FROZEN_SAMPLES):
            self._is_frozen.is_so(self._same > 0)


class SoundWatch:
    """Takes every block of the microphone, as it came.

    While the handset hangs nothing counts: some switch their microphone off there.
    """

    def __init__(self, tell: Tell, handset_up: Callable[[], bool]) -> None:
        self._handset_up = handset_up
        self._zeros = 0
        """Samples."""
        self._is_silent = Judgement("MIC-02", f"nothing but zeros for {SILENT_S:.0f} s", tell)

    def take(self, item: Block) -> None:
        """Take one block."""
        if item.any():
            self._zeros = 0
            self._is_silent.is_so(False)
        elif self._handset_up():
            self._zeros += item.size
            if self._zeros >= SILENT_S * SAMPLE_RATE_HZ:
                self._is_silent.is_so(True)
        else:
            self._zeros = 0
