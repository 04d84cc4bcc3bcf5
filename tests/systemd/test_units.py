"""The units are sound by systemd's own judgement, and say what the programs rely on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from config.schema import Stopping
from kiosk.__main__ import START_AGAIN
from tests.systemd.machine import SOURCES, UNITS, build, settings

REPOSITORY = SOURCES.parent

OURS = ["visitbooth-hub.service", "visitbooth-kiosk.service"]


def verify(root: Path) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=yes"]
    return subprocess.run(
        [*command, f"--root={root}", *UNITS], capture_output=True, text=True, check=False
    )


def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    result = verify(build(tmp_path))
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("sound", "broken"),
    [
        ("Restart=always", "Restart=sometimes"),
        ("NoNewPrivileges=yes", "NoNewPrivilege=yes"),
        ("ExecStart=/opt/visitbooth/bin/python", "ExecStart=/opt/visitbooth/bin/pyton"),
    ],
)
def test_the_check_would_find_a_fault(tmp_path: Path, sound: str, broken: str) -> None:
    unit = build(tmp_path) / "etc/systemd/system/visitbooth-kiosk.service"
    text = unit.read_text()
    assert sound in text
    unit.write_text(text.replace(sound, broken))
    assert verify(tmp_path).returncode != 0


def test_the_hub_has_time_to_stop_in_good_order() -> None:
    (limit_s,) = settings("visitbooth-hub.service", "TimeoutStopSec")
    assert float(limit_s) >= Stopping().within_s + 2.0


def test_a_restart_that_the_technician_asked_for_is_no_failure() -> None:
    unit = "visitbooth-kiosk.service"
    assert settings(unit, "SuccessExitStatus") == [str(START_AGAIN)]


@pytest.mark.parametrize(
    ("unit", "threshold"),  # ten times systemd's exposure level, of 0 (locked) to 10 (open)
    [
        ("visitbooth-hub.service", 15),
        ("visitbooth-kiosk.service", 20),
        ("visitbooth-display.service", 50),  # root, for the graphics card
    ],
)
def test_exposure_stays_low(unit: str, threshold: int) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={threshold}"]
    result = subprocess.run(
        [*command, str(SOURCES / unit)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout.splitlines()[-1]


@pytest.mark.parametrize("unit", OURS)
def test_the_programs_that_units_start_are_ours_and_isolated(unit: str) -> None:
    commands = settings(unit, "ExecStart") + settings(unit, "ExecStartPre")
    assert len(commands) == 2
    for command in commands:
        program, isolated, option, module, *_ = command.split()
        assert (program, isolated, option) == ("/opt/visitbooth/bin/python", "-I", "-m")
        assert (REPOSITORY / module.replace(".", "/") / "__main__.py").is_file()


@pytest.mark.parametrize("unit", UNITS)
def test_units_start_again_for_ever_and_leave_no_core(unit: str) -> None:
    assert settings(unit, "Restart") == ["always"]
    assert settings(unit, "StartLimitIntervalSec") == ["0"]
    assert settings(unit, "LimitCORE") == ["0"]


def test_the_kiosks_environment_closes_kivys_ways_out() -> None:
    rows = dict(
        row.split("=", 1)
        for line in settings("visitbooth-kiosk.service", "Environment")
        for row in line.split()
    )
    assert rows == {
        "DISPLAY": ":0",
        "XAUTHORITY": "/run/visitbooth-display/authority",
        "SDL_VIDEODRIVER": "x11",
        "SDL_NO_SIGNAL_HANDLERS": "1",
        "KIVY_WINDOW": "sdl2",
        "KIVY_NO_ARGS": "1",
        "KIVY_NO_CONFIG": "1",
        "KIVY_NO_ENV_CONFIG": "1",
        "KIVY_HOME": "/usr/share/visitbooth/kivy",
        "KIVY_NO_FILELOG": "1",
        "KIVY_LOG_MODE": "PYTHON",
        "KIVY_CLIPBOARD": "dummy",
        "ALSA_CONFIG_PATH": "/usr/share/alsa/alsa.conf",
    }


def test_the_kiosk_reads_no_keyboard() -> None:
    """Membership of the group input is a key logger."""
    groups = settings("visitbooth-kiosk.service", "SupplementaryGroups")
    assert groups == ["video audio render"]


def test_the_media_process_may_lock_itself_in() -> None:
    allowed = " ".join(settings("visitbooth-kiosk.service", "SystemCallFilter")).split()
    assert {"seccomp", "landlock_restrict_self"} <= {*allowed}


@pytest.mark.parametrize("unit", UNITS)
def test_every_stanza_is_explained(unit: str) -> None:
    """Paragraphs of settings begin with a heading or hold a comment; [Install] explains itself."""
    for stanza in (SOURCES / unit).read_text().split("\n\n"):
        assert "[Install]" in stanza or stanza.count("#") >= 1, stanza
