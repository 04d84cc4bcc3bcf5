"""A sound card's microphone: 48 kHz mono in blocks of 10 ms."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import numpy as np

from hardware import portaudio
from hardware.handoff import DropOldest, deliver, in_thread
from hardware.interfaces import Block, DeviceLost

MAX_BLOCKS: Final = 10
SILENT_S: Final = 1.0
"""A running card gives a block each 10 ms; none for this long means that it is gone."""


class SoundMicrophone:
    """The input called `name` (ALSA's or PortAudio's name), or the default one."""

    def __init__(self, name: str | None) -> None:
        self._name = name
        self._blocks: DropOldest[Block] = DropOldest(MAX_BLOCKS)
        self._stream: Any = None
        self._dropped_before = 0

    @property
    def dropped(self) -> int:
        """Blocks that nobody took in time."""
        return self._dropped_before + self._blocks.dropped

    async def open(self) -> None:
        """Open; raises DeviceNotFound, DeviceBusy, DeviceRefused."""
        if self._stream is not None:
            return
        loop = asyncio.get_running_loop()
        self._dropped_before += self._blocks.dropped
        blocks: DropOldest[Block] = DropOldest(MAX_BLOCKS)
        self._blocks = blocks

        def captured(data: Any, frames: int, time: Any, status: Any) -> None:
            deliver(loop, blocks.put, np.frombuffer(bytes(data), dtype=np.int16))

        self._stream = await in_thread(
            "open microphone", lambda: portaudio.start(self._name, "input", captured)
        )

    async def block(self) -> Block:
        """Wait for the next 10 ms; DeviceLost. Whoever hears of it closes.

        Not closed here: a driver that has stalled may hang in that, and then nobody would hear.
        """
        if self._stream is None:
            raise DeviceLost("the microphone is not open")
        try:
            return await asyncio.wait_for(self._blocks.get(), SILENT_S)
        except TimeoutError:
            raise DeviceLost(f"no sound for {SILENT_S:.0f} s") from None

    async def close(self) -> None:
        """Close."""
        stream, self._stream = self._stream, None
        self._blocks.fail(DeviceLost("the microphone was closed"))
        if stream is not None:
            await in_thread("close microphone", lambda: stream.close(ignore_errors=True))
