"""`visitbooth-adopt` with a stick that is played: mounted read-only, taken once, let go."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.config.files import TERMINAL
from tests.systemd.machine import SOURCES

PLAYED = {
    "lsblk": 'printf "%s\\n" "/dev/sda1 0 ext4" "/dev/sdz1 1 vfat" "/dev/sdz2 1"',
    "mount": 'echo "mount $1 $2 $3" >> "$LOG"; cp "$STICK/terminal.toml" "$4"',
    # A mount point is empty again; the stick is mended while the next look is waited for.
    "umount": 'echo "umount" >> "$LOG"; rm -f "$1/terminal.toml"',
    "sleep": 'sed -i s/hubname/hub_name/ "$STICK/terminal.toml"',
}


def test_it_looks_until_a_stick_has_a_right_file(tmp_path: Path) -> None:
    binaries, stick, log = tmp_path / "bin", tmp_path / "stick", tmp_path / "log"
    binaries.mkdir()
    stick.mkdir()
    for name, does in PLAYED.items():
        (binaries / name).write_text(f"#!/bin/sh\n{does}\n")
        (binaries / name).chmod(0o755)
    (stick / "terminal.toml").write_text(TERMINAL.replace("hub_name", "hubname"))
    script = (SOURCES / "visitbooth-adopt").read_text()
    for fixed, here in (
        ("/etc/visitbooth/terminal.toml", f"{tmp_path}/terminal.toml"),
        ("/run/visitbooth", f"{tmp_path}/run"),
        ("/opt/visitbooth/bin/python -I", f"{sys.executable}"),
        ("adopt --into", 'adopt --group "$(id -gn)" --into'),
        ("/boot /boot/efi /boot/firmware", f"{tmp_path}/boot"),
    ):
        assert fixed in script
        script = script.replace(fixed, here)
    path = f"{binaries}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=SOURCES.parent,
        env={**os.environ, "PATH": path, "STICK": str(stick), "LOG": str(log)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "sdz1: terminal.toml, line 3, hubname: there is no such key" in done.stderr
    assert (tmp_path / "terminal.toml").read_text() == TERMINAL
    mounted = "mount -o ro,nosuid,nodev,noexec,nosymfollow /dev/sdz1"
    assert log.read_text().splitlines() == [mounted, "umount"] * 2
    assert not any((tmp_path / "run/adopt").iterdir())
    assert not (tmp_path / "run/adopt.json").exists()
