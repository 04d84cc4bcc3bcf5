"""Files are whole or not there, and read by whom they are for."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from config.whole_file import write_whole


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_mode_and_group_whatever_the_umask(tmp_path: Path, mode: int) -> None:
    before = os.umask(0o077 if mode == 0o640 else 0)
    try:
        write_whole(tmp_path / "file", b"words", mode, os.getgid())
    finally:
        os.umask(before)
    seen = (tmp_path / "file").stat()
    assert (stat.S_IMODE(seen.st_mode), seen.st_gid) == (mode, os.getgid())
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_an_older_file_stands_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_whole(tmp_path / "file", b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
