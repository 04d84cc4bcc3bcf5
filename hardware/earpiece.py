"""A sound card's output, the handset's earpiece: 48 kHz mono, asked for in blocks of 10 ms."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from hardware import portaudio
from hardware.handoff import in_thread
from hardware.interfaces import PLAYED_SAMPLES, DeviceLost, SoundSource

SILENT_S: Final = 1.0
"""A running card asks each 10 ms; not asking for this long means that it is gone."""
LOOK_S: Final = 0.25


class SoundEarpiece:
    """The output called `name` (ALSA's or PortAudio's name), or the default one."""

    def __init__(self, name: str | None) -> None:
        self._name = name
        self._stream: Any = None
        self._asked_at = 0.0
        self._failure = ""

    async def open(self, source: SoundSource) -> None:
        """Open; raises DeviceNotFound, DeviceBusy, DeviceRefused."""
        if self._stream is not None:
            return
        self._failure = ""

        def wanted(data: Any, frames: int, times: Any, status: Any) -> None:
            self._asked_at = time.monotonic()
            try:
                data[:] = source(frames).tobytes()
            except Exception as error:
                self._failure = f"{type(error).__name__}: {error}"
                raise  # PortAudio ends the stream

        self._stream = await in_thread(
            "open earpiece",
            lambda: portaudio.start(self._name, "output", wanted, PLAYED_SAMPLES),
        )
        self._asked_at = time.monotonic()  # opening may have taken longer than SILENT_S

    async def lost(self) -> None:
        """Wait until the card is gone; DeviceLost. Whoever hears of it closes.

        Not closed here: a driver that has stalled may hang in that, and then nobody would hear.
        """
        while self._stream is not None and self._stream.active:
            if time.monotonic() - self._asked_at > SILENT_S:
                raise DeviceLost(f"the card asked for nothing for {SILENT_S:.0f} s")
            await asyncio.sleep(LOOK_S)
        raise DeviceLost(self._failure or "the earpiece is not running")

    async def close(self) -> None:
        """Close."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await in_thread("close earpiece", lambda: stream.close(ignore_errors=True))
