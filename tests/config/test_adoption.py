"""Which file on a stick is this machine's, and when it is taken."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from config.adoption import Nothing, adopt, find, machines, report
from config.loader import load_terminal
from config.problems import ConfigError, Problem
from tests.config.files import TERMINAL

OWN = frozenset({"52:54:00:12:34:56"})


def stick(folder: Path, **files: str) -> Path:
    """Return a stick; `north__c4` is the file north/c4.toml."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def of(machine: str) -> str:
    return f'{TERMINAL}machine = "{machine}"  # on its label\n'


def refused(folder: Path) -> str:
    with pytest.raises(ConfigError) as raised:
        find([folder], OWN)
    return str(raised.value)


def test_the_file_that_names_the_machine_goes_before_the_one_for_any(tmp_path: Path) -> None:
    files = {f"north__c{n}": of(f"52:54:00:12:34:{n:02d}") for n in range(60)}
    sdb1 = stick(tmp_path / "sdb1", terminal=TERMINAL, **files)
    assert find([sdb1], OWN) == (sdb1 / "north/c56.toml", "sdb1: north/c56.toml")
    assert find([sdb1], frozenset({"aa:bb:cc:dd:ee:ff"}))[1] == "sdb1: terminal.toml"


@pytest.mark.parametrize("machine", ["52-54-00-12-34-56", "52:54:00:12:34:56"])
def test_a_wrong_file_of_this_machine_is_found_all_the_same(tmp_path: Path, machine: str) -> None:
    text = of(machine).replace('hub_name = "main"', "hub_name = main").replace('"', "'")
    assert find([stick(tmp_path / "s", c4=text)], OWN)[1] == "s: c4.toml"


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    two = stick(tmp_path / "a", c4=of(min(OWN)), c5=of(min(OWN)))
    assert refused(two) == (
        "a: c4.toml and a: c5.toml: found several for this machine, expected one."
    )
    others = stick(tmp_path / "b", c4=of("aa:bb:cc:dd:ee:ff"), terminal=of("aa:bb:cc:dd:ee:00"))
    assert "found 2 files, none for this machine; name its own terminal.toml" in refused(others)
    assert "52:54:00:12:34:56" in refused(others)


def test_nothing_of_ours_is_no_mistake(tmp_path: Path) -> None:
    folder = stick(tmp_path / "s", facility="", hub="", a__b__terminal="", _x=TERMINAL)
    (folder / "_x.toml").rename(folder / "._terminal.toml")  # as macOS leaves them
    secret = tmp_path / "secret.toml"
    secret.write_text(TERMINAL)
    (folder / "terminal.toml").symlink_to(secret)
    (folder / "dir.toml").mkdir()
    with pytest.raises(Nothing):
        find([folder, tmp_path / "no-such-folder"], OWN)


def test_it_is_checked_and_installed_for_the_kiosks_group(tmp_path: Path) -> None:
    source, target = stick(tmp_path / "s", terminal=TERMINAL) / "terminal.toml", tmp_path / "t"
    adopt(source, "s: terminal.toml", target, os.getgid())
    assert load_terminal(target).terminal == "t1"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    with pytest.raises(ConfigError, match="a stick brings only the first one"):
        adopt(source, "s: terminal.toml", target, None)


def test_a_file_with_mistakes_changes_nothing(tmp_path: Path) -> None:
    source = stick(tmp_path / "s", terminal=f"{TERMINAL}devices.fps = 0\n") / "terminal.toml"
    with pytest.raises(ConfigError) as raised:
        adopt(source, "s: terminal.toml", tmp_path / "t", None)
    assert str(raised.value).startswith("s: terminal.toml, line 4, devices.fps: found 0, expected")
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_the_report_comes_and_goes(tmp_path: Path) -> None:
    file = tmp_path / "adopt.json"
    report(file, [Problem(Path("s: terminal.toml"), "found 0", 3, ("devices", "fps"))])
    assert json.loads(file.read_text()) == {
        "mistakes": [
            {"file": "s: terminal.toml", "line": 3, "key": "devices.fps", "text": "found 0"}
        ]
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    for _ in range(2):
        report(file, [])
        assert not file.exists()


def test_a_machine_is_known_by_its_cards(tmp_path: Path) -> None:
    for name, address in (("lo", "00:00:00:00:00:00"), ("eth0", "52:54:00:12:34:5A")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "address").write_text(f"{address}\n")
    assert machines(tmp_path) == {"52:54:00:12:34:5a"}
