"""A simulated line for sound: packets with chosen arrival times, and a sound card that pulls."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hardware.interfaces import SAMPLE_RATE_HZ, Block
from kiosk.media import opus
from kiosk.media.sound_buffer import SoundBuffer

PULL = 480
PACKETS = (480, 960)
"""Samples in what browsers send: 10 ms as they are asked, or 20 ms all the same."""
SEQUENCE_0 = 65_500
TIMESTAMP_0 = 2**32 - 30 * 960
"""Both wrap around within the first second of every test."""


def hum(seconds: float) -> Block:
    """A voice that never pauses: a pitch of 160 Hz with overtones that move."""
    time_s = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    phase = 2 * np.pi * 160 * time_s + 2 * np.sin(2 * np.pi * 0.7 * time_s)
    wave = sum(np.sin(k * phase) / k for k in range(1, 8))
    loudness = 0.8 + 0.2 * np.sin(2 * np.pi * 3 * time_s)
    block: Block = (6000 * wave * loudness).astype(np.int16)
    return block


@functools.cache
def spoken(samples: int = 960) -> tuple[bytes, ...]:
    """Four seconds of hum as packets, whose FEC is that of the packet before."""
    encoder = opus.Encoder(dtx=False)
    sound = hum(4)
    return tuple(
        encoder.encode(sound[start : start + samples]) for start in range(0, sound.size, samples)
    )


@dataclass(frozen=True, order=True)
class Sent:
    """One packet on the line."""

    arrives_at: float
    number: int
    payload: bytes = field(compare=False)
    samples: int = field(compare=False, default=960)

    @property
    def header(self) -> tuple[int, int]:
        return (
            (SEQUENCE_0 + self.number) % 2**16,
            (TIMESTAMP_0 + self.number * self.samples) % 2**32,
        )


def line(
    seconds: float, transit: Callable[[int, float], float | None], samples: int = 960
) -> list[Sent]:
    """Return what arrives; `transit(number, sent_at)` is in seconds, None loses the packet."""
    packets = spoken(samples)
    sent = []
    for number in range(int(seconds * SAMPLE_RATE_HZ / samples)):
        sent_at = number * samples / SAMPLE_RATE_HZ
        delay = transit(number, sent_at)
        if delay is not None:
            payload = packets[number % len(packets)]
            sent.append(Sent(sent_at + delay, number, payload, samples))
    return sorted(sent)


class Card:
    """Pulls 10 ms at a time from a buffer, and notes what came when."""

    def __init__(self, ppm: float = 0.0, starts_at: float = 0.0) -> None:
        self.now = starts_at
        self.buffer = SoundBuffer(lambda: self.now)
        self.times: list[float] = []
        self.delays: list[float] = []
        """From arrival to playing at each pull, in ms; NaN where nothing that arrived plays."""
        self._blocks: list[Block] = []
        self._step_s = PULL / SAMPLE_RATE_HZ * (1 + ppm / 1e6)
        self._samples = 960
        self._arrivals: dict[int, float] = {}

    def run(self, packets: Iterable[Sent], until: float) -> None:
        """Play until a time, with each packet put in when it arrives."""
        waiting = list(packets)[::-1]
        while self.now < until:
            while waiting and waiting[-1].arrives_at <= self.now:
                packet = waiting.pop()
                self._samples = packet.samples
                self._arrivals.setdefault(packet.number, packet.arrives_at)
                self.buffer.put(*packet.header, packet.payload, packet.arrives_at)
            self.pull()

    def pull(self) -> None:
        block = self.buffer.pull(PULL)
        assert block.shape == (PULL,) and block.dtype == np.int16
        self._blocks.append(block)
        self.times.append(self.now)
        self.delays.append(self._delay())
        self.now += self._step_s

    def _delay(self) -> float:
        if self.buffer.timestamp is None:
            return float("nan")
        played = (self.buffer.timestamp - TIMESTAMP_0 + 2**31) % 2**32 - 2**31
        arrived = self._arrivals.get(played // self._samples)
        if arrived is None:
            return float("nan")
        return 1000 * (self.now - played % self._samples / SAMPLE_RATE_HZ - arrived)

    @property
    def sound(self) -> Block:
        return np.concatenate(self._blocks)

    def delay_ms(self, begin: float, end: float) -> float:
        """The mean delay between two times."""
        values = [d for t, d in zip(self.times, self.delays, strict=True) if begin <= t < end]
        return float(np.nanmean(values))

    def gaps(self, begin: float, end: float) -> int:
        """How often sound sank to a tenth for 10 ms or more between two times."""
        first, last = (int((each - self.times[0]) * SAMPLE_RATE_HZ) for each in (begin, end))
        frames = levels(self.sound[first:last])
        quiet = frames < 0.1 * np.median(frames)
        begins = np.flatnonzero(quiet[1:] & ~quiet[:-1])
        return int(sum(quiet[at + 1 : at + 3].all() for at in begins) + quiet[:2].all())


def levels(sound: Block) -> npt.NDArray[np.float64]:
    """RMS of each 5 ms."""
    frames = sound[: sound.size // 240 * 240].reshape(-1, 240).astype(np.float64)
    return np.asarray(np.sqrt(np.mean(np.square(frames), axis=1)))
