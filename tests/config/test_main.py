"""visit-config, as a person at a terminal uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config.__main__ import main
from signalling.version import VERSION
from tests.config.files import HUB, TERMINAL, write

SECRET = "kept-from-every-eye"
FIVE = (
    'terminal = "unit a"\n'
    'hub = "ws://visits.example"\n'
    'hub_name = "main"\n'
    "[display]\n"
    "fullscren = true\n"
    "[devices]\n"
    "fps = 300\n"
    "[network]\n"
    'allow_peers = ["10.0.0.1/8"]\n'
)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_five_different_mistakes_are_five_lines_and_a_failure(tmp_path: Path) -> None:
    path = write(tmp_path, FIVE)
    result = run("check", path)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f'{path}, line 1, terminal: found "unit a", expected 1 to 64 letters, digits, dots, '
        "dashes or underscores.",
        f'{path}, line 2, hub: found "ws://visits.example", expected wss://..., because ws:// '
        "sends PINs in clear text (only for a hub on this machine).",
        f"{path}, line 5, display.fullscren: there is no such key; the nearest is fullscreen.",
        f"{path}, line 7, devices.fps: found 300, expected a whole number from 5 to 60.",
        f'{path}, line 9, network.allow_peers[1]: found "10.0.0.1/8", expected "10.0.0.0/8", '
        "a range without bits beyond its prefix.",
    ]
    assert result.stderr == "5 mistakes.\n"


def test_good_files_of_both_kinds_pass_and_are_named(tmp_path: Path) -> None:
    hub, terminal = write(tmp_path, HUB, "h.toml"), write(tmp_path, TERMINAL, "t.toml")
    result = run("check", hub, terminal)
    assert result.exit_code == 0
    assert result.stdout == f"{hub}: no mistakes.\n{terminal}: no mistakes.\n"


def test_one_wrong_file_among_several_fails_all(tmp_path: Path) -> None:
    good = write(tmp_path, HUB, "good.toml")
    result = run("check", good, tmp_path / "none.toml")
    assert result.exit_code == 1
    assert f"{good}: no mistakes." in result.stdout
    assert "there is no such file" in result.stdout


def test_the_kind_is_said_where_keys_do_not_tell(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    assert "expected --kind" in run("check", path).stdout
    assert "hub_name: nothing found" in run("check", "--kind", "terminal", path).stdout


def test_check_for_programs(tmp_path: Path) -> None:
    found = json.loads(run("check", "--json", write(tmp_path, FIVE)).stdout)
    assert [problem["line"] for problem in found["mistakes"]] == [1, 2, 5, 7, 9]
    assert found["mistakes"][2]["key"] == "display.fullscren"
    assert found["warnings"] == []


def test_a_warning_is_no_failure(tmp_path: Path) -> None:
    path = write(tmp_path, f'{TERMINAL}enrolment_code = "K7QF-2MXR"\n')
    path.chmod(0o644)
    result = run("check", path)
    assert result.exit_code == 0
    assert result.stdout.startswith("warning: ")


def test_a_device_that_is_not_there_is_a_warning(tmp_path: Path) -> None:
    devices = (
        "[devices]\n"
        'camera = "/dev/null"\n'
        'keypad = "/dev/input/nowhere"\n'
        'hook = "serial:/dev/ttyNOWHERE"\n'
        'hook_code = "text"\n'
        'earpiece = "usb:0b0e:0f00"\n'
    )
    path = write(tmp_path, TERMINAL + devices)
    result = run("check", path)
    assert result.exit_code == 0
    advice = "visit-hardware list shows what it has."
    assert result.stdout.splitlines() == [
        f"warning: {path}, line 6, devices.keypad: this machine has no /dev/input/nowhere now; "
        f"{advice}",
        f"warning: {path}, line 7, devices.hook: this machine has no /dev/ttyNOWHERE now; {advice}",
        f"{path}: no mistakes.",
    ]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_show_gives_effective_values_and_masks_secrets(tmp_path: Path, options: list[str]) -> None:
    path = write(tmp_path, f'{HUB}[turn]\nurls = ["turn:h:1"]\nsecret = "{SECRET}"\n')
    result = run("show", *options, path)
    assert result.exit_code == 0
    assert SECRET not in result.output
    if options:
        values = json.loads(result.stdout)
        assert values["turn"]["secret"] == "***"
        assert values["visits"]["link_grace_s"] == 5.0
    else:
        lines = result.stdout.splitlines()
        assert 'turn.secret = "***"' in lines
        assert 'facility[1].time_zone = "America/New_York"' in lines
        assert "visits.link_grace_s = 5.0" in lines


def test_show_shows_that_a_secret_is_not_set(tmp_path: Path) -> None:
    assert 'turn.secret = ""' in run("show", write(tmp_path, HUB)).stdout.splitlines()


def test_show_of_a_wrong_file_fails(tmp_path: Path) -> None:
    result = run("show", write(tmp_path, FIVE))
    assert result.exit_code == 1
    assert result.stdout == ""


@pytest.mark.parametrize("kind", ["hub", "terminal"])
def test_example_prints_the_commented_file_which_passes_check(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, run("example", kind).stdout)
    assert "# " in path.read_text()
    assert run("check", path).exit_code == 0


@pytest.mark.parametrize("command", ["check", "show", "example"])
def test_every_command_has_examples(command: str) -> None:
    assert f"Examples:\n    visit-config {command} " in run(command, "--help").stdout


def test_a_simulated_device_is_a_warning_and_no_failure(tmp_path: Path) -> None:
    path = write(tmp_path, f'{TERMINAL}[devices]\ncamera = "simulated"\n')
    result = run("check", path)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"warning: {path}, line 5, devices.camera: camera is simulated")
    assert run("check", "--json", path).exit_code == 0


def test_it_tells_its_version() -> None:
    assert VERSION in run("--version").stdout
