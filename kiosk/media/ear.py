"""What the earpiece plays: the newest connection at its volume, and the inmate's own voice."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple, Protocol

import numpy as np

from hardware import sound
from hardware.interfaces import PLAYED_SAMPLES, SAMPLE_RATE_HZ, Block, Earpiece
from kiosk.media.limiter import mixed

FULL_VOLUME: Final = 8
FADE: Final = SAMPLE_RATE_HZ * 5 // 1000
"""Sound starts, stops and gives way to another within 5 ms (samples), so that nothing clicks."""
LEVEL_BLOCKS: Final = SAMPLE_RATE_HZ // PLAYED_SAMPLES
"""The level is that of the last second at most."""


class Buffer(Protocol):
    """A connection's sound."""

    def pull(self, samples: int) -> Block:
        """Return what is due now; neither waits nor raises."""


class OwnVoice(Protocol):
    """What the microphone's side gives the ear, and wants of it; neither call waits or raises."""

    def sidetone(self, samples: int) -> Block:
        """Return what is heard of oneself while the next `samples` play."""

    def played(self, block: Block) -> None:
        """Take a block exactly as it is played, to find its echo."""


class _Connection(NamedTuple):
    number: int
    buffer: Buffer


class Ear:
    """`source` belongs to the earpiece's thread, all else to the loop."""

    def __init__(self, voice: OwnVoice) -> None:
        self.volume = 5
        """0 (silent) to 8 (full)."""
        self.test_sound: Buffer | None = None
        """Played beside all else, at its own volume: the self-test's."""
        self._voice = voice
        self._listened: dict[int, Buffer] = {}
        self._newest: _Connection | None = None
        """Set whole by the loop, read whole by the earpiece's thread."""
        self._playing: _Connection | None = None
        self._gain = 0.0
        self._recent: deque[Block] = deque(maxlen=LEVEL_BLOCKS)

    def listen(self, connection: int, buffer: Buffer) -> None:
        """Let a connection be heard, unless there is a newer one."""
        self._listened[connection] = buffer
        self._choose()

    def forget(self, connection: int) -> None:
        """Hear a connection no more; an older one may be heard again."""
        self._listened.pop(connection, None)
        self._choose()

    def take_dbfs(self) -> float:
        """Level of what was played of the family since the last call."""
        recent, self._recent = self._recent, deque(maxlen=LEVEL_BLOCKS)
        return sound.rms_dbfs(np.concatenate([*recent])) if recent else sound.SILENCE_DBFS

    def source(self, samples: int) -> Block:
        """Return the next block to be played: silence when there is nothing else."""
        family = self._louder(self._family(samples))
        self._recent.append(family)
        test = self.test_sound
        if test is not None:
            family = mixed(family, test.pull(samples))
        block = mixed(family, self._voice.sidetone(samples))
        self._voice.played(block)
        return block

    def _choose(self) -> None:
        newest = max(self._listened, default=None)
        self._newest = None if newest is None else _Connection(newest, self._listened[newest])

    def _family(self, samples: int) -> Block:
        """Return the newest connection's sound; another's fades into it."""
        before, self._playing = self._playing, self._newest
        now = self._playing
        after = now.buffer.pull(samples) if now else np.zeros(samples, dtype=np.int16)
        if now == before:
            return after
        fade = min(FADE, samples)
        rise = np.linspace(0.0, 1.0, fade)
        block = after.copy()
        block[:fade] = block[:fade] * rise
        if before is not None:
            block[:fade] += (before.buffer.pull(samples)[:fade] * (1 - rise)).astype(np.int16)
        return block

    def _louder(self, block: Block) -> Block:
        """Apply the volume; a change of it comes about within the block."""
        before, self._gain = self._gain, (self.volume / FULL_VOLUME) ** 2
        if before == self._gain:
            return (block * self._gain).astype(np.int16)
        return (block * np.linspace(before, self._gain, block.size)).astype(np.int16)


class Playing:
    """An earpiece with what it plays, for its keeper: opened and closed like every device."""

    def __init__(self, earpiece: Earpiece, ear: Ear) -> None:
        self._earpiece = earpiece
        self._ear = ear

    async def open(self) -> None:
        """Open; raises DeviceNotFound, DeviceBusy, DeviceRefused."""
        await self._earpiece.open(self._ear.source)

    async def close(self) -> None:
        """Close."""
        await self._earpiece.close()
