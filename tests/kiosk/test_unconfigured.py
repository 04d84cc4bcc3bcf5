"""A kiosk without a right terminal.toml shows what is wrong, and starts again when it is right."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from kiosk.__main__ import START_AGAIN
from kiosk.unconfigured import mistakes

REPOSITORY = Path(__file__).parents[2]
RIGHT = 'terminal = "t4"\nhub = "ws://127.0.0.1:9"\nhub_name = "demo"\n'
DEADLINE_S = 60.0


def test_a_wrong_file_goes_before_what_is_on_a_stick(tmp_path: Path) -> None:
    file, adoption = tmp_path / "terminal.toml", tmp_path / "adopt.json"
    (missing,) = mistakes(file, adoption)
    assert "plug a stick in with the terminal.toml" in missing.text
    mistake = {"file": "sdb1: c4.toml", "line": 3, "key": "", "text": "found 0, expected 1"}
    adoption.write_text(json.dumps({"mistakes": [mistake]}))
    assert [str(each) for each in mistakes(file, adoption)] == [
        "sdb1: c4.toml, line 3: found 0, expected 1."
    ]
    adoption.write_text(json.dumps({"mistakes": []}))
    assert mistakes(file, adoption) == [missing]
    file.write_text(RIGHT.replace("hub_name", "hubname"))
    (wrong,) = mistakes(file, adoption)
    assert (wrong.file, wrong.line) == (file, 3)
    file.write_text(RIGHT)
    assert mistakes(file, adoption) == ()


def left_behind(folder: Path) -> list[Path]:
    return list(folder.glob("visitbooth-kivy-*"))


@pytest.mark.parametrize("ends", ["mended", "stopped"])
async def test_the_screen_stays_until_the_file_is_right(tmp_path: Path, ends: str) -> None:
    file = tmp_path / "terminal.toml"
    file.write_text(RIGHT.replace("hub_name", "hubname"))
    env = {**os.environ, "SDL_VIDEODRIVER": "offscreen", "TMPDIR": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kiosk", "--config", str(file),
        cwd=REPOSITORY, env=env, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        async with asyncio.timeout(DEADLINE_S):
            while b"kiosk=unconfigured" not in (line := await process.stderr.readline()):
                assert line, "it ended"
            if ends == "mended":
                file.write_text(RIGHT)
            else:
                process.send_signal(signal.SIGTERM)
            assert await process.wait() == (START_AGAIN if ends == "mended" else 0)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert left_behind(tmp_path) == []
