"""`visit-config render`: sixty files or none."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config.__main__ import main
from config.loader import load_terminal
from tests.config.files import write

HEAD = """\
facility = "north"
[defaults]
hub = "wss://visits.example"
hub_name = "main"
"""
SIXTY = HEAD + "".join(
    f'[terminal.c{n}]\nlabel = "{n}"\nunit = "C"\n' + ("devices.fps = 25\n" if n == 7 else "")
    for n in range(1, 61)
)
TOLD: dict[str, Any] = {
    "hub": "wss://visits.example",
    "hub_name": "main",
    "ca": "",
    "terminals": [
        {"terminal": "c1", "code": "K7QF-2MXR"},
        {"terminal": "c2", "code": None},
    ],
}


def names(folder: Path | str = ".") -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(main, ["render", *words], input=stdin)


def test_sixty_files_of_one_that_load(tmp_path: Path) -> None:
    write(tmp_path, SIXTY, "facility.toml")
    result = run("facility.toml", "--codes", "-", stdin=json.dumps(TOLD))
    assert (result.exit_code, result.output) == (0, "60 files written to north.\n")
    loaded = {path.stem: load_terminal(path) for path in Path("north").iterdir()}
    assert loaded.keys() == {f"c{n}" for n in range(1, 61)}
    assert all(name == each.terminal for name, each in loaded.items())
    assert [name for name, each in loaded.items() if each.enrolment_code] == ["c1"]
    assert [name for name, each in loaded.items() if each.devices.fps == 25] == ["c7"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in Path("north").iterdir()} == {0o600}
    assert names() == ["facility.toml", "north"]


def test_one_mistake_and_nothing_is_written(tmp_path: Path) -> None:
    write(tmp_path, SIXTY.replace("fps = 25", "fps = 0"), "facility.toml")
    result = run("facility.toml")
    assert result.exit_code == 1
    assert "facility.toml, line 26, terminal.c7.devices.fps: found 0, expected" in result.output
    assert "1 mistake; nothing was written." in result.stderr
    told = json.loads(run("facility.toml", "--json").stdout)
    assert [each["key"] for each in told["mistakes"]] == ["terminal.c7.devices.fps"]
    assert names() == ["facility.toml"]


def test_a_folder_that_is_there_is_kept(tmp_path: Path) -> None:
    write(tmp_path, SIXTY, "facility.toml")
    (tmp_path / "north").mkdir()
    (tmp_path / "north/mine").write_text("mine")
    refused = run("facility.toml")
    assert (refused.exit_code, "north is there and not empty" in refused.output) == (1, True)
    assert names("north") == ["mine"]
    for _ in range(2):
        assert run("facility.toml", "--replace").exit_code == 0
    assert names("north.before") == ["mine"]
    assert len(names("north.before1")) == len(names("north")) == 60


def test_no_disk_left_and_nothing_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, SIXTY, "facility.toml")
    (tmp_path / "north").mkdir()
    (tmp_path / "north/mine").write_text("mine")
    left = [30]

    def full(_descriptor: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = run("facility.toml", "--replace")
    assert (result.exit_code, result.output) == (
        1,
        "Error: north: nothing was written: No space left on device\n",
    )
    assert names() == ["facility.toml", "north"]
    assert names("north") == ["mine"]


def test_only_checking_writes_nothing(tmp_path: Path) -> None:
    write(tmp_path, SIXTY, "facility.toml")
    result = run("facility.toml", "--dry-run")
    assert result.output == "facility.toml: no mistakes; 60 files would be written to north.\n"
    assert names() == ["facility.toml"]


@pytest.mark.parametrize("stdin", ["", "[]", "{}", '{"terminals": 3, "hub": ""}', "K7QF-2MXR"])
def test_codes_that_are_none(tmp_path: Path, stdin: str) -> None:
    write(tmp_path, SIXTY, "facility.toml")
    result = run("facility.toml", "--codes", "-", stdin=stdin)
    assert result.exit_code == 1
    assert "expected what `visit-hub terminal enrol --json` printed" in result.output


def test_no_code_is_lost(tmp_path: Path) -> None:
    write(tmp_path, HEAD + "[terminal.c3]\n", "facility.toml")
    result = run("facility.toml", "--codes", "-", stdin=json.dumps(TOLD))
    assert result.exit_code == 1
    assert "found no [terminal.c1], expected one, because a code was made for it" in result.output


def test_the_example_can_be_rendered(tmp_path: Path) -> None:
    example = CliRunner().invoke(main, ["example", "facility"]).stdout
    write(tmp_path, example, "facility.toml")
    assert run("facility.toml").exit_code == 0
    assert load_terminal("north/unit-a-2.toml").devices.camera == "usb:046d:0825"


def test_check_says_what_checks_a_facility(tmp_path: Path) -> None:
    file = write(tmp_path, SIXTY, "facility.toml")
    result = CliRunner().invoke(main, ["check", str(file)])
    assert result.exit_code == 1
    assert "found a facility's terminals: `visit-config render --dry-run`" in result.output
