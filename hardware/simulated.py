"""Devices for a machine that has none. They ship, keep real time, and pass the contract tests.

A configuration must name them ("simulated"); nothing falls back to them by itself.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import av
import numpy as np

from hardware import chirp, sound
from hardware.handoff import deliver, in_thread
from hardware.interfaces import (
    BLOCK_SAMPLES,
    PLAYED_SAMPLES,
    SAMPLE_RATE_HZ,
    Block,
    DeviceLost,
    SoundSource,
    VideoMode,
)
from hardware.scene import Scene

_log = logging.getLogger(__name__)

BLOCK_S: Final = BLOCK_SAMPLES / SAMPLE_RATE_HZ
PLAYED_S: Final = PLAYED_SAMPLES / SAMPLE_RATE_HZ
MAX_BLOCKS: Final = 10
"""Blocks that wait at a microphone."""
VIDEO_CLOCK_HZ: Final = 90_000
TONE_AMPLITUDE: Final = 8_000
"""About -12 dBFS at the peaks."""
HEARD_S: Final = 0.5
"""The simulated earpiece measures level and pitch of this much."""
KEPT_S: Final = 1.3
"""And looks for a chirp in this much, so that one of each second's is whole in it."""
CHIRPS_APART_S: Final = 0.5
ASLEEP_S: Final = 0.2
"""A thread that wakes later than this has missed what it should have asked for."""


class SimulatedCamera:
    """Somebody in a room, with a frame number that `hardware.mark` reads back."""

    def __init__(self, width: int = 640, height: int = 480, fps: int = 30) -> None:
        self._mode = VideoMode(width & ~3, height & ~3, fps)
        self._scene: Scene | None = None
        self._opened_at = 0.0
        self._number = -1

    async def open(self) -> VideoMode:
        """Open; frame 0 is due at once."""
        if self._scene is None:
            self._scene = Scene(self._mode.width, self._mode.height)
            self._opened_at = asyncio.get_running_loop().time()
            self._number = -1
        return self._mode

    async def frame(self) -> av.VideoFrame:
        """Wait for the newest frame not yet returned; frames nobody waited for were never drawn."""
        loop = asyncio.get_running_loop()
        due_at = self._opened_at + (self._number + 1) / self._mode.fps
        if due_at > loop.time():
            await asyncio.sleep(due_at - loop.time())
        if self._scene is None:
            raise DeviceLost("the camera is not open")
        elapsed_s = loop.time() - self._opened_at
        # A sleep may end a hair early: the frame that was waited for is the least there is.
        self._number = max(self._number + 1, int(elapsed_s * self._mode.fps))
        picture = self._scene.draw(self._number, self._number / self._mode.fps)
        picture.pts = self._number * VIDEO_CLOCK_HZ // self._mode.fps
        picture.time_base = Fraction(1, VIDEO_CLOCK_HZ)
        return picture

    async def close(self) -> None:
        """Close."""
        self._scene = None


class SimulatedMicrophone:
    """Hears one steady tone, or a chirp at each whole second."""

    def __init__(self, tone_hz: float = 440.0, *, chirp: bool = False) -> None:
        self.dropped = 0
        self.xruns = 0
        self._tone_hz = tone_hz
        self._chirp = chirp
        self._open = False
        self._opened_at = 0.0
        self._opened_wall_s = 0.0
        self._next = 0

    async def open(self) -> None:
        """Open; the first block is complete 10 ms later."""
        if not self._open:
            self._open = True
            self._opened_at = asyncio.get_running_loop().time()
            self._opened_wall_s = time.time()
            self._next = 0

    async def block(self) -> Block:
        """Wait for the next 10 ms; what is over 100 ms old is gone and counted."""
        loop = asyncio.get_running_loop()
        due_at = self._opened_at + (self._next + 1) * BLOCK_S
        if due_at > loop.time():
            await asyncio.sleep(due_at - loop.time())
        if not self._open:
            raise DeviceLost("the microphone is not open")
        complete = int((loop.time() - self._opened_at) / BLOCK_S)
        late = complete - self._next - MAX_BLOCKS
        if late > 0:
            self.dropped += late
            self._next += late
        number, self._next = self._next, self._next + 1
        if self._chirp:
            return chirp.said(self._opened_wall_s + number * BLOCK_S, BLOCK_SAMPLES)
        samples = np.arange(BLOCK_SAMPLES) + number * BLOCK_SAMPLES
        wave = np.sin(2 * math.pi * self._tone_hz / SAMPLE_RATE_HZ * samples)
        block: Block = (TONE_AMPLITUDE * wave).astype(np.int16)
        return block

    async def close(self) -> None:
        """Close."""
        self._open = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What reached the ear during the last half second."""

    dbfs: float
    hz: float | None
    chirp_ms: float | None = None
    """How long after the whole second the last chirp began to play; None when not listened for."""


class SimulatedEarpiece:
    """Swallows sound at the pace of a real one, and can say what it heard."""

    def __init__(self, *, chirp: bool = False) -> None:
        """`chirp`: listen for chirps too (a third of a millisecond of work for each `heard`)."""
        self.xruns = 0
        self._chirp = chirp
        self._chirped_at = 0.0
        """When the chirp that was told last began to play, Unix seconds."""
        self._played: deque[tuple[float, Block]] = deque(maxlen=int(KEPT_S / PLAYED_S))
        """When (Unix seconds) each block began to play, and the block."""
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._over = asyncio.Event()
        self._reason = ""

    async def open(self, source: SoundSource) -> None:
        """Open and start to swallow."""
        if self._thread is not None:
            return
        self._stop = threading.Event()
        self._over = asyncio.Event()
        self._reason = "the earpiece was closed"
        self._thread = threading.Thread(
            target=self._listen,
            args=(source, asyncio.get_running_loop(), self._stop),
            name="simulated earpiece",
            daemon=True,
        )
        self._thread.start()

    async def lost(self) -> None:
        """Wait until it is gone; DeviceLost."""
        if self._thread is None:
            raise DeviceLost("the earpiece is not open")
        await self._over.wait()
        await self.close()
        raise DeviceLost(self._reason)

    def heard(self) -> Heard:
        """Measure what was played during the last half second, silence included."""
        played = list(self._played)
        if not played:
            return Heard(sound.SILENCE_DBFS, None)
        samples = np.concatenate([block for _, block in played])
        lately = samples[-int(HEARD_S * SAMPLE_RATE_HZ) :]
        after_ms = self._new_chirp_ms(samples, played[0][0]) if self._chirp else None
        return Heard(sound.rms_dbfs(lately), sound.loudest_hz(lately), after_ms)

    def _new_chirp_ms(self, samples: Block, wall_s: float) -> float | None:
        """Each chirp is told once, though two readings may both have it whole."""
        at = chirp.heard_at(samples, wall_s)
        if at is None or at - self._chirped_at < CHIRPS_APART_S:
            return None
        self._chirped_at = at
        return chirp.after_ms(at)

    async def close(self) -> None:
        """Close."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stop.set()
            self._over.set()
            await in_thread("close earpiece", thread.join)
            self._played.clear()

    def _listen(
        self, source: SoundSource, loop: asyncio.AbstractEventLoop, stop: threading.Event
    ) -> None:
        due_at = time.monotonic()
        wall_s = time.time() - due_at
        while not stop.wait(max(0.0, due_at - time.monotonic())):
            if time.monotonic() - due_at > ASLEEP_S:
                due_at = time.monotonic()
                self._played.clear()  # times in one recording must go on without a jump
            try:
                block = source(PLAYED_SAMPLES)
            except Exception as error:  # told as a lost device, as a sound card's would be
                _log.exception("the earpiece's source failed")
                self._reason = f"{type(error).__name__}: {error}"
                deliver(loop, self._over.set)
                return
            self._played.append((wall_s + due_at, block))
            due_at += PLAYED_S
