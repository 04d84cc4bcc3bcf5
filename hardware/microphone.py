"""A sound card's microphone: 48 kHz mono in blocks of 10 ms."""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable
from typing import Final

import numpy as np

from hardware import mixer
from hardware.cards import Pcm
from hardware.handoff import DropOldest, deliver, in_thread
from hardware.interfaces import BLOCK_SAMPLES, Block, DeviceLost
from hardware.node import undisturbed
from hardware.portaudio import PortAudio, Stream

MAX_BLOCKS: Final = 10
LOOK_S: Final = 0.1
"""After so long without a block it is asked whether the card is gone."""
SAMPLE_BYTES: Final = 2


class SoundMicrophone:
    """Whatever `locate` names when it is opened; it is called in a thread, raises DeviceError."""

    def __init__(
        self,
        system: PortAudio,
        locate: Callable[[], Pcm],
        set_up: Callable[[int, mixer.Kind], None] = mixer.set_up,
    ) -> None:
        self._system = system
        self._locate = locate
        self._set_up = set_up
        self._blocks: DropOldest[Block] = DropOldest(MAX_BLOCKS)
        self._stream: Stream | None = None
        self._dropped_before = 0
        self._xruns_before = 0

    @property
    def dropped(self) -> int:
        """Blocks that nobody took in time."""
        return self._dropped_before + self._blocks.dropped

    @property
    def xruns(self) -> int:
        """How often the card had sound that could not be stored any more."""
        return self._xruns_before + (self._stream.xruns if self._stream is not None else 0)

    async def open(self) -> None:
        """Open; raises DeviceNotFound, DeviceAmbiguous, DeviceBusy, DeviceRefused."""
        if self._stream is not None:
            return
        loop = asyncio.get_running_loop()
        self._dropped_before += self._blocks.dropped
        blocks: DropOldest[Block] = DropOldest(MAX_BLOCKS)
        self._blocks = blocks

        def captured(address: int, samples: int) -> None:
            data = ctypes.string_at(address, samples * SAMPLE_BYTES)
            deliver(loop, blocks.put, np.frombuffer(data, dtype=np.int16))

        def opened() -> Stream:
            pcm = self._locate()
            stream = self._system.open(pcm, "input", BLOCK_SAMPLES, captured)
            try:
                if pcm.device is not None and pcm.device.card is not None:
                    self._set_up(pcm.device.card, "microphone")
            except BaseException:  # whatever it is, the stream must not stay
                stream.close()
                raise
            return stream

        self._stream = await undisturbed(opened, Stream.abandon)

    async def block(self) -> Block:
        """Wait for the next 10 ms; DeviceLost. Whoever hears of it closes.

        Not closed here: a driver that has stalled may hang in that, and then nobody would hear.
        """
        while self._stream is not None:
            try:
                return await asyncio.wait_for(self._blocks.get(), LOOK_S)
            except TimeoutError:
                why = self._stream.lost() if self._stream is not None else None
            if why is not None:
                raise DeviceLost(why)
        raise DeviceLost("the microphone is not open")

    async def close(self) -> None:
        """Close."""
        stream, self._stream = self._stream, None
        self._blocks.fail(DeviceLost("the microphone was closed"))
        if stream is not None:
            await in_thread("close microphone", stream.close)
            self._xruns_before += stream.xruns
