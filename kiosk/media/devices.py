"""Keeping camera, microphone and earpiece open, and saying so when one is not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import av

from hardware import sound
from hardware.interfaces import (
    BLOCK_SAMPLES,
    Block,
    Camera,
    DeviceError,
    DeviceRefused,
    Microphone,
    VideoMode,
)
from kiosk.media.commands import Fault, Level, Report
from kiosk.media.frames import FrameWriter, UnfitFrame
from kiosk.media.tracks import Feed, Gate
from kiosk.media.voice import Voice

_log = logging.getLogger(__name__)

RETRY_S: Final = 0.25
"""A device that comes back is in use again within this and the time it takes to open."""
FLAPPING_S: Final = 1.0
"""A device that opens but fails sooner than this is not tried again before it."""
CLOSE_TIMEOUT_S: Final = 4.0
"""Above the camera's own. A driver that hangs is left behind."""
OPEN_TIMEOUT_S: Final = 12.0
"""Above the camera's own. A driver that hangs is a fault, and nothing else waits for it."""
LEVEL_BLOCKS: Final = 10
"""100 ms: the microphone meter moves ten times a second."""

Tell = Callable[[Report], None]


class Openable(Protocol):
    """What every device can."""

    def open(self) -> Awaitable[object]:
        """Open; raises DeviceError."""

    def close(self) -> Awaitable[None]:
        """Close."""


class Keeper:
    """Opens one device, runs it, reports its faults ("CAM-01"), and tries again and again.

    What its driver or `run` raises unforeseen is a fault too ("-04"), not the process's end.
    """

    def __init__(
        self,
        prefix: str,
        device: Openable,
        run: Callable[[], Awaitable[None]],
        tell: Tell,
        hung: Callable[[], None] | None = None,
    ) -> None:
        """`hung` is told when the device did not close in time: it may hold what others need."""
        self.tried = asyncio.Event()
        """Set once the first opening has ended, well or not."""
        self.opened: object = None
        """What the last successful opening returned."""
        self.is_open = False
        self.failure: DeviceError | None = None
        """Why it is not open, as far as is known."""
        self._prefix = prefix
        self._device = device
        self._run = run
        self._tell = tell
        self._hung = hung
        self._fault: str | None = None
        self._raised = ""
        """What was raised unforeseen, and is logged already."""
        self._opening: asyncio.Future[object] | None = None
        self._closing: asyncio.Future[None] | None = None

    async def keep(self) -> None:
        """Run until cancelled; closes the device then."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                began_at: float | None = None
                try:
                    self.opened = await self._open()
                    began_at = loop.time()
                    self.is_open = True
                    self._mended()
                    self.tried.set()
                    await self._run()
                except DeviceError as error:
                    self._failed(error)
                except Exception as error:  # a driver's own mistake: logged whole, and a fault
                    self._failed(self._unforeseen(error))
                finally:
                    self.is_open = False
                self.tried.set()
                if not await self._close() and self._hung is not None:
                    self._hung()
                ran_s = FLAPPING_S if began_at is None else loop.time() - began_at
                await asyncio.sleep(max(RETRY_S, FLAPPING_S - ran_s))
        finally:
            if self._opening is not None:
                self._opening.cancel()
            await self._close()

    async def _open(self) -> object:
        """Open the device. One that hangs is waited for again, not opened beside itself."""
        if self._closing is not None and not self._closing.done():
            raise DeviceRefused("its driver hangs: plug it in anew, or start the terminal anew")
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._device.open())
        done, _ = await asyncio.wait({self._opening}, timeout=OPEN_TIMEOUT_S)
        if not done:
            raise DeviceRefused(f"did not open within {OPEN_TIMEOUT_S:.0f} s")
        opening, self._opening = self._opening, None
        return opening.result()

    async def _close(self) -> bool:
        """Close the device; False for one whose driver hangs, and is left behind."""
        if self._closing is None or self._closing.done():
            self._closing = asyncio.ensure_future(self._device.close())
        done, _ = await asyncio.wait({self._closing}, timeout=CLOSE_TIMEOUT_S)
        if not done:
            _log.warning("%s did not close within %.0f s", self._prefix, CLOSE_TIMEOUT_S)
            return False
        error = self._closing.exception()
        if error is not None:
            _log.warning("%s did not close in peace: %r", self._prefix, error)
        return True

    def _unforeseen(self, error: Exception) -> DeviceRefused:
        """Log what nobody foresaw, once while it stays the same; return it as a fault."""
        if repr(error) != self._raised:
            self._raised = repr(error)
            _log.error("%s: unforeseen", self._prefix, exc_info=error)
        return DeviceRefused(f"its driver failed: {error}")

    def _failed(self, error: DeviceError) -> None:
        self.failure = error
        code = f"{self._prefix}-{error.code}"
        if code == self._fault:
            return
        self._mended()
        self._fault = code
        _log.warning("%s: %s: %s", code, type(error).__name__, error)
        self._tell(Fault(code=code, detail=str(error)[:300]))

    def _mended(self) -> None:
        if self._fault is not None:
            self._tell(Fault(code=self._fault, mended=True))
            self._fault = None


class CameraRun:
    """Each frame goes to the self-view and, through the feed, to the connections."""

    def __init__(self, camera: Camera, feed: Feed[av.VideoFrame], self_view: FrameWriter) -> None:
        self._camera = camera
        self._feed = feed
        self._self_view = self_view

    async def __call__(self) -> None:
        """Run until the camera is lost."""
        while True:
            frame = await self._camera.frame()
            try:
                self._self_view.write(frame)
            except UnfitFrame as error:
                raise DeviceRefused(f"the camera gives {error}") from error
            self._feed.publish(frame)


class MicrophoneRun:
    """Each block goes to the connections, cleaned, and to `raw` as it came.

    Before the visit its level goes to the screen.

    The level is the microphone's own: a gain that lifts a dead one's noise would answer wrongly.
    """

    def __init__(
        self,
        microphone: Microphone,
        voice: Voice,
        feed: Feed[Block],
        gate: Gate,
        tell: Tell,
        *,
        raw: Feed[Block] | None = None,
    ) -> None:
        self._microphone = microphone
        self._voice = voice
        self._feed = feed
        self._gate = gate
        self._tell = tell
        self._raw: Feed[Block] = raw if raw is not None else Feed()

    async def __call__(self) -> None:
        """Run until the microphone is lost."""
        peaks: list[float] = []
        while True:
            block = await self._microphone.block()
            if block.size != BLOCK_SAMPLES:  # neither canceller nor encoder takes anything else
                raise DeviceRefused(
                    f"the microphone gives blocks of {block.size} samples, not {BLOCK_SAMPLES}"
                )
            self._raw.publish(block)
            self._feed.publish(self._voice.heard(block))
            if self._gate.is_open:  # nobody looks at the meter then
                peaks.clear()
                continue
            peaks.append(sound.peak_dbfs(block))
            if len(peaks) == LEVEL_BLOCKS:
                self._tell(Level(microphone_dbfs=round(max(peaks), 1)))
                peaks.clear()


def mode_of(keeper: Keeper) -> VideoMode:
    """The camera's mode; all zero while it is not open."""
    if keeper.is_open and isinstance(keeper.opened, VideoMode):
        return keeper.opened
    return VideoMode(0, 0, 0)
