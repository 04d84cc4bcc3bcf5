"""Microphone to track and track to earpiece, each alone and both through one card."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from unittest import mock

from hardware import chirp
from hardware.cards import Pcm
from hardware.earpiece import SoundEarpiece
from hardware.interfaces import BLOCK_SAMPLES, PLAYED_SAMPLES, SAMPLE_RATE_HZ, Block
from hardware.microphone import SoundMicrophone
from hardware.portaudio import PortAudio
from tests.bench.hardware import delays
from tests.bench.hardware.delays import Timed
from tests.bench.media import samples
from tests.bench.report import Benchmark, Row
from tests.hardware.sound_server import EAR, LOOP, MOUTH, Listening, Speaking, sound_server

GOAL_MS: Final = 30.0
"""Of one direction."""
OPEN_GOAL_MS: Final = 1000.0
"""Sound is back within a second of its card."""
OPENINGS: Final = 20
BLOCK_MS: Final = BLOCK_SAMPLES / SAMPLE_RATE_HZ * 1000


async def measure(bench: Benchmark, seconds: float) -> None:
    """Add what sound takes."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sound_server(Path(folder)) as environ,
        mock.patch.dict(os.environ, environ),
    ):
        system = PortAudio()
        await _microphone(bench, system, seconds)
        await _earpiece(bench, system, seconds)
        await _both(bench, system, seconds)
        await _openings(bench, system)


def _named(name: str) -> Callable[[], Pcm]:
    return lambda: Pcm(name, "of the bench")


def _add(bench: Benchmark, what: str, found: list[float], floor_ms: float, goal_ms: float) -> None:
    bench.add(Row(f"{what}, median", "ms", samples.median(found), None, floor_ms, goal_ms))
    bench.add(Row("  p95", "ms", samples.percentile(found, 95), None, None, None))
    bench.curves[what] = found


class Source:
    """Says chirps, and notes when it was asked for each block."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.began = 0.0

    def __call__(self, wanted: int) -> Block:
        """Return the next block."""
        now = time.time()
        self.began = self.began or now
        given = len(self.asked) * PLAYED_SAMPLES
        self.asked.append(now)
        return chirp.said(self.began + given / SAMPLE_RATE_HZ, wanted)


async def _delivered(microphone: SoundMicrophone, seconds: float) -> list[Timed]:
    found: list[Timed] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        block = await microphone.block()
        found.append((time.time(), block))
    return found


async def _microphone(bench: Benchmark, system: PortAudio, seconds: float) -> None:
    microphone = SoundMicrophone(system, _named(MOUTH))
    with Speaking(chirp.said):
        await microphone.open()
        delivered = await _delivered(microphone, seconds)
        await microphone.close()
    _add(bench, "microphone to track", delays.to_track_ms(delivered), BLOCK_MS, GOAL_MS)
    bench.add(Row("  xruns", "", microphone.xruns, None, None, None))


async def _earpiece(bench: Benchmark, system: PortAudio, seconds: float) -> None:
    earpiece, source = SoundEarpiece(system, _named(EAR)), Source()
    with Listening() as listening:
        await earpiece.open(source)
        await asyncio.sleep(seconds)
        await earpiece.close()
    found = delays.to_ear_ms(source.asked, source.began, PLAYED_SAMPLES, listening.blocks)
    _add(bench, "track to earpiece", found, BLOCK_MS, GOAL_MS)
    bench.add(Row("  xruns", "", earpiece.xruns, None, None, None))


async def _both(bench: Benchmark, system: PortAudio, seconds: float) -> None:
    """What no clock of the server's has a part in: asked for here, delivered here."""
    earpiece, microphone = SoundEarpiece(system, _named(EAR)), SoundMicrophone(system, _named(LOOP))
    source = Source()
    await earpiece.open(source)
    await microphone.open()
    delivered = await _delivered(microphone, seconds)
    await microphone.close()
    await earpiece.close()
    # A block is whole when it is delivered, so its first sample is that much older.
    begun = [(at - BLOCK_MS / 1000, block) for at, block in delivered]
    found = [
        BLOCK_MS + each
        for each in delays.to_ear_ms(source.asked, source.began, PLAYED_SAMPLES, begun)
    ]
    _add(bench, "track to earpiece to microphone to track", found, 2 * BLOCK_MS, 2 * GOAL_MS)


async def _openings(bench: Benchmark, system: PortAudio) -> None:
    """From the opening of a card that is there to its first sound."""
    microphone, took = SoundMicrophone(system, _named(MOUTH)), []
    for _ in range(OPENINGS):
        began = time.monotonic()
        await microphone.open()
        await microphone.block()
        took.append((time.monotonic() - began) * 1000)
        await microphone.close()
    _add(bench, "microphone opened to first sound", took, BLOCK_MS, OPEN_GOAL_MS)
    earpiece, took = SoundEarpiece(system, _named(EAR)), []
    for _ in range(OPENINGS):
        source, began = Source(), time.monotonic()
        await earpiece.open(source)
        while not source.asked:  # noqa: ASYNC110 - it is asked in the card's thread
            await asyncio.sleep(0.001)
        took.append((time.monotonic() - began) * 1000)
        await earpiece.close()
    _add(bench, "earpiece opened to first sound", took, 0.0, OPEN_GOAL_MS)
