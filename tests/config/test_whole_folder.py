"""A folder is there with all its files or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.whole_folder import write_folder

FILES = {"a": b"1", "b": b"2"}


def names(folder: Path | str = ".") -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert write_folder(tmp_path / "out", FILES, replace=False) is None
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == FILES


def test_a_file_in_its_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(FileExistsError):
        write_folder(tmp_path / "out", FILES, replace=False)
    assert names(tmp_path) == ["out"]


def test_when_the_new_one_cannot_take_its_place_the_old_one_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "out", FILES, replace=False)
    replace = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if self.name.startswith(".out-"):
            raise OSError(5, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(OSError, match="Input/output"):
        write_folder(tmp_path / "out", {"c": b"3"}, replace=True)
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["a", "b"]
