"""What is heard of the family: one connection's buffer, played block by block."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

import numpy as np

from hardware import sound
from hardware.interfaces import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Block, Earpiece

FULL_VOLUME: Final = 8
BLOCK_S: Final = BLOCK_SAMPLES / SAMPLE_RATE_HZ


class Source(Protocol):
    """A connection's sound."""

    def pull(self, samples: int) -> Block:
        """Return what is due now."""


class Ear:
    """The earpiece with its volume; the newest connection is heard."""

    def __init__(self, earpiece: Earpiece) -> None:
        self.volume = 5
        self._earpiece = earpiece
        self._sources: dict[int, Source] = {}
        self._recent: list[Block] = []

    async def broken(self) -> None:
        """Play until the earpiece is lost; DeviceLost. Silence is played to find out in silence."""
        loop = asyncio.get_running_loop()
        due_at = loop.time()
        while True:
            due_at += BLOCK_S
            await asyncio.sleep(max(0.0, due_at - loop.time()))
            block = self._block()
            self._recent = [*self._recent[-49:], block]
            self._earpiece.play(block)

    def listen(self, connection: int, source: Source) -> None:
        """Let a connection be heard, unless there is a newer one."""
        self._sources[connection] = source

    def forget(self, connection: int) -> None:
        """Hear a connection no more; an older one may be heard again."""
        self._sources.pop(connection, None)

    def take_dbfs(self) -> float:
        """Level of what was played since the last call."""
        recent, self._recent = self._recent, []
        return sound.rms_dbfs(np.concatenate(recent)) if recent else sound.SILENCE_DBFS

    def _block(self) -> Block:
        if not self._sources:
            return np.zeros(BLOCK_SAMPLES, dtype=np.int16)
        heard = self._sources[max(self._sources)].pull(BLOCK_SAMPLES)
        gain = (self.volume / FULL_VOLUME) ** 2
        return (heard * gain).astype(np.int16)
