"""`show` writes a picture that can be opened, and meters that move."""

from __future__ import annotations

import json
from pathlib import Path

import av
from click.testing import CliRunner, Result

from hardware.__main__ import main
from hardware.cli_show import BAR, bar

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


def test_what_fails_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    nowhere = tmp_path / "none" / "p.png"
    told = run(*SIMULATED, "--output", str(nowhere))
    assert told.exit_code == 1
    assert f"visit-hardware: {nowhere}: No such file or directory" in told.stderr
    assert "dBFS" in told.stdout
    assert "picture:" not in told.stdout


def test_a_meter_is_full_and_empty_at_its_ends() -> None:
    assert bar(None, 0, 1) == bar(-5, 0, 1) == "." * BAR
    assert bar(2, 0, 1) == "#" * BAR
    assert bar(0.5, 0, 1).count("#") == BAR // 2
