"""install-terminal on a machine that is a folder: steps, refusals, a power cut at each call."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.systemd.fake_machine import SCRIPTS, FakeMachine
from tests.systemd.machine import SOURCES

SETTINGS = """\
terminal = "t4"
hub = "wss://127.0.0.1:9"
hub_name = "main"
enrolment_code = "K7QF-2MXR"
"""
IDLE = "time=x screen=idle visit=- status=- sheet=- faults=-\ntime=x link=up hub=main\n"
NOTHING = re.compile(r"Nothing was changed\.$")
PLACE = "etc/visitbooth/terminal.toml"


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    made = FakeMachine(tmp_path)
    made.says(IDLE)
    (made.carried / "terminal.toml").write_text(SETTINGS)
    return made


def file(machine: FakeMachine) -> str:
    return str(machine.carried / "terminal.toml")


def test_one_command_makes_a_terminal_and_a_second_finds_all_done(machine: FakeMachine) -> None:
    done = machine.run("install-terminal", "--yes", file(machine))
    assert done.returncode == 0, done.stdout + done.stderr
    steps = re.findall(r"^\[(\d)/5\] (\w+): .*\.\.\. (?:done \(\d+\.\d s\)|already done)$",
                       done.stdout, re.MULTILINE)  # fmt: skip
    assert [name for _, name in steps] == [
        "packages", "settings", "services", "screen", "lockdown",
    ]  # fmt: skip
    assert "It shows its idle screen." in done.stdout
    assert "Next: visit-hardware test" in done.stdout
    assert (machine.root / PLACE).read_text() == SETTINGS
    assert (machine.root / PLACE).stat().st_mode & 0o777 == 0o640
    owners = (machine.fake / "owners").read_text()
    assert re.search(r"^root:visitbooth-kiosk .*terminal\.toml\.new$", owners, re.MULTILINE)
    assert {"visitbooth-display", "visitbooth-kiosk"} <= {
        path.name for path in (machine.fake / "enabled").iterdir()
    }

    before = machine.files()
    again = machine.run("install-terminal", file(machine))
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("already done") == 5
    assert machine.files() == before
    changing = re.compile(r"apt-get|chown|systemctl (start|restart|enable|set-default)")
    assert [call for call in machine.calls() if changing.match(call)] == []


def test_a_dry_run_says_what_would_be_done_and_does_nothing(machine: FakeMachine) -> None:
    before = machine.files()
    done = machine.run("install-terminal", "--dry-run", file(machine))
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^\[\d/5\] .* \.\.\. would \w+", done.stdout, re.MULTILINE)) == 5
    assert machine.files() == before
    assert not (machine.root / "var/log/visitbooth-install.log").exists()


@pytest.mark.parametrize(
    "cut",
    [
        "apt-get update",
        "apt-get * install */visitbooth_*",
        "chown *terminal.toml.new",
        "sync */etc/visitbooth",
        "systemctl set-default *",
        "systemctl restart *",
    ],
)
def test_after_a_power_cut_the_same_command_goes_on(machine: FakeMachine, cut: str) -> None:
    broken = machine.run("install-terminal", "--yes", file(machine), CUT=cut)
    assert broken.returncode == -9, broken.stdout
    place = machine.root / PLACE
    assert not place.exists() or place.read_text() == SETTINGS, "whole or not at all"
    if cut.startswith("apt-get"):
        (machine.fake / "audit").write_text("half installed\n")
    whole = machine.run("install-terminal", "--yes", file(machine))
    assert whole.returncode == 0, whole.stderr
    assert place.read_text() == SETTINGS
    assert not [*place.parent.glob("*.new")], "nothing half written is left"
    assert "It shows its idle screen." in whole.stdout


# -- refusals: one sentence, nothing changed ------------------------------------------------------


def refused(machine: FakeMachine, *words: str, **environment: str) -> str:
    """Run it; return what it said of why nothing was changed."""
    before = machine.files()
    done = machine.run("install-terminal", *words, **environment)
    assert done.returncode == 1, done.stdout
    assert machine.files() == before
    assert not any(call.startswith("apt-get") for call in machine.calls())
    said = done.stderr.strip()
    assert NOTHING.search(said) and "\n" not in said, said
    return said


def test_another_system_is_refused(machine: FakeMachine) -> None:
    machine.release(ID="ubuntu", VERSION_ID="24.04")
    assert refused(machine, file(machine)).startswith(
        "This is for Debian 12; this machine says it is ubuntu 24.04."
    )
    machine.release(ID="debian", VERSION_ID="13")
    assert "debian 13" in refused(machine, file(machine))


def test_another_processor_is_refused(machine: FakeMachine) -> None:
    assert "this machine is arm64" in refused(machine, file(machine), ARCHITECTURE="arm64")


def test_who_is_not_root_is_told_so() -> None:
    """On this very machine, which a stranger could not change anyway."""
    if os.geteuid() or 'VERSION_ID="12"' not in Path("/etc/os-release").read_text():
        pytest.skip("only root can be somebody else, and Debian 12 is asked for first")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for script in SCRIPTS:
            shutil.copy(SOURCES / script, folder)
        done = subprocess.run(
            ["bash", str(folder / "install-terminal")], user=65534, group=65534, cwd="/",
            extra_groups=[], env={**os.environ, "HOME": "/"}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        "Installing takes root: run it again with sudo, or as root. Nothing was changed.\n"
    )


def test_the_console_that_the_screen_takes_is_no_place_for_it(machine: FakeMachine) -> None:
    assert "This is the first console" in refused(machine, file(machine), TTY="/dev/tty1")


def test_no_disk_left_is_seen_before_anything_is_done(machine: FakeMachine) -> None:
    said = refused(machine, file(machine), FREE_MIB="700")
    assert said.startswith("The disk has 700 MiB left and 1100 MiB are needed.")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "There is no file"),
        (b"", "is empty: was it copied whole?"),
        (b"terminal = 't4'\n" + bytes(600), "is no settings file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is no settings file"),
        (b"x" * 2_000_000, "is no settings file"),
    ],
)
def test_what_is_no_settings_file_is_refused(
    machine: FakeMachine, content: bytes | None, words: str
) -> None:
    path = Path(file(machine))
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert words in refused(machine, file(machine))


def test_packages_that_are_missing_or_half_copied_are_refused(machine: FakeMachine) -> None:
    (deb,) = machine.carried.glob("visitbooth-terminal_*")
    deb.write_bytes(deb.read_bytes()[:100])
    assert "is damaged, or only half of it was copied" in refused(machine, file(machine))
    deb.unlink()
    assert "or none" in refused(machine, file(machine))
    empty = machine.carried / "empty"
    empty.mkdir()
    assert "There are no packages in" in refused(machine, "--deb", str(empty), file(machine))


def test_an_older_version_does_not_replace_a_newer_one(machine: FakeMachine) -> None:
    (machine.fake / "installed/visitbooth-terminal").write_text("0.2.0")
    assert "visitbooth-terminal 0.2.0 is installed, which is newer than 0.1.0" in refused(
        machine, file(machine)
    )


def test_wrong_words_are_told(machine: FakeMachine) -> None:
    for words in (["--wrong"], ["a.toml", "b.toml"], ["--deb"]):
        done = machine.run("install-terminal", *words)
        assert done.returncode == 2
        assert "install-terminal --help" in done.stderr


# -- what is seen only with the programs: the packages stay, the settings are as they were ---------


def test_half_a_file_is_told_by_line_and_key_and_the_old_settings_stay(
    machine: FakeMachine,
) -> None:
    assert machine.run("install-terminal", "--yes", file(machine)).returncode == 0
    Path(file(machine)).write_text(SETTINGS[:40])
    done = machine.run("install-terminal", "--yes", file(machine))
    assert done.returncode == 1
    assert "terminal.toml, line 2" in done.stderr
    assert "run this again; no settings were changed." in done.stderr
    assert (machine.root / PLACE).read_text() == SETTINGS


def test_a_hub_that_is_not_there_is_told_and_asked_about(machine: FakeMachine) -> None:
    done = machine.run("install-terminal", file(machine))
    assert done.returncode == 1
    assert "Nothing listens at 127.0.0.1:9: is the hub running" in done.stdout
    assert "Run this again when the hub answers, or with --yes" in done.stderr
    assert not (machine.root / PLACE).exists()
    assert machine.run("install-terminal", "--yes", file(machine)).returncode == 0


def test_without_a_network_it_says_so_and_goes_on_later(machine: FakeMachine) -> None:
    done = machine.run("install-terminal", "--yes", file(machine), NO_NETWORK="1", UPDATE="100")
    assert done.returncode == 1
    assert "Debian's packages could not be fetched: is the network up" in done.stderr
    assert "it goes on from here" in done.stderr
    assert machine.run("install-terminal", "--yes", file(machine)).returncode == 0


def test_an_installation_by_hand_gives_way_and_its_settings_stay(machine: FakeMachine) -> None:
    venv, unit = machine.root / "opt/visitbooth", "etc/systemd/system/visitbooth-kiosk.service"
    venv.mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text("by hand")
    (machine.root / unit).parent.mkdir(parents=True)
    (machine.root / unit).write_text("[Unit]")
    (machine.root / PLACE).parent.mkdir()
    (machine.root / PLACE).write_text(SETTINGS)
    done = machine.run("install-terminal")
    assert done.returncode == 0, done.stderr
    assert "An installation without packages is here" in done.stdout
    assert (machine.root / "opt/visitbooth.before/pyvenv.cfg").read_text() == "by hand"
    assert not (machine.root / unit).exists()
    assert (machine.root / PLACE).read_text() == SETTINGS


def test_an_upgrade_keeps_the_settings_and_says_from_what_to_what(machine: FakeMachine) -> None:
    assert machine.run("install-terminal", "--yes", file(machine)).returncode == 0
    machine.pack("0.1.1")
    done = machine.run("install-terminal")
    assert done.returncode == 0
    assert "visitbooth-terminal 0.1.0 is here: it is upgraded to 0.1.1" in done.stdout
    assert (machine.fake / "installed/visitbooth-terminal").read_text().strip() == "0.1.1"
    assert (machine.root / PLACE).read_text() == SETTINGS


def test_the_authority_beside_the_file_comes_along(machine: FakeMachine) -> None:
    """Whether it is there the file's rules ask, which know no other root: here it stays wrong."""
    Path(file(machine)).write_text(SETTINGS + 'ca_file = "/etc/visitbooth/authority.pem"\n')
    (machine.carried / "authority.pem").write_text("PEM")
    machine.run("install-terminal", "--yes", file(machine))
    assert (machine.root / "etc/visitbooth/authority.pem").read_text() == "PEM"


def test_the_end_tells_what_the_screen_shows_and_why_there_is_no_link(machine: FakeMachine) -> None:
    machine.says(
        "time=x screen=out-of-order visit=- faults=CAM-01,HUB-01\n"
        "time=x link=refused the code was used. Make a new code: visit-hub terminal add\n"
    )
    done = machine.run("install-terminal", "--yes", file(machine), LINK_WITHIN_S="0")
    assert done.returncode == 0
    assert "out of order: CAM-01,HUB-01" in done.stdout
    assert "not linked to its hub yet, wss://127.0.0.1:9: link=refused the code" in done.stdout


def test_without_a_file_the_terminal_asks_for_one(machine: FakeMachine) -> None:
    done = machine.run("install-terminal")
    assert done.returncode == 0, done.stderr
    assert "Put terminal.toml on a USB stick" in done.stdout
