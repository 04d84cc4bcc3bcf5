"""The nightly backup's own two lines of shell, run as systemd would run them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

from tests.systemd.machine import settings

UNIT = "visitbooth-backup.service"
FOLDER = "/var/lib/visitbooth-backup"
KEPT = 14


def run(command: str, folder: Path) -> None:
    """Run a command line of the unit as systemd unescapes it, its folder in `folder`."""
    line = command.replace("$$", "$").replace("%%", "%").replace(FOLDER, str(folder))
    program, option, script = shlex.split(line)
    assert (program, option) == ("/bin/sh", "-c")
    subprocess.run([program, option, script], check=True, timeout=20)


def test_each_backup_has_a_name_of_its_own_and_the_hubs_settings(tmp_path: Path) -> None:
    (start,) = settings(UNIT, "ExecStart")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/asked\n')
    python.chmod(0o755)
    run(start.replace("/opt/visitbooth/bin/python", str(python)), tmp_path)
    *words, file = (tmp_path / "asked").read_text().splitlines()
    expected = "-I -m signalling.hub backup --config /etc/visitbooth/hub.toml"
    assert words == expected.split()
    assert re.fullmatch(rf"{tmp_path}/hub-\d{{4}}-\d\d-\d\d-\d{{6}}\.zip", file)


def test_the_oldest_go_and_nothing_else(tmp_path: Path) -> None:
    (tidy,) = settings(UNIT, "ExecStartPost")
    other = tmp_path / "hub.toml"
    other.write_text("")
    for day in range(1, 21):
        file = tmp_path / f"hub-2026-05-{day:02}-031000.zip"
        file.write_text("")
        os.utime(file, (day, day))
    for _ in range(2):
        run(tidy, tmp_path)
        days = sorted(int(each.name[12:14]) for each in tmp_path.glob("hub-2026*"))
        assert days == list(range(21 - KEPT, 21))
    assert other.exists()
