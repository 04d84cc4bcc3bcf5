"""`test` proves what works, and says of what does not what to do; its status tells programs."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from hardware import cli_options, cli_test, discovery, factory, holders
from hardware.__main__ import main
from hardware.finding import Finding
from hardware.holders import Holder
from hardware.interfaces import DeviceBusy, VideoMode
from hardware.simulated import SimulatedCamera
from tests.hardware.attachments import NoSound, device

SIMULATED = ("--camera", "simulated", "--microphone", "simulated", "--earpiece", "simulated")


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
