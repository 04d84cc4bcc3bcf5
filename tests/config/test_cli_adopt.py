"""`visit-config adopt`: three exit statuses, and what is left for the screen."""

from __future__ import annotations

import grp
import json
import os
from pathlib import Path

from click.testing import CliRunner, Result

from config.__main__ import main
from kiosk.unconfigured import mistakes
from tests.config.files import TERMINAL

GROUP = grp.getgrgid(os.getgid()).gr_name


def run(tmp_path: Path, *more: str) -> Result:
    words = ["--into", str(tmp_path / "etc.toml"), "--report", str(tmp_path / "adopt.json")]
    stick = tmp_path / "sdb1"
    stick.mkdir(exist_ok=True)
    return CliRunner().invoke(main, ["adopt", str(stick), *words, "--group", GROUP, *more])


def test_nothing_then_a_mistake_then_it_is_installed(tmp_path: Path) -> None:
    assert (run(tmp_path).exit_code, run(tmp_path).output) == (3, "")
    file = tmp_path / "sdb1/terminal.toml"
    file.write_text(TERMINAL.replace("hub_name", "hubname"))
    wrong = run(tmp_path)
    assert wrong.exit_code == 1
    assert "sdb1: terminal.toml, line 3, hubname: there is no such key" in wrong.stderr
    (shown,) = mistakes(tmp_path / "etc.toml", tmp_path / "adopt.json")
    assert (str(shown.file), shown.line) == ("sdb1: terminal.toml", 3)
    file.write_text(TERMINAL)
    done = run(tmp_path)
    assert (done.exit_code, "sdb1: terminal.toml was installed as" in done.output) == (0, True)
    assert not (tmp_path / "adopt.json").exists()
    assert mistakes(tmp_path / "etc.toml", tmp_path / "adopt.json") == ()


def test_what_keeps_it_from_being_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "sdb1").mkdir()
    (tmp_path / "sdb1/terminal.toml").write_text(TERMINAL)
    nowhere = run(tmp_path, "--into", str(tmp_path / "no/etc.toml"))
    assert (nowhere.exit_code, "cannot be written: No such file" in nowhere.stderr) == (1, True)
    told = json.loads((tmp_path / "adopt.json").read_text())
    assert told["mistakes"][0]["file"] == str(tmp_path / "no/etc.toml")
    assert run(tmp_path, "--group", "no-such-group").exit_code == 1
