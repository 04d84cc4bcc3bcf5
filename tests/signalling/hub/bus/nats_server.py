"""A real nats-server (Debian's) on a free port of loopback."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

START_S = 10.0


@dataclass
class NatsServer:
    """A running server. `pause` and `go_on` freeze it."""

    url: str
    process: asyncio.subprocess.Process

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def nats_server(
    folder: Path, port: int = -1, words: tuple[str, ...] = ()
) -> AsyncIterator[NatsServer]:
    """Start a server; port -1: any free one. It writes its ports into `folder`."""
    process = await asyncio.create_subprocess_exec(
        "nats-server",
        *("-a", "127.0.0.1", "-p", str(port), "--ports_file_dir", str(folder)),
        *words,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        ports = folder / f"nats-server_{process.pid}.ports"
        async with asyncio.timeout(START_S):
            while not (ports.exists() and ports.read_text().endswith("}")):
                assert process.returncode is None, "nats-server ended at once"
                await asyncio.sleep(0.005)
        yield NatsServer(json.loads(ports.read_text())["nats"][0], process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
