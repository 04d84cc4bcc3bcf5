"""`show` writes a picture that can be opened, and meters that move."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import av
import pytest
from click.testing import CliRunner, Result

from hardware import discovery, factory
from hardware.__main__ import main
from hardware.cli_show import BAR, bar
from tests.hardware.commands import started

SIMULATED = ("--camera", "simulated", "--microphone", "simulated", "--seconds", "0.5")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["show", *words])


def test_the_picture_is_what_the_camera_sees(tmp_path: Path) -> None:
    path = tmp_path / "booth.png"
    told = run(*SIMULATED, "--output", str(path))
    assert told.exit_code == 0, told.output
    assert f"picture: {path}" in told.stdout
    assert "-15 dBFS" in told.stdout
    with av.open(str(path)) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert picture.shape == (480, 640, 3)
    assert int(picture.max()) - int(picture.min()) > 100


def test_json_is_a_line_for_each_reading(tmp_path: Path) -> None:
    told = run(*SIMULATED, "--json", "--output", str(tmp_path / "p.png"))
    readings = [json.loads(line) for line in told.stdout.splitlines()]
    assert len(readings) >= 2
    assert readings[-1]["level_dbfs"] < -10
    assert readings[-1]["pictures"] > readings[0]["pictures"]


def test_what_fails_is_told_with_what_to_do_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "attached", lambda *_: ())
    path = tmp_path / "p.png"
    told = run(*SIMULATED, "--camera", "auto", "--output", str(path))
    assert told.exit_code == 1
    assert "visit-hardware: camera: no camera is attached. Plug it in" in told.stderr
    assert "dBFS" in told.stdout
    assert "picture:" not in told.stdout
    assert not path.exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [("none/p.png", "there is no folder"), ("p.jpg", "expected a name that ends in .png")],
)
def test_where_the_picture_goes_is_checked_before_anything_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.setattr(factory, "camera", lambda *_: pytest.fail("it was opened"))
    told = run(*SIMULATED, "--output", str(tmp_path / name))
    assert (told.exit_code, told.stdout) == (2, "")
    assert words in told.stderr


def test_a_disk_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    told = run(*SIMULATED, "--output", str(tmp_path / "p.png"))
    assert told.exit_code == 1
    assert "p.png: No space left on device" in told.stderr


def test_a_reader_that_goes_ends_it_quietly(tmp_path: Path) -> None:
    words = ("--camera", "simulated", "--microphone", "simulated", "--json")
    with started("show", *words, "--output", str(tmp_path / "p.png")) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        process.wait(20)
    assert process.returncode == 1


def test_ctrl_c_shows_what_came_so_far(tmp_path: Path) -> None:
    words = ("--camera", "simulated", "--microphone", "simulated", "--seconds", "60")
    path = tmp_path / "p.png"
    with started("show", *words, "--output", str(path)) as process:
        deadline = time.monotonic() + 20
        while not path.exists() and time.monotonic() < deadline:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        shown, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "luma" in shown
    assert "dBFS" in shown
    assert said.splitlines()[-1] == "Stopped by Ctrl+C."


def test_a_meter_is_full_and_empty_at_its_ends() -> None:
    assert bar(None, 0, 1) == bar(-5, 0, 1) == "." * BAR
    assert bar(2, 0, 1) == "#" * BAR
    assert bar(0.5, 0, 1).count("#") == BAR // 2
