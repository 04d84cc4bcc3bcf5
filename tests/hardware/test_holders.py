"""Who has a device open, as /proc tells it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from hardware.holders import Holder, holders, lacking

CAMERA = "/dev/video0"
EAR = "/dev/snd/pcmC1D0p"


def process(proc: Path, pid: int, comm: str, words: list[str], *opened: str) -> None:
    """Put a process with open files into a /proc of the test's."""
    folder = proc / str(pid)
    (folder / "fd").mkdir(parents=True)
    (folder / "comm").write_text(f"{comm}\n")
    (folder / "cmdline").write_bytes("\0".join([*words, ""]).encode())
    for number, target in enumerate(opened):
        (folder / "fd" / str(number)).symlink_to(target)


def test_each_node_has_its_processes(tmp_path: Path) -> None:
    process(tmp_path, 7, "cheese", ["cheese"], CAMERA, "/dev/null")
    process(tmp_path, 12, "python3", ["python3", "-I", "-m", "kiosk.media.process", "4"], CAMERA)
    process(tmp_path, 13, "bash", ["bash"])
    (tmp_path / "self").symlink_to("7")
    found = holders([CAMERA, EAR], tmp_path)
    assert found == {CAMERA: (Holder(7, "cheese"), Holder(12, "visit-kiosk")), EAR: ()}
    assert [each.is_kiosk for each in found[CAMERA]] == [False, True]


@pytest.mark.parametrize(
    "words",
    [
        ["/opt/visitbooth/bin/python", "/opt/visitbooth/bin/visit-kiosk", "--windowed"],
        ["visit-kiosk"],
        ["python3", "-m", "kiosk"],
    ],
)
def test_the_kiosk_is_known_however_it_was_started(tmp_path: Path, words: list[str]) -> None:
    process(tmp_path, 5, "python", words, CAMERA)
    assert holders([CAMERA], tmp_path)[CAMERA] == (Holder(5, "visit-kiosk"),)


def test_a_browser_in_its_own_kiosk_is_another(tmp_path: Path) -> None:
    process(tmp_path, 6, "chromium", ["chromium", "--start", "kiosk"], CAMERA)
    assert not holders([CAMERA], tmp_path)[CAMERA][0].is_kiosk


def test_who_has_a_sound_card_is_known_though_its_files_are_not(tmp_path: Path) -> None:
    folder = tmp_path / "asound/card1/pcm0p/sub0"
    folder.mkdir(parents=True)
    (folder / "status").write_text("state: RUNNING\nowner_pid   : 31\ntrigger_time: 1.5\n")
    (tmp_path / "31").mkdir()
    (tmp_path / "31/comm").write_text("pulseaudio\n")
    (tmp_path / "31/cmdline").write_bytes(b"pulseaudio\0")
    assert holders([EAR], tmp_path) == {EAR: (Holder(31, "pulseaudio"),)}


def test_a_process_that_ends_meanwhile_is_still_told(tmp_path: Path) -> None:
    (tmp_path / "9/fd").mkdir(parents=True)
    (tmp_path / "9/fd/3").symlink_to(CAMERA)
    assert holders([CAMERA], tmp_path)[CAMERA][0].pid == 9


def test_what_this_process_has_open_is_found(tmp_path: Path) -> None:
    path = tmp_path / "node"
    path.touch()
    with path.open():
        assert [each.pid for each in holders([str(path)])[str(path)]] == [os.getpid()]
    assert holders([str(path)])[str(path)] == ()


def test_what_may_be_opened_lacks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "node"
    path.touch()
    assert lacking(str(path)) == ""
    assert lacking(str(tmp_path / "none")) == "missing"


class Group(NamedTuple):
    gr_name: str


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (44, "no permission: this user is not in the group video"),
        (0, "no permission: only root may open it"),
    ],
)
def test_the_group_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    wanted: list[int] = []

    def refused(_: object, mode: int) -> bool:
        wanted.append(mode)
        return False

    real = Path.stat(Path("/dev/null"))
    owned = os.stat_result([*real[:5], number, *real[6:10]])
    monkeypatch.setattr(os, "access", refused)
    monkeypatch.setattr(Path, "stat", lambda _: owned)
    monkeypatch.setattr("grp.getgrgid", {44: Group("video")}.__getitem__)
    assert lacking(CAMERA) == words
    assert wanted == [os.R_OK | os.W_OK]


def test_inputs_are_only_read(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[int] = []

    def allowed(_: object, mode: int) -> bool:
        wanted.append(mode)
        return True

    monkeypatch.setattr(os, "access", allowed)
    assert lacking("/dev/input/event3") == lacking("/dev/hidraw0") == ""
    assert wanted == [os.R_OK, os.R_OK]
