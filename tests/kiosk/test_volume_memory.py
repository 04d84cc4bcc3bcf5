"""The volume outlives the kiosk; what cannot be read or written harms nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from kiosk.standing import START_VOLUME
from kiosk.volume_memory import FILE, VolumeMemory


@asynccontextmanager
async def running(memory: VolumeMemory) -> AsyncIterator[None]:
    task = asyncio.create_task(memory.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - a file has no event of its own
            await asyncio.sleep(0.005)


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


async def until_written(folder: Path, text: str) -> None:
    file = folder / FILE
    await until(lambda: file.exists() and file.read_text() == text)


async def test_the_next_start_knows_the_newest(tmp_path: Path) -> None:
    memory = VolumeMemory(tmp_path)
    assert memory.recalled == START_VOLUME
    async with running(memory):
        for level in (6, 7, 8, 7):
            memory.remember(level)
        await until_written(tmp_path, "7\n")
        memory.remember(0)
        await until_written(tmp_path, "0\n")
    assert VolumeMemory(tmp_path).recalled == 0
    assert names(tmp_path) == [FILE]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("written", [b"", b"9\n", b"-1\n", b"7", b"\xff\n", b"5\n5\n", b"7" * 999])
def test_garbage_is_the_start_volume_and_a_line_in_the_log(
    tmp_path: Path, written: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_bytes(written)
    assert VolumeMemory(tmp_path).recalled == START_VOLUME
    (line,) = caplog.messages
    assert line.startswith("volume=not-read")
    assert len(line) < 300


async def test_what_cannot_be_written_is_logged_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "state"
    memory = VolumeMemory(folder)
    async with running(memory):
        memory.remember(3)
        await until(lambda: bool(caplog.messages))
        assert caplog.messages[0].startswith("volume=not-written")
        folder.mkdir()
        memory.remember(4)
        await until_written(folder, "4\n")


def test_what_may_not_be_read_is_the_start_volume(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).mkdir()
    assert VolumeMemory(tmp_path).recalled == START_VOLUME
    assert caplog.messages[0].startswith("volume=not-read")
