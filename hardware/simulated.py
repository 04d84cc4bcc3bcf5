"""Devices for a machine that has none. They ship, keep real time, and pass the contract tests.

A configuration must name them ("simulated"); nothing falls back to them by itself.
"""

from __future__ import annotations

import asyncio
import errno
import math
import os
import stat
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np

from hardware import sound
from hardware.handoff import DropOldest
from hardware.interfaces import (
    BLOCK_SAMPLES,
    SAMPLE_RATE_HZ,
    Block,
    DeviceLost,
    DeviceRefused,
    VideoMode,
)
from hardware.playout import MAX_BLOCKS, Playout
from hardware.scene import Scene

BLOCK_S: Final = BLOCK_SAMPLES / SAMPLE_RATE_HZ
VIDEO_CLOCK_HZ: Final = 90_000
TONE_AMPLITUDE: Final = 8_000
"""About -12 dBFS at the peaks."""
HEARD_BLOCKS: Final = 25
"""The simulated earpiece measures the last half second."""


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
    """Hears one steady tone."""

    def __init__(self, tone_hz: float = 440.0) -> None:
        self.dropped = 0
        self._tone_hz = tone_hz
        self._open = False
        self._opened_at = 0.0
        self._next = 0

    async def open(self) -> None:
        """Open; the first block is complete 20 ms later."""
        if not self._open:
            self._open = True
            self._opened_at = asyncio.get_running_loop().time()
            self._next = 0

    async def block(self) -> Block:
        """Wait for the next 20 ms; what is over 100 ms old is gone and counted."""
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
        samples = np.arange(BLOCK_SAMPLES) + self._next * BLOCK_SAMPLES
        self._next += 1
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


class SimulatedEarpiece:
    """Swallows sound at the pace of a real one, and can say what it heard."""

    def __init__(self) -> None:
        self._playout = Playout()
        self._heard: deque[Block] = deque(maxlen=HEARD_BLOCKS)
        self._task: asyncio.Task[None] | None = None

    @property
    def dropped(self) -> int:
        """Blocks that came faster than they could be played."""
        return self._playout.dropped

    async def open(self) -> None:
        """Open and start to swallow."""
        if self._task is None:
            self._task = asyncio.create_task(self._listen(), name="simulated earpiece")

    def play(self, block: Block) -> None:
        """Queue 20 ms of sound."""
        if self._task is None:
            raise DeviceLost("the earpiece is not open")
        self._playout.put(block)

    def heard(self) -> Heard:
        """Measure what was played during the last half second, silence included."""
        if not self._heard:
            return Heard(sound.SILENCE_DBFS, None)
        samples = np.concatenate(self._heard)
        return Heard(sound.rms_dbfs(samples), sound.loudest_hz(samples))

    async def close(self) -> None:
        """Close."""
        if self._task is not None:
            task, self._task = self._task, None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._heard.clear()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        due_at = loop.time()
        while True:
            due_at += BLOCK_S
            await asyncio.sleep(max(0.0, due_at - loop.time()))
            self._heard.append(self._playout.take())


class SimulatedHook:
    """A handset that lines "up" and "down", written to a FIFO, lift and hang up.

    It starts up; without a FIFO it stays so. A FIFO that is not there is made (0600).
    """

    def __init__(self, fifo: str = "") -> None:
        self._path = fifo
        self._descriptor: int | None = None
        self._changes: DropOldest[bool] = DropOldest(16)
        self._up = True
        self._rest = b""
        self._open = False

    async def open(self) -> bool:
        """Open; raises DeviceRefused when the path is something else than a FIFO."""
        if self._open:
            return self._up
        self._changes = DropOldest(16)
        if self._path:
            self._descriptor = _open_fifo(Path(self._path))
            asyncio.get_running_loop().add_reader(self._descriptor, self._readable)
        self._open = True
        return self._up

    async def change(self) -> bool:
        """Wait until the handset was lifted or hung up."""
        if not self._open:
            raise DeviceLost("the hook is not open")
        return await self._changes.get()

    async def close(self) -> None:
        """Close."""
        self._open = False
        self._changes.fail(DeviceLost("the hook was closed"))
        if self._descriptor is not None:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def _readable(self) -> None:
        assert self._descriptor is not None
        try:
            chunk = os.read(self._descriptor, 256)
        except BlockingIOError:
            return
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        self._rest = self._rest[-16:]
        for line in lines:
            up = {b"up": True, b"down": False}.get(line.strip())
            if up is not None and up != self._up:
                self._up = up
                self._changes.put(up)


def _open_fifo(path: Path) -> int:
    """Open read-write, so that a writer's leaving is no end of file."""
    try:
        os.mkfifo(path, 0o600)
    except FileExistsError:
        if not stat.S_ISFIFO(path.stat().st_mode):
            raise DeviceRefused(f"{path} is no FIFO") from None
    except OSError as error:
        raise DeviceRefused(f"{path}: {os.strerror(error.errno or errno.EIO)}") from error
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
