"""The Debian packages hold what the units and the scripts rely on, each file once."""

from __future__ import annotations

import configparser
import re
import subprocess
from pathlib import Path

import pytest

from signalling.version import VERSION
from tests.systemd.machine import SOURCES, UNITS, settings
from tests.vm.image import PACKAGES, PYTHON

DEBIAN = SOURCES / "debian"
ROOT = SOURCES.parent
NAMES = ("visitbooth", "visitbooth-hub", "visitbooth-terminal")
FOR_TESTS = {"systemd-sysv", "dbus", "kmod", "linux-image-amd64", "procps", "iproute2"}
"""In the guest's image for the guest's own sake."""


def installed(package: str) -> dict[str, str]:
    """Where each file of the repository goes, by its path."""
    lines = (DEBIAN / f"{package}.install").read_text().splitlines()
    return dict(tuple(line.split()) for line in lines)  # type: ignore[misc]  # two words, or fails


def control(package: str) -> str:
    """Return the package's paragraph."""
    text = (DEBIAN / "control").read_text()
    found = re.search(rf"^Package: {package}\n(?:.+\n)+", text, re.MULTILINE)
    assert found
    return found[0]


def depends(package: str) -> set[str]:
    field = re.search(r"^(?:Depends|Recommends|Suggests): ?((?:.*\n )*.*)", control(package), re.M)
    assert field
    return {re.split(r"[ (]", name.strip())[0] for name in field[1].split(",")}


def recommends(package: str) -> set[str]:
    field = re.search(r"^Recommends: (.*)", control(package), re.M)
    return {*field[1].split(", ")} if field else set()


@pytest.mark.parametrize("unit", UNITS)
def test_each_unit_is_in_one_package(unit: str) -> None:
    homes = [name for name in NAMES if f"systemd/{unit}" in installed(name)]
    assert len(homes) == 1
    assert installed(homes[0])[f"systemd/{unit}"] == "lib/systemd/system"


def test_every_file_that_is_packed_is_there() -> None:
    named = [path for name in NAMES for path in installed(name)]
    assert len(named) == len({*named}), "each once"
    made = ("debian/tmp/",)
    missing = [path for path in named if not path.startswith(made) and not (ROOT / path).exists()]
    assert missing == []


def test_every_file_of_the_table_of_places_is_packed() -> None:
    """systemd/README.md says what goes where; the TURN server's are examples."""
    packed = {Path(path) for name in NAMES for path in installed(name)}
    table = re.findall(r"^\| (`.*?) \| `?(/.*?) \|", (SOURCES / "README.md").read_text(), re.M)
    assert table
    for files, _ in table:
        for file in re.findall(r"`([^`]+)`", files):
            path = Path("systemd") / file
            assert path in packed or path.parent in packed, file


@pytest.mark.parametrize("unit", UNITS)
def test_the_programs_of_units_are_in_the_packages(unit: str) -> None:
    packed = {
        f"/{place}/{Path(path).name}" for name in NAMES for path, place in installed(name).items()
    }
    for command in settings(unit, "ExecStart") + settings(unit, "ExecStartPre"):
        program = command.split()[0].lstrip("-+!")
        assert program in packed or not program.startswith("/opt/"), program


def test_commands_are_made_and_on_the_path() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    points = dict(
        re.findall(r"^(visit-\w+) = (.+?)\.__main__:main$",
                   setup["options.entry_points"]["console_scripts"], re.M)
    )  # fmt: skip
    made = re.findall(r"^    (visit-\w+) +([\w.]+)", (DEBIAN / "environment").read_text(), re.M)
    assert dict(made) == points
    links = "".join((DEBIAN / f"{name}.links").read_text() for name in NAMES)
    assert {*links.splitlines()} == {f"opt/visitbooth/bin/{name} usr/bin/{name}" for name in points}
    packed = {path for name in NAMES for path in installed(name)}
    assert {f"debian/tmp/opt/visitbooth/bin/{name}" for name in points} <= packed


def test_what_the_guest_needed_the_terminal_asks_for() -> None:
    """The guest's packages are those that a terminal was tried with."""
    asked = depends("visitbooth") | depends("visitbooth-terminal")
    assert {*PACKAGES.split()} - FOR_TESTS <= asked | recommends("visitbooth-terminal")


def test_the_version_and_the_python_are_said_alike() -> None:
    assert (DEBIAN / "changelog").read_text().startswith(f"visitbooth ({VERSION}) bookworm; ")
    assert f"SUITE_PYTHON := {PYTHON}\n" in (DEBIAN / "rules").read_text()
    assert f"python3 (>= {PYTHON}), python3 (<< 3.12)" in control("visitbooth")


def test_nothing_is_enabled_or_started_by_a_package() -> None:
    """A hub without hub.toml and a terminal without its file are no faults."""
    assert "dh_installsystemd --no-enable --no-start" in (DEBIAN / "rules").read_text()


@pytest.mark.parametrize("name", ["visitbooth-hub", "visitbooth-terminal"])
def test_only_purging_takes_settings_and_state(name: str, tmp_path: Path) -> None:
    """The script runs with its paths below a folder."""
    text = (DEBIAN / f"{name}.postrm").read_text()
    script = tmp_path / "postrm"
    script.write_text(re.sub(r" /(var|etc)/", rf" {tmp_path}/\1/", text))
    state = {"visitbooth-hub": "visitbooth-hub", "visitbooth-terminal": "visitbooth"}[name]
    file = {"visitbooth-hub": "hub.toml", "visitbooth-terminal": "terminal.toml"}[name]
    ours = [tmp_path / "var/lib" / state / "kept", tmp_path / "etc/visitbooth" / file]
    others = [tmp_path / "var/lib/other/kept", tmp_path / "etc/visitbooth/other.toml"]
    for path in ours + others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for verb in ("upgrade", "remove"):
        subprocess.run(["sh", str(script), verb], check=True)
        assert all(path.exists() for path in ours + others)
    subprocess.run(["sh", str(script), "purge"], check=True)
    assert not any(path.exists() for path in ours)
    assert all(path.exists() for path in others)
