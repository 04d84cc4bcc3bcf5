"""What showing video costs the thread that draws: one frame's upload, and the interface around it.

The window is real, on an Xvfb of its own, so OpenGL is software: its rasterising is in other
threads and in the flip, which a terminal's graphics card does instead, and is told apart.

| column | means |
| --- | --- |
| ours | three planes to three luminance textures, the shader does the rest |
| peer | what one would write instead; named in the row |
| limit | the planes copied once, nothing else |
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.bench.report import Benchmark, Row

REPOSITORY: Final = Path(__file__).parents[2]
SCREEN: Final = "1920x1080"
GOALS_MS: Final = {"480p": 0.2, "720p": 0.3, "1080p": None}
INTERFACE_GOAL_MS: Final = 10.0
TIMEOUT_S: Final = 180


def measured() -> list[Row]:
    """Draw in a window of its own process; return the rows. Takes about 20 s."""
    told = _drawn()
    rows = []
    for size, goal in GOALS_MS.items():
        took = told["update_ms"][size]
        for peer, name in (("ndarray", "to_ndarray, flip, tobytes"), ("sws", "sws to rgb24")):
            what = f"draw one frame {size}, main thread (peer: {name})"
            rows.append(Row(what, "ms", took["ours"], took[peer], took["copy"], goal))
    interface, flip = told["interface_ms"], told["flip_ms"]
    what = "interface around a displayed 720p frame, main thread, without the flip, p95"
    rows.append(Row(what, "ms", interface["p95"], None, None, INTERFACE_GOAL_MS))
    rows.append(Row("the same, median", "ms", interface["p50"], None, None, None))
    rows.append(Row("flip in software, p50", "ms", flip["p50"], None, None, None))
    rows.append(
        Row("arrival of a frame to its flip, p50", "ms", told["shown_ms"], None, None, None)
    )
    what = "redraws a second at 30 frames a second and a self-view"
    rows.append(Row(what, "1/s", told["redraws_per_s"], None, 30.0, 33.0))
    return rows


def _drawn() -> dict[str, Any]:
    with display() as name, tempfile.TemporaryDirectory(prefix="visitbooth-draw-") as home:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.draw_stage", home],
            env={**os.environ, "DISPLAY": name, "SDL_VIDEODRIVER": "x11"},
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            timeout=TIMEOUT_S,
            check=True,
        )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@contextmanager
def display() -> Iterator[str]:
    """Run an X server in memory; yield its name."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{SCREEN}x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            yield f":{pipe.readline().strip()}"
    finally:
        server.terminate()
        server.wait(10)


def main() -> bool:
    """Measure and report; whether every goal was met."""
    bench = Benchmark("draw")
    bench.rows += measured()
    return bench.finish("ms")


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
