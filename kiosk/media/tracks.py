"""What is sent: camera and microphone as tracks that wait at the gate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from fractions import Fraction
from typing import Final, Generic, Protocol, TypeVar

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from hardware.handoff import DropOldest
from hardware.interfaces import SAMPLE_RATE_HZ, Block

T = TypeVar("T")
SOUND_BLOCKS: Final = 5
"""100 ms of sound may wait for the encoder; then the oldest is dropped."""


class Gate:
    """Whether picture and sound may pass. Closed at first; only the screen's command opens it."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self.opened_at = 0.0
        """Loop time of the last opening."""

    @property
    def is_open(self) -> bool:
        """Whether media passes."""
        return self._open.is_set()

    def set(self, is_open: bool) -> None:
        """Open or close; listeners hear of a change at once."""
        if is_open == self.is_open:
            return
        if is_open:
            self.opened_at = asyncio.get_running_loop().time()
            self._open.set()
        else:
            self._open.clear()
        for listener in self._listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each change. Returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)


# One T for the whole file: a contravariant twin would say no more to its readers.
class Taker(Protocol[T]):  # type: ignore[misc]
    """Takes each item of a feed."""

    def take(self, item: T) -> None:
        """Take one item; never waits."""


class Feed(Generic[T]):
    """One device's frames or blocks, handed to each connection's track."""

    def __init__(self) -> None:
        self._takers: list[Taker[T]] = []

    def publish(self, item: T) -> None:
        """Hand an item to every taker."""
        for taker in self._takers:
            taker.take(item)

    def add(self, taker: Taker[T]) -> None:
        """Begin to hand items to a taker."""
        self._takers.append(taker)

    def remove(self, taker: Taker[T]) -> None:
        """Stop that."""
        self._takers.remove(taker)


class CameraTrack(MediaStreamTrack):
    """The camera for one connection. Newest frame wins; nothing taken while the gate is closed."""

    kind = "video"

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self._gate = gate
        self._newest: DropOldest[av.VideoFrame] = DropOldest(1)

    def take(self, item: av.VideoFrame) -> None:
        """Keep the newest frame."""
        if self._gate.is_open:
            self._newest.put(item)

    async def recv(self) -> av.VideoFrame:
        """Wait for the next frame."""
        frame = await self._newest.get()
        while not self._gate.is_open:
            # Taken while open, asked for after it closed: it stays here.
            frame = await self._newest.get()
        return frame

    def stop(self) -> None:
        """End the track and whoever waits for it."""
        super().stop()
        self._newest.fail(MediaStreamError())


class MicrophoneTrack(MediaStreamTrack):
    """The microphone for one connection; 100 ms at most wait."""

    kind = "audio"

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self._gate = gate
        self._blocks: DropOldest[Block] = DropOldest(SOUND_BLOCKS)
        self._samples = 0

    def take(self, item: Block) -> None:
        """Queue 20 ms."""
        if self._gate.is_open:
            self._blocks.put(item)

    async def recv(self) -> av.AudioFrame:
        """Wait for the next 20 ms."""
        block = await self._blocks.get()
        while not self._gate.is_open:
            block = await self._blocks.get()
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.time_base = Fraction(1, SAMPLE_RATE_HZ)
        frame.pts = self._samples
        self._samples += block.size
        return frame

    def stop(self) -> None:
        """End the track and whoever waits for it."""
        super().stop()
        self._blocks.fail(MediaStreamError())
