"""One kiosk per state folder, and none without a display."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk import startup
from kiosk.__main__ import _key
from kiosk.startup import CannotStart, check_display, only_one

TERMINAL = """\
terminal = "t4"
hub = "ws://127.0.0.1:9"
hub_name = "demo"
state_dir = "{state}"
"""


def test_a_state_folder_is_held_by_one_kiosk_and_free_again_after_it(tmp_path: Path) -> None:
    state = tmp_path / "new" / "state"
    with only_one(state):
        assert state.stat().st_mode & 0o777 == 0o700
        with (
            pytest.raises(CannotStart, match=f"another kiosk runs with this state_dir: {state}"),
            only_one(state),
        ):
            pass
    with only_one(state):
        pass


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(CannotStart, match=r"cannot use the state_dir .*/file/state: Not a dir"),
        only_one(tmp_path / "file" / "state"),
    ):
        pass


@pytest.mark.parametrize("driver", ["KMSDRM", "offscreen", "wayland"])
def test_a_driver_that_was_chosen_needs_no_x_server(driver: str) -> None:
    environ = {"SDL_VIDEODRIVER": driver}
    check_display(environ)
    assert environ == {"SDL_VIDEODRIVER": driver}


@pytest.mark.parametrize("chosen", [{}, {"SDL_VIDEODRIVER": "x11"}])
def test_no_display_is_one_sentence(chosen: dict[str, str]) -> None:
    with pytest.raises(CannotStart, match=r"no display: DISPLAY is not set .*KMSDRM"):
        check_display(dict(chosen))


@pytest.mark.parametrize("display", [":64999", "unix:64999", "nonsense", ":x"])
def test_a_display_that_does_not_answer_is_named(display: str) -> None:
    with pytest.raises(CannotStart, match=f"no display: DISPLAY={display}: "):
        check_display({"DISPLAY": display})


@pytest.mark.parametrize("display", [":7", ":7.0", "unix:7"])
def test_a_display_that_answers_pins_the_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, display: str
) -> None:
    monkeypatch.setattr(startup, "X11_SOCKETS", str(tmp_path / "X"))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "X7"))
        server.listen()
        environ = {"DISPLAY": display}
        check_display(environ)
    assert environ["SDL_VIDEODRIVER"] == "x11"


def test_a_display_over_tcp(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(startup, "X11_PORT", server.getsockname()[1] - 3)
        check_display({"DISPLAY": "127.0.0.1:3"})


def started(tmp_path: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `visit-kiosk` until it gives up."""
    state = tmp_path / "state"
    file = tmp_path / "terminal.toml"
    file.write_text(TERMINAL.format(state=state))
    return subprocess.run(
        [sys.executable, "-m", "kiosk", "--config", file, "--windowed"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_visit_kiosk_does_not_start_invisibly(tmp_path: Path) -> None:
    ended = started(tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.startswith("visit-kiosk: there is no display")
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "state").exists()


def test_visit_kiosk_does_not_start_twice(tmp_path: Path) -> None:
    with only_one(tmp_path / "state"):
        ended = started(tmp_path, SDL_VIDEODRIVER="offscreen")
    assert ended.returncode == 1
    state = tmp_path / "state"
    assert ended.stderr == f"visit-kiosk: another kiosk runs with this state_dir: {state}\n"


def test_the_screen_process_does_without_ffmpeg_and_numpy() -> None:
    """They are the media process's: 12 MB less here."""
    code = "import sys, kiosk.__main__; print(sorted({'av', 'numpy', 'aiortc'} & {*sys.modules}))"
    words = [sys.executable, "-c", code]
    told = subprocess.run(words, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_key_that_cannot_be_kept_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotStart, match=f"key cannot .* {tmp_path}: No space left on device"):
        _key(tmp_path)
