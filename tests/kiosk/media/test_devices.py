"""A device that fails is reported once, tried again, and reported mended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest

from hardware.interfaces import (
    BLOCK_SAMPLES,
    Block,
    DeviceBusy,
    DeviceLost,
    DeviceNotFound,
    VideoMode,
)
from kiosk.media import devices
from kiosk.media.commands import Fault, Report
from kiosk.media.devices import Keeper, MicrophoneRun, mode_of
from kiosk.media.tracks import Feed, Gate
from kiosk.media.voice import Voice

MODE = VideoMode(640, 480, 30)


class Moody:
    """A device whose openings go as told; it asserts that it is closed before it is reopened."""

    def __init__(self, *moods: Exception | None) -> None:
        self._moods: Iterator[Exception | None] = iter(moods)
        self.is_open = False
        self.closed = 0

    async def open(self) -> VideoMode:
        assert not self.is_open, "closed first"
        mood = next(self._moods, None)
        if mood is not None:
            raise mood
        self.is_open = True
        return MODE

    async def close(self) -> None:
        self.is_open = False
        self.closed += 1


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "RETRY_S", 0.01)
    monkeypatch.setattr(devices, "FLAPPING_S", 0.01)


async def test_faults_change_and_mend() -> None:
    told: list[Report] = []
    device = Moody(DeviceNotFound("none"), DeviceNotFound("none"), DeviceBusy("taken"))
    running = asyncio.Event()
    pulled = asyncio.Event()

    async def run() -> None:
        running.set()
        await pulled.wait()
        pulled.clear()
        running.clear()
        raise DeviceLost("pulled")

    keeper = Keeper("CAM", device, run, told.append)
    keeping = asyncio.create_task(keeper.keep())
    await keeper.tried.wait()
    assert mode_of(keeper) == VideoMode(0, 0, 0)
    await asyncio.wait_for(running.wait(), 5)
    assert mode_of(keeper) == MODE
    pulled.set()
    async with asyncio.timeout(5):
        while len(told) < 6:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    faults = [(each.code, each.mended) for each in told if isinstance(each, Fault)]
    assert faults == [
        ("CAM-01", False),
        ("CAM-01", True),
        ("CAM-04", False),
        ("CAM-04", True),
        ("CAM-01", False),
        ("CAM-01", True),
    ]
    assert not device.is_open


async def test_cancelled_it_closes_the_device() -> None:
    device = Moody()
    keeper = Keeper("EAR", device, asyncio.Event().wait, lambda _: None)  # type: ignore[arg-type]
    keeping = asyncio.create_task(keeper.keep())
    await keeper.tried.wait()
    assert device.is_open
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert not device.is_open


async def test_a_driver_that_hangs_is_a_fault_and_is_not_opened_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "OPEN_TIMEOUT_S", 0.02)
    told: list[Report] = []
    wakes = asyncio.Event()
    opened = 0

    class Hanging(Moody):
        async def open(self) -> VideoMode:
            nonlocal opened
            opened += 1
            await wakes.wait()
            return await super().open()

    device = Hanging()
    keeper = Keeper("MIC", device, asyncio.Event().wait, told.append)  # type: ignore[arg-type]
    keeping = asyncio.create_task(keeper.keep())
    async with asyncio.timeout(5):
        await keeper.tried.wait()
        while device.closed < 3:  # noqa: ASYNC110 - it is tried again and again
            await asyncio.sleep(0.001)
        wakes.set()
        while not keeper.is_open:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    faults = [(each.code, each.mended) for each in told if isinstance(each, Fault)]
    assert faults == [("MIC-04", False), ("MIC-04", True)]
    assert opened == 1


class Stuttering:
    """A microphone whose driver gives half a block."""

    dropped = 0
    xruns = 0

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def block(self) -> Block:
        return np.zeros(BLOCK_SAMPLES // 2, dtype=np.int16)


async def test_a_microphone_that_gives_other_blocks_is_a_fault_and_not_the_processs_end() -> None:
    told: list[Report] = []
    device = Stuttering()
    run = MicrophoneRun(device, Voice("handset"), Feed(), Gate(), told.append)
    keeping = asyncio.create_task(Keeper("MIC", device, run, told.append).keep())
    async with asyncio.timeout(5):
        while not told:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    assert not keeping.done()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert isinstance(told[0], Fault) and "blocks of 240 samples" in told[0].detail
