"""A machine that is a folder: the install scripts run on it, apt and systemd are small scripts.

The power can be cut at the call of any of these programs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.systemd.machine import SOURCES

SCRIPTS: Final = ("install-hub", "install-terminal", "install-steps")

CUT: Final = """
echo "${0##*/} $*" >> "$FAKE/calls"
if [[ -n ${CUT:-} && "${0##*/} $*" == $CUT ]]; then
    kill -KILL -- "-$(< "$FAKE/pid")"
fi
"""
"""The power fails just before a call like this."""

PROGRAMS: Final = {
    "apt-get": """
if [[ " $* " == *" update "* ]]; then exit "${UPDATE:-0}"; fi
if [[ -n ${NO_NETWORK:-} ]]; then echo "E: Unable to fetch some archives"; exit 100; fi
if [[ " $* " == *" --download-only "* ]]; then exit 0; fi
for word; do
    if [[ $word == *.deb ]]; then
        mkdir -p "$DESTDIR/opt/visitbooth/bin"
        ln -sf "$FAKE/python" "$DESTDIR/opt/visitbooth/bin/python"
        touch "$DESTDIR/opt/visitbooth/pyvenv.cfg"
        name=$(/usr/bin/dpkg-deb --field "$word" Package)
        /usr/bin/dpkg-deb --field "$word" Version > "$FAKE/installed/$name"
    fi
done
""",
    "dpkg": """
case $1 in
    --audit) cat "$FAKE/audit" 2> /dev/null; exit 0 ;;
    --configure) rm -f "$FAKE/audit"; exit 0 ;;
    --print-architecture) echo "${ARCHITECTURE:-amd64}" ;;
    *) exec /usr/bin/dpkg "$@" ;;
esac
""",
    "dpkg-query": """
if [[ $1 == --search ]]; then [[ -e $FAKE/installed/visitbooth ]]; exit; fi
name=${!#}
[[ -e $FAKE/installed/$name ]] && echo "$(< "$FAKE/installed/$name") ii "
""",
    "systemctl": """
case $1 in
    get-default) cat "$FAKE/default" 2> /dev/null || echo multi-user.target; exit ;;
    set-default) echo "$2" > "$FAKE/default"; exit ;;
    daemon-reload) exit ;;
    show)
        if [[ $* == *InvocationID* ]]; then echo 1; exit; fi
        stat --format=@%Y "$FAKE/active/${!#}"; exit ;;
esac
for unit; do
    case $* in
        *is-enabled*) [[ $unit == -* || $unit == is-* || -e $FAKE/enabled/$unit ]] || exit 1 ;;
        *is-active*) [[ $unit == -* || $unit == is-* || -e $FAKE/active/$unit ]] || exit 1 ;;
        enable*) [[ $unit == enable || $unit == -* ]] || touch "$FAKE/enabled/$unit" ;;
        start* | restart*) [[ $unit == *start || $unit == -* ]] || touch "$FAKE/active/$unit" ;;
    esac
done
""",
    "journalctl": 'cat "$FAKE/journal" 2> /dev/null\n',
    "df": 'echo Avail; echo "${FREE_MIB:-9000}"\n',
    "hostname": "if [[ ${1:-} == -I ]]; then echo 192.0.2.7; else echo visits.example; fi\n",
    "chown": 'echo "$*" >> "$FAKE/owners"\n',
    "sync": "",
    "tty": 'echo "${TTY:-not a tty}"\n',
}

ANSWERS: Final = """#!{python}
import os, sys
# The hub that was started answers; all else is done by the real programs.
if sys.argv[1:3] == ["-I", "-"]:
    sys.exit(int(os.environ.get("SILENT", "0")))
os.execv("{python}", ["{python}", *sys.argv[1:]])
"""


class FakeMachine:
    """A bare Debian 12 in a folder, with the packages and scripts as `make deb` leaves them."""

    def __init__(self, folder: Path, version: str = "0.1.0") -> None:
        self.root, self.fake, self.carried = folder / "root", folder / "fake", folder / "stick"
        for each in ("run/systemd/system", "etc", "var/log", "lib/systemd/system"):
            (self.root / each).mkdir(parents=True)
        for each in ("bin", "installed", "enabled", "active"):
            (self.fake / each).mkdir(parents=True)
        self.carried.mkdir()
        self.release(ID="debian", VERSION_ID="12")
        for name, body in PROGRAMS.items():
            path = self.fake / "bin" / name
            path.write_text(f"#!/bin/bash\n{CUT}{body}")
            path.chmod(0o755)
        python = self.fake / "python"
        python.write_text(ANSWERS.format(python=sys.executable))
        python.chmod(0o755)
        for script in SCRIPTS:
            shutil.copy(SOURCES / script, self.carried)
        self.pack(version)

    def release(self, **fields: str) -> None:
        """Write /etc/os-release."""
        lines = "".join(f'{name}="{value}"\n' for name, value in fields.items())
        (self.root / "etc/os-release").write_text(lines)

    def pack(self, version: str) -> None:
        """Lay packages of this version beside the scripts, in place of those before."""
        for old in self.carried.glob("*.deb"):
            old.unlink()
        for name, architecture in (
            ("visitbooth", "amd64"), ("visitbooth-hub", "all"), ("visitbooth-terminal", "all")
        ):  # fmt: skip
            tree = self.fake / "tree"
            (tree / "DEBIAN").mkdir(parents=True)
            (tree / "DEBIAN/control").write_text(
                f"Package: {name}\nVersion: {version}\nArchitecture: {architecture}\n"
                "Installed-Size: 409600\nMaintainer: T <t@example.org>\nDescription: test\n"
            )
            command = ["dpkg-deb", "--build", "-Znone", str(tree), str(self.carried)]
            subprocess.run(command, check=True, capture_output=True)
            shutil.rmtree(tree)

    def run(self, script: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a script as it lies beside the packages."""
        (self.fake / "calls").write_text("")
        (self.fake / "pid").unlink(missing_ok=True)
        variables = {
            **os.environ, "DESTDIR": str(self.root), "FAKE": str(self.fake),
            "PATH": f"{self.fake / 'bin'}:{os.environ['PATH']}", **environment,
        }  # fmt: skip
        # The power cut finds it by its group.
        words = (str(self.fake / "pid"), str(self.carried / script), *words)
        return subprocess.run(
            ["bash", "-c", 'echo $$ > "$1"; shift; exec "$@"', "bash", *words],
            env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60, check=False, process_group=0,
        )  # fmt: skip

    def calls(self) -> list[str]:
        """What was called since the last run began."""
        return (self.fake / "calls").read_text().splitlines()

    def says(self, journal: str) -> None:
        """Let the kiosk say this once it runs."""
        (self.fake / "journal").write_text(journal)

    def files(self) -> dict[str, bytes]:
        """What is installed, by path; no logs, no locks."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and "var/log" not in str(path) and path.suffix != ".lock"
        }
