"""`visit-hardware` as a process of its own, for what only a signal or a pipe shows."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def started(*words: str) -> subprocess.Popen[str]:
    """Start a command; to be used as a context, which waits for its end."""

    def hear_ctrl_c() -> None:
        # A shell has what it starts in the background, these tests perhaps, ignore it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return subprocess.Popen(
        [sys.executable, "-m", "hardware", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        preexec_fn=hear_ctrl_c,  # noqa: PLW1509 - no threads run here that it could deadlock with
    )


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Read its standard error until `words` are in a line."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"it ended without saying: {words}")
