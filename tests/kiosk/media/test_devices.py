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


def codes(told: list[Report]) -> list[tuple[str, bool]]:
    return [(each.code, each.mended) for each in told if isinstance(each, Fault)]


@pytest.mark.parametrize("where", ["open", "run"])
async def test_what_a_driver_raises_unforeseen_is_a_fault_and_logged_once(
    where: str, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Report] = []
    ran = 0

    async def run() -> None:
        nonlocal ran
        ran += 1
        raise KeyError("planes")

    moods = [KeyError("planes")] * 3 if where == "open" else []
    device = Moody(*moods)
    keeping = asyncio.create_task(Keeper("CAM", device, run, told.append).keep())
    async with asyncio.timeout(5):
        while ran < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    assert not keeping.done()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert codes(told)[0] == ("CAM-04", False)
    assert caplog.text.count("Traceback") == 1
    detail = next(each for each in told if isinstance(each, Fault)).detail
    assert detail == "its driver failed: 'planes'"


async def test_a_driver_that_hangs_in_closing_is_left_behind_and_not_opened_beside_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(devices, "CLOSE_TIMEOUT_S", 0.02)
    told: list[Report] = []
    wakes = asyncio.Event()

    class Hanging(Moody):
        async def close(self) -> None:
            await wakes.wait()
            await super().close()

    device = Hanging(DeviceNotFound("none"))
    keeper = Keeper("MIC", device, asyncio.Event().wait, told.append)  # type: ignore[arg-type]
    keeping = asyncio.create_task(keeper.keep())
    async with asyncio.timeout(5):
        while ("MIC-04", False) not in codes(told):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        assert "MIC did not close within" in caplog.text
        wakes.set()
        while not keeper.is_open:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert not device.is_open


async def test_whoever_wants_to_know_is_told_of_a_device_that_does_not_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "CLOSE_TIMEOUT_S", 0.02)
    hung = asyncio.Event()

    class Hanging(Moody):
        async def close(self) -> None:
            await asyncio.Event().wait()

    device = Hanging(DeviceNotFound("none"))
    run = asyncio.Event().wait
    keeper = Keeper("MIC", device, run, [].append, hung.set)  # type: ignore[arg-type]
    keeping = asyncio.create_task(keeper.keep())
    await asyncio.wait_for(hung.wait(), 5)
    hung.clear()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert not hung.is_set(), "a process that ends anyway"


async def test_a_closing_that_fails_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Moody):
        async def close(self) -> None:
            await super().close()
            raise OSError(5, "Input/output error")

    device = Failing(DeviceNotFound("none"))
    keeper = Keeper("EAR", device, asyncio.Event().wait, lambda _: None)  # type: ignore[arg-type]
    keeping = asyncio.create_task(keeper.keep())
    async with asyncio.timeout(5):
        while not keeper.is_open:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert "EAR did not close in peace" in caplog.text


async def test_a_device_that_opens_and_fails_at_once_is_not_tried_without_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "FLAPPING_S", 30.0)
    told: list[Report] = []

    async def run() -> None:
        raise DeviceLost("pulled")

    device = Moody()
    keeping = asyncio.create_task(Keeper("CAM", device, run, told.append).keep())
    async with asyncio.timeout(5):
        while not device.closed:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    await asyncio.sleep(0.1)  # ten times the pause before a device that does not open
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert codes(told) == [("CAM-01", False)]


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
