"""The units are sound by systemd's own judgement, and say what the programs rely on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from config.schema import Stopping
from kiosk.__main__ import START_AGAIN
from kiosk.pulse import DRAWN_WITHIN_S
from signalling.notify import TIMES_IN_A_WATCH
from tests.systemd.machine import SOURCES, TIMERS, UNITS, build, settings

REPOSITORY = SOURCES.parent

OURS = ["visitbooth-hub.service", "visitbooth-kiosk.service"]
ONCE = ["visitbooth-backup.service", "visitbooth-firewall.service"]
CALL_STAFF = "visitbooth-callstaff.service"
LEVEL = 2.0
DEBIANS_COTURN = """[Service]
User=turnserver
Group=turnserver
Type=notify
ExecStart=/usr/bin/turnserver -c /etc/turnserver.conf --pidfile=
Restart=on-failure
InaccessibleDirectories=/home
PrivateTmp=yes
"""
"""The service of coturn 4.6.1's own unit in Debian 12."""


def verify(root: Path) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=yes"]
    return subprocess.run(
        [*command, f"--root={root}", *UNITS, *TIMERS], capture_output=True, text=True, check=False
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


@pytest.mark.parametrize("unit", ["display", "kiosk"])
def test_systemd_finds_no_fault_without_x_either(tmp_path: Path, unit: str) -> None:
    folder = build(tmp_path) / f"etc/systemd/system/visitbooth-{unit}.service.d"
    folder.mkdir()
    (folder / "kmsdrm.conf").write_text((SOURCES / f"kmsdrm/{unit}.conf").read_text())
    result = verify(tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_hub_has_time_to_stop_in_good_order() -> None:
    (limit_s,) = settings("visitbooth-hub.service", "TimeoutStopSec")
    assert float(limit_s) >= Stopping().within_s + 2.0


def test_a_restart_that_the_technician_asked_for_is_no_failure() -> None:
    unit = "visitbooth-kiosk.service"
    assert settings(unit, "SuccessExitStatus") == [str(START_AGAIN)]


def exposure(unit: str, text: str, folder: Path) -> float:
    """Return systemd's exposure level, of 0 (locked) to 10 (open), of a unit with this text."""
    (folder / unit).write_text(text)
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(folder / unit)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(re.findall(r"Overall exposure level for \S+: (\d+\.\d)", said)[0])


@pytest.mark.parametrize("unit", UNITS)
def test_exposure_stays_low(unit: str, tmp_path: Path) -> None:
    assert exposure(unit, (SOURCES / unit).read_text(), tmp_path) <= LEVEL


def test_exposure_of_coturn_stays_low_with_the_drop_in(tmp_path: Path) -> None:
    """systemd-analyze reads no drop-in offline; one after the other is one unit all the same."""
    text = DEBIANS_COTURN + (SOURCES / "coturn/visitbooth-turn.conf").read_text()
    assert exposure("coturn.service", text, tmp_path) <= LEVEL
    assert exposure("coturn.service", DEBIANS_COTURN, tmp_path) > LEVEL


@pytest.mark.parametrize("unit", OURS)
def test_the_programs_that_units_start_are_ours_and_isolated(unit: str) -> None:
    commands = settings(unit, "ExecStart") + settings(unit, "ExecStartPre")
    assert commands
    for command in commands:
        program, isolated, option, module, *_ = command.split()
        assert (program, isolated, option) == ("/opt/visitbooth/bin/python", "-I", "-m")
        assert (REPOSITORY / module.replace(".", "/") / "__main__.py").is_file()


@pytest.mark.parametrize("unit", UNITS)
def test_units_start_again_and_leave_no_core(unit: str) -> None:
    assert settings(unit, "LimitCORE") == ["0"]
    if unit not in ONCE:
        assert settings(unit, "Restart") in (["always"], ["on-failure"])


def test_families_hub_starts_again_for_ever() -> None:
    assert settings("visitbooth-hub.service", "StartLimitIntervalSec") == ["0"]


@pytest.mark.parametrize("unit", ["visitbooth-display.service", "visitbooth-kiosk.service"])
def test_a_screen_that_cannot_be_kept_up_ends_in_words_and_not_in_black(unit: str) -> None:
    assert settings(unit, "OnFailure") == [CALL_STAFF]
    burst, interval = settings(unit, "StartLimitBurst"), settings(unit, "StartLimitIntervalSec")
    assert (burst, interval) == (["12"], ["10min"])
    # Ten kills in a minute are survived; a start that hangs each time ends in words all the same.
    (start_s,) = settings(unit, "TimeoutStartSec") or ["30"]
    assert 10 < int(burst[0]) < 10 * 60 / int(start_s)


def test_the_screen_for_staff_stays_until_the_kiosk_is_tried_anew() -> None:
    assert settings(CALL_STAFF, "StartLimitIntervalSec") == ["0"]
    assert settings(CALL_STAFF, "OnSuccess") == ["visitbooth-kiosk.service"]
    conflicts = settings(CALL_STAFF, "Conflicts")[0].split()
    assert {"visitbooth-kiosk.service", "visitbooth-display.service"} <= {*conflicts}


@pytest.mark.parametrize(("unit", "watch_s"), [(OURS[0], 30), (OURS[1], 15)])
def test_systemd_watches_that_they_live(unit: str, watch_s: int) -> None:
    assert settings(unit, "Type") == ["notify"]
    assert settings(unit, "NotifyAccess") == ["main"], "no child speaks for it"
    assert settings(unit, "WatchdogSec") == [str(watch_s)]


def test_a_frame_has_time_before_the_watch_ends() -> None:
    (watch_s,) = settings("visitbooth-kiosk.service", "WatchdogSec")
    assert DRAWN_WITHIN_S + float(watch_s) / TIMES_IN_A_WATCH < float(watch_s)


WITH_ONE: Final = {
    "visitbooth-firewall.service": "CAP_NET_ADMIN",
    "visitbooth-adopt.service": "CAP_SYS_ADMIN",  # mounts a stick, while there is no terminal.toml
}


@pytest.mark.parametrize("unit", sorted({*UNITS} - {*WITH_ONE}))
def test_no_unit_is_root_or_has_a_capability(unit: str) -> None:
    (user,) = settings(unit, "User")
    assert user.startswith("visitbooth-")
    assert settings(unit, "CapabilityBoundingSet") == [""]


@pytest.mark.parametrize(("unit", "capability"), WITH_ONE.items())
def test_the_others_root_has_one_capability(unit: str, capability: str) -> None:
    assert settings(unit, "CapabilityBoundingSet") == [capability]


def test_a_stick_is_for_a_machine_without_a_terminal() -> None:
    (condition,) = settings("visitbooth-adopt.service", "ConditionPathExists")
    assert condition == "!/etc/visitbooth/terminal.toml"


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
    assert groups == ["video audio render visitbooth-screen"]


def test_the_media_process_may_lock_itself_in() -> None:
    allowed = " ".join(settings("visitbooth-kiosk.service", "SystemCallFilter")).split()
    assert {"seccomp", "landlock_restrict_self"} <= {*allowed}


@pytest.mark.parametrize("unit", UNITS)
def test_every_stanza_is_explained(unit: str) -> None:
    """Paragraphs of settings begin with a heading or hold a comment; [Install] explains itself."""
    for stanza in (SOURCES / unit).read_text().split("\n\n"):
        assert "[Install]" in stanza or stanza.count("#") >= 1, stanza


def test_the_hub_may_give_its_staff_socket_to_its_group() -> None:
    """@privileged holds @chown: what comes after takes it back."""
    filters = settings("visitbooth-hub.service", "SystemCallFilter")
    denied = next(at for at, line in enumerate(filters) if line.startswith("~@privileged"))
    assert "@chown" in filters[denied + 1 :]
    assert "visit-staff" in settings("visitbooth-hub.service", "SupplementaryGroups")
