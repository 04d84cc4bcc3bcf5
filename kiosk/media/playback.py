"""What the family sends, made visible and audible here, once the gate is open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import av
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from hardware import sound
from hardware.interfaces import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Block, DeviceLost, Earpiece
from kiosk.media.frames import FrameWriter, UnfitFrame, check
from kiosk.media.tracks import Gate

_log = logging.getLogger(__name__)

FULL_VOLUME: Final = 8
CHECK_S: Final = 1.0
SILENCE: Final[Block] = np.zeros(BLOCK_SAMPLES, dtype=np.int16)
MAX_SAMPLES: Final = 5 * BLOCK_SAMPLES
"""One decoded Opus frame is at most 120 ms; what is over 100 ms waits for nobody."""


class Screen:
    """The remote picture: the newest connection that has shown one has the screen."""

    def __init__(self, writer: FrameWriter) -> None:
        self._writer = writer
        self._showing = 0

    def show(self, connection: int, frame: av.VideoFrame) -> None:
        """Show a frame unless a newer connection has the screen. Raises UnfitFrame."""
        check(frame)
        if connection >= self._showing:
            self._showing = connection
            self._writer.write(frame)

    def forget(self, connection: int) -> None:
        """Let an older connection show again."""
        if connection == self._showing:
            self._showing = 0


class Ear:
    """The earpiece with its volume; one connection is heard, as one is seen."""

    def __init__(self, earpiece: Earpiece) -> None:
        self.volume = 5
        self._earpiece = earpiece
        self._hearing = 0
        self._rest: Block = np.zeros(0, dtype=np.int16)
        self._recent: list[Block] = []
        self._quiet = True
        self._lost = asyncio.Event()
        self._reason = ""

    async def broken(self) -> None:
        """Wait until the earpiece is lost; DeviceLost. Silence is played to find out in silence."""
        self._lost.clear()
        while not self._lost.is_set():
            self._quiet = True
            with suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), CHECK_S)
            if self._quiet:
                self._play(SILENCE)
        raise DeviceLost(self._reason)

    def hear(self, connection: int, frame: av.AudioFrame) -> None:
        """Play a decoded frame. Raises UnfitFrame for what no Opus decoder gives."""
        if frame.format.name != "s16" or frame.sample_rate != SAMPLE_RATE_HZ:
            raise UnfitFrame(f"{frame.format.name} at {frame.sample_rate} Hz")
        if connection < self._hearing:
            return
        self._hearing = connection
        channels = len(frame.layout.channels)
        mono = frame.to_ndarray().reshape(-1, channels).mean(axis=1)
        gain = (self.volume / FULL_VOLUME) ** 2
        samples = np.concatenate([self._rest, (mono * gain).astype(np.int16)])[-MAX_SAMPLES:]
        whole = samples.size // BLOCK_SAMPLES * BLOCK_SAMPLES
        for start in range(0, whole, BLOCK_SAMPLES):
            block = samples[start : start + BLOCK_SAMPLES]
            self._recent = [*self._recent[-49:], block]
            self._play(block)
        self._rest = samples[whole:]

    def take_dbfs(self) -> float:
        """Level of what was played since the last call."""
        recent, self._recent = self._recent, []
        return sound.rms_dbfs(np.concatenate(recent)) if recent else sound.SILENCE_DBFS

    def forget(self, connection: int) -> None:
        """Let an older connection be heard again."""
        if connection == self._hearing:
            self._hearing = 0

    def _play(self, block: Block) -> None:
        self._quiet = False
        try:
            self._earpiece.play(block)
        except DeviceLost as error:
            # Whoever waits in `broken` reports and mends it; sound meanwhile is lost.
            self._reason = str(error)
            self._lost.set()


async def drain(
    track: MediaStreamTrack, gate: Gate, use: Callable[[av.AudioFrame | av.VideoFrame], None]
) -> None:
    """Take every frame of a remote track until it ends; those before the gate opens are dropped.

    Always drained: aiortc decodes whether anybody reads or not.
    """
    unfit_until = 0.0
    loop = asyncio.get_running_loop()
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        if not gate.is_open:
            continue
        try:
            # The track's kind decides the frame's type; aiortc declares only their union.
            use(frame)  # type: ignore[arg-type]
        except UnfitFrame as error:
            if loop.time() >= unfit_until:
                unfit_until = loop.time() + 1.0
                _log.warning("frame from the family refused: %s", error)
