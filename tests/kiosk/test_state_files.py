"""What is kept is there after a restart; what cannot be read or written harms nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from kiosk.state_files import StateFiles


@asynccontextmanager
async def running(files: StateFiles) -> AsyncIterator[None]:
    task = asyncio.create_task(files.run())
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


def recall(folder: Path, name: str) -> object:
    return StateFiles(folder).recall(name, 100, msgspec.json.decode)


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def test_the_next_start_knows_the_newest_of_each_name(tmp_path: Path) -> None:
    assert recall(tmp_path, "a") is None
    files = StateFiles(tmp_path)
    async with running(files):
        for number in range(5):
            files.keep("a", b"%d" % number)
            files.keep("b", b"[%d]" % number)
        await until(lambda: (recall(tmp_path, "a"), recall(tmp_path, "b")) == (4, [4]))
        files.keep("a", b"7")
        await until(lambda: recall(tmp_path, "a") == 7)
    assert names(tmp_path) == ["a", "b"]
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("written", [b"", b"nonsense", b"[%s]" % (b"1" * 100), b'"\xed\xa0\x80"'])
def test_garbage_is_nothing_and_a_line_in_the_log(
    tmp_path: Path, written: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a").write_bytes(written)
    assert recall(tmp_path, "a") is None
    (line,) = caplog.messages
    assert line.startswith("kept=not-read")


def test_what_may_not_be_read_is_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a").mkdir()
    assert recall(tmp_path, "a") is None
    assert caplog.messages[0].startswith("kept=not-read")


async def test_what_cannot_be_written_is_logged_and_the_next_is_tried(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "state"
    files = StateFiles(folder)
    async with running(files):
        files.keep("a", b"1")
        await until(lambda: bool(caplog.messages))
        assert caplog.messages[0].startswith("kept=not-written")
        folder.mkdir()
        files.keep("a", b"2")
        await until(lambda: recall(folder, "a") == 2)
