"""Users, folders, device names and the display's cookie, by the programs that will read them."""

from __future__ import annotations

import grp
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hardware import handsets
from tests.systemd.machine import SOURCES, UNITS, settings

UDEV_TERM = re.compile(
    r'(SUBSYSTEM|KERNEL|PROGRAM|GROUP|MODE|SYMLINK|ENV\{VISITBOOTH_KEYPAD\}|ATTRS?\{[A-Za-z]+\})(==|\+=|=)"[^"]+"'
)
MATCHES = ("SUBSYSTEM", "KERNEL", "ATTR", "PROGRAM")
IS_HOOK = 'PROGRAM=="/opt/visitbooth/libexec/visitbooth-is-hook /sys%p/device/report_descriptor"'


def test_users_and_groups_of_the_units_are_made(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    file = SOURCES / "sysusers.d/visitbooth.conf"
    subprocess.run(["systemd-sysusers", f"--root={tmp_path}", str(file)], check=True)
    users = {line.split(":")[0] for line in (tmp_path / "etc/passwd").read_text().splitlines()}
    groups = {line.split(":")[0] for line in (tmp_path / "etc/group").read_text().splitlines()}
    for unit in UNITS:
        assert {*settings(unit, "User")} <= users
        assert {*settings(unit, "Group")} <= groups
        assert {*" ".join(settings(unit, "SupplementaryGroups")).split()} <= groups


def test_no_user_may_log_in(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    file = SOURCES / "sysusers.d/visitbooth.conf"
    subprocess.run(["systemd-sysusers", f"--root={tmp_path}", str(file)], check=True)
    shells = [line.split(":")[-1] for line in (tmp_path / "etc/passwd").read_text().splitlines()]
    assert shells == ["/usr/sbin/nologin"] * 4


def test_folders_are_made_for_their_owners_alone(tmp_path: Path) -> None:
    """Root's are made as ours, so that the test need not be root."""
    text = (SOURCES / "tmpfiles.d/visitbooth.conf").read_text()
    assert text.count(" root root ") == text.count("\nd ")
    file = tmp_path / "own.conf"
    file.write_text(text.replace(" root root ", f" {os.getuid()} {os.getgid()} "))
    root = tmp_path / "root"
    (root / "tmp").mkdir(parents=True)
    subprocess.run(["systemd-tmpfiles", "--create", f"--root={root}", str(file)], check=True)
    modes = {
        name: (root / name).stat().st_mode & 0o7777
        for name in ("etc/visitbooth/xorg", "usr/share/visitbooth/kivy", "tmp/.X11-unix")
    }
    assert modes == {
        "etc/visitbooth/xorg": 0o755,
        "usr/share/visitbooth/kivy": 0o755,
        "tmp/.X11-unix": 0o1777,
    }


def test_every_udev_rule_matches_one_device_or_hooks_only_and_opens_it_to_the_kiosk_alone() -> None:
    lines = (SOURCES / "udev/60-visitbooth.rules").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules
    for rule in rules:
        terms = rule.split(", ")
        assert all(UDEV_TERM.fullmatch(term) for term in terms), rule
        for term in terms:  # a "=" where "==" was meant would change every device
            assert ("==" in term) is term.startswith(MATCHES), rule
        if 'SUBSYSTEM=="hidraw"' in rule:
            assert IS_HOOK in terms
        else:
            assert 'ATTRS{idVendor}=="' in rule
            assert 'SYMLINK+="visitbooth/' in rule or terms[-1] == 'ENV{VISITBOOTH_KEYPAD}="1"'
        assert set(re.findall(r'GROUP="(.*?)"', rule)) <= {"visitbooth-kiosk"}
        assert set(re.findall(r'MODE="0?(...)"', rule)) <= {"640", "660"}


@pytest.mark.parametrize("handset", handsets.ALL, ids=lambda each: each.name)
def test_of_hidraw_nodes_those_with_a_hook_switch_are_told(
    handset: handsets.Handset, tmp_path: Path
) -> None:
    """As udev runs it, but by this Python: the first line names the installed one."""
    (tmp_path / "report_descriptor").write_bytes(handset.descriptor)
    assert is_hook(tmp_path / "report_descriptor") is (handset.hook is not None)


@pytest.mark.parametrize("descriptor", [b"", b"\xff" * 5000, os.urandom(300)])
def test_what_is_no_descriptor_has_no_hook_switch(descriptor: bytes, tmp_path: Path) -> None:
    (tmp_path / "report_descriptor").write_bytes(descriptor)
    assert not is_hook(tmp_path / "report_descriptor")
    assert not is_hook(tmp_path / "none")


def is_hook(file: Path) -> bool:
    """Return the answer; anything but yes (0) and no (1 without a word) is a failure."""
    code = (SOURCES / "visitbooth-is-hook").read_text()
    command = [sys.executable, "-c", code, str(file)]
    done = subprocess.run(command, cwd=SOURCES.parent, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1) and not done.stderr
    return done.returncode == 0


def cookie(file: Path) -> str:
    group = grp.getgrgid(os.getgid()).gr_name
    subprocess.run([str(SOURCES / "visitbooth-cookie"), str(file), group], check=True)
    command = ["xauth", "-f", str(file), "nlist"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_displays_cookie_is_new_each_time_and_for_any_host_name(tmp_path: Path) -> None:
    file = tmp_path / "authority"
    first, second = cookie(file), cookie(file)
    assert file.stat().st_mode & 0o777 == 0o640
    for entry in (first, second):
        magic = b"MIT-MAGIC-COOKIE-1".hex()
        assert re.fullmatch(rf"ffff 0000  0001 30 0012 {magic} 0010 [0-9a-f]{{32}}\n", entry)
    assert first != second


def test_the_screen_never_goes_dark_and_nobody_leaves_it() -> None:
    text = (SOURCES / "xorg/10-visitbooth.conf").read_text().partition("EndSection")[0]
    options = dict(re.findall(r'^\s*Option\s+"(\w+)"\s+"(\w+)"$', text, re.MULTILINE))
    assert options == {
        "DontVTSwitch": "true",
        "DontZap": "true",
        "BlankTime": "0",
        "StandbyTime": "0",
        "SuspendTime": "0",
        "OffTime": "0",
    }


def test_the_display_opens_what_points_and_no_keyboard() -> None:
    text = (SOURCES / "xorg/10-visitbooth.conf").read_text()
    classes = re.findall(r'Section "InputClass"(.*?)EndSection', text, re.DOTALL)
    first, *others = classes
    assert 'MatchDevicePath "/dev/input/*"' in first and 'Option "Ignore" "true"' in first
    kinds = [re.findall(r'Match(Is\w+) "on"', each) for each in others]
    assert kinds == [["IsPointer"], ["IsTouchscreen"], ["IsTablet"]]
    assert all('Option "Ignore" "false"' in each for each in others)
