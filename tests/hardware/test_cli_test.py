"""`test` proves what works, and says of what does not what to do; its status tells programs."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hardware import cli_options, cli_test, discovery, factory, holders
from hardware.__main__ import main
from hardware.finding import Finding
from hardware.holders import Holder
from hardware.interfaces import DeviceBusy, VideoMode
from hardware.simulated import SimulatedCamera
from tests.hardware.attachments import NoSound, device
from tests.hardware.commands import started, wait_for

SIMULATED = ("--camera", "simulated", "--microphone", "simulated", "--earpiece", "simulated")
HEAD = ('terminal = "t4"', 'hub = "ws://127.0.0.1:1"', 'hub_name = "h"')


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["test", *words])


def test_simulated_devices_pass() -> None:
    told = run(*SIMULATED, "--json")
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert [(each["device"], each["passed"]) for each in found] == [
        ("camera", True),
        ("microphone", True),
        ("earpiece", True),
        ("loop", True),
        ("hook", True),
    ]
    assert "Testing the camera" in told.stderr, "what takes longer than two seconds is told"
    assert "A short tone is played" in told.stderr
    for each in found[:4]:
        assert each["detail"].startswith("simulated: "), each
        assert not each["proved"]
        assert each["fix"] == cli_test.TEST_THE_REAL


def test_that_simulated_devices_prove_nothing_is_said_under_the_table() -> None:
    told = run(*SIMULATED)
    assert told.exit_code == 0
    assert told.stdout.count("simulated: ") == 4
    assert told.stdout.endswith(f"{cli_test.PROVES_NOTHING}\n")
    assert "No configuration was named" in told.stderr


def refused(*words: str) -> str:
    """Return what is said of options that are wrong."""
    told = run(*words)
    assert (told.exit_code, told.stdout) == (2, ""), told.output
    return told.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--hook", "gpio:foo"),
        ("--camera", "usb:zzzz"),
        ("--camera", "webcam"),
        ("--camera", "none"),
        ("--camera", ""),
        ("--microphone", " "),
        ("--keypad", "simulated"),
        ("--hook-code", "KEY_NOPE"),
    ],
)
def test_options_are_held_to_the_rules_of_the_file(words: tuple[str, str]) -> None:
    told = refused(*words)
    assert f'{words[0]}: found "{words[1]}", expected ' in told
    assert told.count("\n") == 1


def test_a_serial_hook_needs_its_code() -> None:
    assert '--hook-code: found "auto", expected "cts"' in refused("--hook", "serial:/dev/ttyS0")


def test_another_hook_does_not_inherit_what_is_only_for_the_files(tmp_path: Path) -> None:
    path = tmp_path / "terminal.toml"
    lines = ["hook = 'serial:/dev/ttyS9'", "hook_code = 'cts'"]
    path.write_text("\n".join((*HEAD, "[devices]", *lines)), encoding="utf-8")
    told = run(*SIMULATED, "--config", str(path), "--hook", "simulated", "--json")
    assert told.exit_code == 0, told.output
    told = run(*SIMULATED, "--config", str(path), "--hook", "none")
    assert told.exit_code == 0, told.output
    assert f"Going by {path}." in told.stderr


def test_a_word_that_is_probably_misspelt_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_options, "loaded_portaudio", NoSound)
    told = run(*SIMULATED, "--microphone", "Simulated")
    assert 'warning: --microphone: "Simulated"' in told.stderr
    assert 'probably "simulated" is meant' in told.stderr
    assert told.exit_code == 1


def test_without_an_earpiece_no_tone_is_said_to_be_played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "attached", lambda *_: ())
    monkeypatch.setattr(cli_options, "loaded_portaudio", NoSound)
    told = run("--camera", "simulated")
    assert "tone" not in told.output


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (("--hook", "gpio:gpiochip99/3"), "gpioinfo"),
        (("--hook", "serial:/dev/ttyNONE", "--hook-code", "cts"), "dialout"),
    ],
)
def test_what_no_bus_lists_is_looked_for_elsewhere(words: tuple[str, ...], fix: str) -> None:
    told = run(*SIMULATED, *words, "--json")
    assert told.exit_code == 1
    hook = json.loads(told.stdout)[-1]
    assert (hook["device"], hook["code"]) == ("hook", "HOOK-01")
    assert fix in hook["fix"]
    assert "Plug it in" not in hook["fix"]


def test_a_keypad_that_is_missing_fails_without_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "attached", lambda *_: ())
    told = run(*SIMULATED, "--keypad", "auto", "--json")
    assert told.exit_code == 1
    keypad = json.loads(told.stdout)[-1]
    assert (keypad["device"], keypad["passed"], keypad["code"]) == ("keypad", False, "")
    assert "no keypad is attached" in keypad["detail"]


def test_ctrl_c_shows_what_was_found_so_far() -> None:
    with started("test", *SIMULATED, "--json") as process:
        wait_for(process, "Testing microphone")
        process.send_signal(signal.SIGINT)
        found, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert [each["device"] for each in json.loads(found)] == ["camera"]
    assert said.splitlines()[-1] == "Stopped by Ctrl+C: the rest was not tested."


def test_a_machine_without_devices_says_so_in_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "attached", lambda *_: ())
    monkeypatch.setattr(cli_options, "loaded_portaudio", NoSound)
    told = run()
    assert told.exit_code == 1
    assert "CAM-01" in told.stdout
    assert "no camera is attached" in " ".join(told.stdout.split())
    assert "FAIL" in told.stdout
    assert "visit-hardware list" in " ".join(told.stdout.split())


def test_a_hook_is_only_watched_when_nobody_can_be_asked() -> None:
    told = run(*SIMULATED, "--hook", "simulated", "--json")
    assert told.exit_code == 0
    hook = json.loads(told.stdout)[-1]
    assert (hook["passed"], hook["proved"]) == (True, False)
    assert "nobody was asked" in hook["detail"]


class Busy(SimulatedCamera):
    async def open(self) -> VideoMode:
        raise DeviceBusy("/dev/video1: Device or resource busy")


def test_devices_of_a_running_kiosk_are_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factory, "camera", lambda _: Busy())
    monkeypatch.setattr(discovery, "attached", lambda *_: (device("camera", 1),))
    monkeypatch.setattr(holders, "holders", lambda _: {"/dev/video1": (Holder(77, "visit-kiosk"),)})
    told = run("--microphone", "simulated", "--earpiece", "simulated", "--json")
    assert told.exit_code == 1
    camera = json.loads(told.stdout)[0]
    assert camera["detail"].endswith("busy; in use by visit-kiosk (process 77)")
    assert "systemctl stop visitbooth-kiosk" in camera["fix"]


@pytest.mark.parametrize(
    ("finding", "word"),
    [
        (Finding("camera", True, ""), "pass"),
        (Finding("camera", False, "", "CAM-02"), "FAIL"),
        (Finding("loop", True, "", proved=False), "not proved"),
    ],
)
def test_each_result_has_its_word(finding: Finding, word: str) -> None:
    assert cli_test.result(finding) == word
