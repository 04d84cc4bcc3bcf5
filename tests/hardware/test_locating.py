"""The device that a word means is looked for at each opening, and opened in a thread."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from hardware.identity import Device, Identity
from hardware.interfaces import DeviceNotFound
from hardware.locating import camera_opener, locating


def camera_at(node: str) -> Device:
    return Device("camera", node, "Webcam", Identity("046d", "0825", port="0/1"))


async def test_it_is_found_anew_each_time(tmp_path: Path) -> None:
    attached: list[Device] = []
    opener = camera_opener("auto", locating("camera", "auto", lambda: attached))
    with pytest.raises(DeviceNotFound, match="no camera is attached"):
        await opener()
    for name in ("video0", "video3"):
        (tmp_path / name).touch()
        attached[:] = [camera_at(str(tmp_path / name))]
        node = await opener()
        assert os.fstat(node.descriptor).st_ino == (tmp_path / name).stat().st_ino
        assert node.name == f"Webcam (usb:046d:0825, {tmp_path / name})"
        node.close()


async def test_what_hangs_hangs_in_a_thread() -> None:
    hangs, found = threading.Event(), threading.Event()

    def locate() -> Device:
        found.set()
        assert hangs.wait(30)
        return camera_at("/dev/no-such-node")

    opening = asyncio.ensure_future(camera_opener("auto", locate)())
    async with asyncio.timeout(5):
        while not found.is_set():  # noqa: ASYNC110 - it is set in a thread
            await asyncio.sleep(0.005)
    assert not opening.done()
    hangs.set()
    with pytest.raises(DeviceNotFound, match="no-such-node"):
        await asyncio.wait_for(opening, 5)
