""".ci/bootstrap on machines that lack something, played by programs of our own on its PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

REAL = ("bash", "env", "cat", "mkdir", "flock", "pwd", "sha256sum", "tail", "dirname", "head")

# Says which packages are there: those named in the file "installed".
DPKG_QUERY = """\
#!/bin/bash
grep --quiet --line-regexp --fixed-strings -- "${@: -1}" "$MACHINE/installed" && echo -n installed
"""
APT_GET = """\
#!/bin/bash
echo "$*" >> "$MACHINE/apt"
[[ -f $MACHINE/apt-fails ]] && { echo "no network today"; exit 100; }
[[ " $* " == *" install "* ]] && printf '%s\\n' "$@" >> "$MACHINE/installed"
exit 0
"""
# Python 3.11 of which only `-m venv DIR` does anything: it makes a python that notes its arguments.
PYTHON = """\
#!/bin/bash
case "$1 $2" in
    "--version "*) echo "Python 3.11.2" ;;
    "-m venv") mkdir -p .venv/bin
        printf '#!/bin/bash\\necho "$*" >> "%s/pip"\\n' "$MACHINE" > .venv/bin/python
        chmod +x .venv/bin/python ;;
esac
"""


@dataclass(frozen=True)
class Machine:
    """A bare machine: a checkout, a PATH and an empty home."""

    folder: Path

    @property
    def checkout(self) -> Path:
        return self.folder / "checkout"

    def program(self, name: str, text: str) -> None:
        """Put a program on the PATH."""
        path = self.folder / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run .ci/bootstrap with nothing inherited."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return subprocess.run(
            [str(self.checkout / ".ci/bootstrap"), *words],
            env={"PATH": str(self.folder / "bin"), "HOME": str(home), "MACHINE": str(self.folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def lines(self, name: str) -> list[str]:
        """Return what a program of ours noted."""
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    (machine.checkout / ".ci").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    for name in (".ci/bootstrap", "setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, machine.checkout / name)
    for name in (*REAL, "grep", "chmod"):
        real = shutil.which(name)
        assert real is not None, name
        (tmp_path / "bin" / name).symlink_to(real)
    machine.program("dpkg-query", DPKG_QUERY)
    machine.program("apt-get", APT_GET)
    machine.program("python3.11", PYTHON)
    # Where the tests are not run by root, this is the sudo that asks for nothing.
    machine.program("sudo", '#!/bin/bash\n[[ $1 == -n ]] && shift\nexec "$@"\n')
    (tmp_path / "installed").touch()
    return machine


def test_missing_packages_are_installed_in_one_go_and_said(machine: Machine) -> None:
    result = machine.run("lint")
    assert (result.returncode, result.stderr) == (0, "")
    update, install = machine.lines("apt")
    assert update.endswith(" update")
    assert install.endswith(" install -y --no-install-recommends nodejs node-typescript shellcheck")
    assert "Installing 3 Debian packages: nodejs node-typescript shellcheck" in result.stdout
    assert machine.lines("pip") == ["-m pip --disable-pip-version-check install -e .[dev]"]


def test_a_command_that_is_there_needs_no_package(machine: Machine) -> None:
    machine.program("node", "#!/bin/bash\n")
    machine.run("lint")
    assert machine.lines("apt")[-1].endswith(" --no-install-recommends node-typescript shellcheck")


def test_debian_makes_no_database_of_its_own_for_the_tests(machine: Machine) -> None:
    machine.program("install", '#!/bin/bash\necho "$*: $(cat)" >> "$MACHINE/kept"\n')
    machine.run("test")
    assert machine.lines("kept") == [
        "-D -m 644 /dev/stdin /etc/postgresql-common/createcluster.d/visitbooth.conf:"
        " create_main_cluster = false"
    ]
    assert " postgresql" in machine.lines("apt")[-1]
    machine.run("test")
    assert len(machine.lines("kept")) == 1


def test_a_ready_machine_is_left_alone_without_a_word(machine: Machine) -> None:
    machine.run("demo")
    before = machine.lines("apt"), machine.lines("pip")
    result = machine.run("demo")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert (machine.lines("apt"), machine.lines("pip")) == before


@pytest.mark.parametrize("file", ["setup.cfg", "pyproject.toml"])
def test_changed_dependencies_are_installed_again(machine: Machine, file: str) -> None:
    machine.run("lint")
    with (machine.checkout / file).open("a") as text:
        text.write("\n# changed\n")
    machine.run("lint")
    assert len(machine.lines("pip")) == 2


def test_an_installation_that_broke_off_is_not_taken_for_done(machine: Machine) -> None:
    machine.run("lint")
    (machine.checkout / ".venv/visitbooth-stamp").unlink()
    machine.run("lint")
    assert len(machine.lines("pip")) == 2


def test_a_failure_shows_the_end_of_the_log(machine: Machine) -> None:
    (machine.folder / "apt-fails").touch()
    result = machine.run("lint")
    assert result.returncode == 1
    assert "no network today" in result.stderr
    assert machine.lines("pip") == []


def test_a_missing_pythons_packages_are_installed_first(machine: Machine) -> None:
    (machine.folder / "bin/python3.11").unlink()
    result = machine.run("lint")
    assert machine.lines("apt")[-1].endswith(
        "recommends python3 python3-venv nodejs node-typescript shellcheck"
    )
    assert result.returncode == 1  # the package that this apt-get installs holds no python
    assert "Python 3.11 or newer is needed" in result.stderr


def test_without_apt_a_list_is_printed_and_nothing_touched(machine: Machine) -> None:
    (machine.folder / "bin/apt-get").unlink()
    result = machine.run("lint")
    assert result.returncode == 3
    assert (
        "apt-get install --no-install-recommends nodejs node-typescript shellcheck\n"
        in result.stderr
    )
    assert not (machine.checkout / ".venv").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root needs no sudo")
def test_without_sudo_a_list_is_printed(machine: Machine) -> None:
    (machine.folder / "bin/sudo").unlink()
    assert machine.run("lint").returncode == 3


@pytest.mark.parametrize("words", [[], ["everything"]])
def test_a_wrong_purpose_is_refused(machine: Machine, words: list[str]) -> None:
    result = machine.run(*words)
    assert (result.returncode, result.stderr) == (2, "Usage: .ci/bootstrap demo|test|vm|lint|deb\n")
