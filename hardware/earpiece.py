"""A sound card's output, the handset's earpiece: 48 kHz mono, asked for in blocks of 10 ms."""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable
from typing import Final

from hardware import mixer
from hardware.cards import Pcm
from hardware.handoff import in_thread
from hardware.interfaces import PLAYED_SAMPLES, DeviceLost, SoundSource
from hardware.node import undisturbed
from hardware.portaudio import PortAudio, Stream

LOOK_S: Final = 0.1
SAMPLE_BYTES: Final = 2


class SoundEarpiece:
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
        self._stream: Stream | None = None
        self._xruns_before = 0

    @property
    def xruns(self) -> int:
        """How often the card ran out of sound to play."""
        return self._xruns_before + (self._stream.xruns if self._stream is not None else 0)

    async def open(self, source: SoundSource) -> None:
        """Open; raises DeviceNotFound, DeviceAmbiguous, DeviceBusy, DeviceRefused."""
        if self._stream is not None:
            return

        def wanted(address: int, samples: int) -> None:
            block = source(samples)
            if block.size != samples:  # more would be written past what PortAudio lends
                raise ValueError(f"{block.size} samples to play, not {samples}")
            ctypes.memmove(address, block.tobytes(), samples * SAMPLE_BYTES)

        def opened() -> Stream:
            pcm = self._locate()
            stream = self._system.open(pcm, "output", PLAYED_SAMPLES, wanted)
            try:
                if pcm.device is not None and pcm.device.card is not None:
                    self._set_up(pcm.device.card, "earpiece")
            except BaseException:  # whatever it is, the stream must not stay
                stream.close()
                raise
            return stream

        self._stream = await undisturbed(opened, Stream.abandon)

    async def lost(self) -> None:
        """Wait until the card is gone; DeviceLost. Whoever hears of it closes.

        Not closed here: a driver that has stalled may hang in that, and then nobody would hear.
        """
        while self._stream is not None:
            why = self._stream.lost()
            if why is not None:
                raise DeviceLost(why)
            await asyncio.sleep(LOOK_S)
        raise DeviceLost("the earpiece is not open")

    async def close(self) -> None:
        """Close."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await in_thread("close earpiece", stream.close)
            self._xruns_before += stream.xruns
