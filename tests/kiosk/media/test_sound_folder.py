"""A folder of sound cards that comes after the process was confined ends the process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.media import sound_folder
from kiosk.media.sound_folder import SoundCame


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sound_folder, "LOOK_S", 0.01)
    yield


async def watched(folder: Path) -> asyncio.Task[None]:
    watching = asyncio.create_task(sound_folder.watch(folder))
    await asyncio.sleep(0)  # it has looked
    return watching


async def test_sound_that_comes_later_is_told(tmp_path: Path) -> None:
    watching = await watched(tmp_path / "snd")
    (tmp_path / "snd").mkdir()
    with pytest.raises(SoundCame, match="snd has come"):
        await asyncio.wait_for(watching, 5)


async def test_a_folder_made_anew_is_another(tmp_path: Path) -> None:
    (tmp_path / "snd").mkdir()
    watching = await watched(tmp_path / "snd")
    (tmp_path / "new").mkdir()
    (tmp_path / "new").rename(tmp_path / "snd")
    with pytest.raises(SoundCame):
        await asyncio.wait_for(watching, 5)


async def test_one_that_stays_or_only_goes_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "snd").mkdir()
    watching = await watched(tmp_path / "snd")
    (tmp_path / "snd").rmdir()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(watching, 0.1)
