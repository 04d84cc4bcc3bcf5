"""A camera whose driver hangs: nobody waits for it, and little is left behind."""

from __future__ import annotations

import asyncio
import threading

import pytest

from hardware import camera as module
from hardware.camera import V4l2Camera
from hardware.interfaces import DeviceRefused
from hardware.modes import Wanted
from tests.hardware.fake_camera import FakeCamera


def made(fake: FakeCamera) -> V4l2Camera:
    return V4l2Camera(fake.open, Wanted(320, 240, 30), mapper=fake.map)


async def test_a_hung_driver_blocks_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "OPEN_TIMEOUT_S", 0.1)
    monkeypatch.setattr(module, "JOIN_S", 0.05)
    fake = FakeCamera()
    fake.hangs = threading.Event()
    with pytest.raises(DeviceRefused, match="did not open within"):
        await asyncio.wait_for(made(fake).open(), 5)
    assert "hangs in its driver and was left behind" in caplog.text
    left = [each for each in threading.enumerate() if each.name == "camera /dev/video0"]
    fake.hangs.set()
    for each in left:
        each.join(10)
        assert not each.is_alive(), "once the driver lets go, its thread ends"


async def test_a_driver_that_hangs_for_good_costs_few_threads_and_descriptors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "OPEN_TIMEOUT_S", 0.05)
    monkeypatch.setattr(module, "JOIN_S", 0.02)
    fake = FakeCamera()
    fake.hangs = threading.Event()
    camera = made(fake)
    before = threading.active_count()
    refused = []
    for _ in range(10):
        with pytest.raises(DeviceRefused) as raised:
            await asyncio.wait_for(camera.open(), 5)
        refused.append(str(raised.value))
        await camera.close()
    left = threading.active_count() - before
    fake.hangs.set()
    assert left == module.MAX_LEFT
    assert ["its driver hangs" in each for each in refused] == [False] * 3 + [True] * 7
    fake.hangs = None
    async with asyncio.timeout(5):
        while threading.active_count() > before:  # noqa: ASYNC110 - they end in their own time
            await asyncio.sleep(0.005)
    monkeypatch.setattr(module, "OPEN_TIMEOUT_S", 5.0)
    await camera.open()
    await camera.close()
