"""Opening off the loop: what goes wrong, and what nobody waits for any more."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from hardware.interfaces import DeviceBusy, DeviceNotFound, DeviceRefused
from hardware.node import device_error, open_node, undisturbed
from tests.hardware.nodes import refused


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize(
    ("number", "expected"),
    [(2, DeviceNotFound), (19, DeviceNotFound), (16, DeviceBusy), (13, DeviceRefused)],
)
def test_errors_in_the_words_of_devices(number: int, expected: type[Exception]) -> None:
    error = device_error("/dev/hidraw0", refused(number))
    assert type(error) is expected
    assert "/dev/hidraw0" in str(error)


async def test_asking_that_fails_leaves_nothing_open(tmp_path: Path) -> None:
    def ask(descriptor: int) -> None:
        raise refused(22)

    (tmp_path / "node").write_text("")
    before = descriptors()
    with pytest.raises(DeviceRefused, match="Invalid argument"):
        await open_node(str(tmp_path / "node"), ask)
    assert descriptors() == before


async def test_the_loop_runs_while_a_device_is_asked_and_a_late_one_is_closed(
    tmp_path: Path,
) -> None:
    going, answered = threading.Event(), threading.Event()

    def ask(descriptor: int) -> None:
        going.set()
        assert answered.wait(5)

    (tmp_path / "node").write_text("")
    before = descriptors()
    opening = asyncio.create_task(open_node(str(tmp_path / "node"), ask))
    async with asyncio.timeout(5):
        while not going.is_set():  # noqa: ASYNC110 - a thread's event
            await asyncio.sleep(0.005)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    answered.set()
    async with asyncio.timeout(5):
        while descriptors() > before:  # noqa: ASYNC110 - closing has no event of its own
            await asyncio.sleep(0.005)


async def test_undoing_is_for_what_was_abandoned_only() -> None:
    undone: list[int] = []
    assert await undisturbed(lambda: 5, undone.append) == 5
    assert not undone
