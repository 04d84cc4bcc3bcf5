"""A sound card's output, the handset's earpiece: 48 kHz mono in blocks of 20 ms."""

from __future__ import annotations

from typing import Any

from hardware import portaudio
from hardware.handoff import in_thread
from hardware.interfaces import Block, DeviceLost
from hardware.playout import Playout


class SoundEarpiece:
    """The output called `name` (ALSA's or PortAudio's name), or the default one."""

    def __init__(self, name: str | None) -> None:
        self._name = name
        self._playout = Playout()
        self._stream: Any = None

    @property
    def dropped(self) -> int:
        """Blocks that came faster than they could be played."""
        return self._playout.dropped

    async def open(self) -> None:
        """Open; raises DeviceNotFound, DeviceBusy, DeviceRefused."""
        if self._stream is not None:
            return
        playout = self._playout

        def wanted(data: Any, frames: int, time: Any, status: Any) -> None:
            data[:] = playout.take().tobytes()

        self._stream = await in_thread(
            "open earpiece", lambda: portaudio.start(self._name, "output", wanted)
        )

    def play(self, block: Block) -> None:
        """Queue 20 ms of sound; DeviceLost."""
        if self._stream is None or not self._stream.active:
            raise DeviceLost("the earpiece is not running")
        self._playout.put(block)

    async def close(self) -> None:
        """Close."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await in_thread("close earpiece", lambda: stream.close(ignore_errors=True))
