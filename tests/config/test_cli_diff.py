"""`visit-config diff`: three exit statuses, a table, JSON."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from config.__main__ import main
from tests.config.files import HUB, TERMINAL, write


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["diff", *map(str, words)], env={"COLUMNS": "120"})


def test_nothing_something_and_mistakes(tmp_path: Path) -> None:
    old = write(tmp_path, TERMINAL, "old.toml")
    new = write(tmp_path, f"{TERMINAL}devices.fps = 25\n", "new.toml")
    wrong = write(tmp_path, f"{TERMINAL}devices.fps = 0\n", "wrong.toml")
    same = run(old, old)
    assert (same.exit_code, same.output) == (0, f"{old} changes nothing in the place of {old}.\n")
    other = run(new, old)
    assert other.exit_code == 1
    assert [
        word for word in ("devices.fps", "30", "25", "restart") if word not in other.output
    ] == []
    bad = run(wrong, old)
    assert (bad.exit_code, "line 4, devices.fps: found 0" in bad.stderr) == (2, True)
    assert run(tmp_path / "none.toml", old).exit_code == 2


def test_for_programs(tmp_path: Path) -> None:
    old, new = write(tmp_path, HUB, "old.toml"), write(tmp_path, f"port = 1\n{HUB}", "new.toml")
    assert json.loads(run("--json", new, old).stdout) == {
        "same": False,
        "changes": [{"key": "port", "now": "8080", "then": "1", "takes": "restart"}],
    }
    assert json.loads(run("--json", old, old).stdout) == {"same": True, "changes": []}
    told = json.loads(run("--json", "--kind", "hub", tmp_path / "none.toml", old).stdout)
    assert told["mistakes"][0]["text"] == "there is no such file"


def test_without_an_old_file_it_is_this_machines(tmp_path: Path) -> None:
    new = write(tmp_path, TERMINAL)
    result = run(new)
    assert result.exit_code == 2
    assert "/etc/visitbooth/terminal.toml: there is no such file." in result.stderr
