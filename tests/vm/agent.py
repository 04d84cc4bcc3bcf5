"""Runs in the guest, as root: executes the scripts that the test sends over a virtio serial port.

Standard library only, and nothing of ours: the guest's own Python starts it from the shared folder.
A request is a line {"id", "script", "deadline_s"}; the answer is a line {"id", "status", "out"}.
The first line said is {"id": 0}: the guest is up. Each script has a thread of its own; what it
leaves running in the background is nobody's, and goes with the guest.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any, BinaryIO

PORT = Path("/dev/virtio-ports/agent")
MAX_OUTPUT = 1 << 20
"""Bytes of output that are sent; the last ones, when there are more."""
TIMED_OUT = 124
"""As timeout(1) has it."""


def main() -> None:
    """Serve until the guest is ended."""
    # Opened once (the kernel lets nobody else have it), for reading and for writing.
    with PORT.open("r+b", buffering=0) as port, os.fdopen(os.dup(port.fileno()), "rb") as requests:
        speaking = threading.Lock()
        say(port, speaking, {"id": 0})
        for line in requests:
            request = json.loads(line)
            threading.Thread(target=serve, args=(port, speaking, request), daemon=True).start()


def serve(port: BinaryIO, speaking: threading.Lock, request: dict[str, Any]) -> None:
    """Run one script and answer."""
    status, out = execute(request["script"], request["deadline_s"])
    answer = {"id": request["id"], "status": status, "out": out.decode(errors="replace")}
    say(port, speaking, answer)


def execute(script: str, deadline_s: float) -> tuple[int, bytes]:
    """Return a script's status and output; both streams are one."""
    # A file and no pipe: a pipe ends only when the last background process has closed it.
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(
            ["/bin/bash", "-c", script], cwd="/root", stdin=subprocess.DEVNULL,
            stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
        try:
            status = child.wait(deadline_s)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            status = TIMED_OUT
        size = output.seek(0, os.SEEK_END)
        output.seek(max(0, size - MAX_OUTPUT))
        return status, output.read()


def say(port: BinaryIO, speaking: threading.Lock, message: dict[str, Any]) -> None:
    """Write one line whole."""
    data = json.dumps(message).encode() + b"\n"
    with speaking:
        while data:
            data = data[port.write(data) :]


if __name__ == "__main__":
    main()
