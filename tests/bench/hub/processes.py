"""The processes of a run, and what the kernel says of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tests.bench.hub.sizes import Size
from tests.e2e.processes import Process

ROOT: Final = Path(__file__).parents[3]
PEERJS: Final = ROOT / ".cache/npm/node_modules/.bin/peerjs"
TICKS: Final = os.sysconf("SC_CLK_TCK")
PAGE_SIZE: Final = os.sysconf("SC_PAGE_SIZE")
ANSWER_WITHIN_S: Final = 300.0


def environment() -> dict[str, str]:
    """Return the environment of what is measured: as installed, with its byte code at hand."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def many_files() -> None:
    """Let this process's children open as many sockets as the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def cpu_s(pid: int) -> float:
    """Return the processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_kib(pid: int) -> float:
    """Return the resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * PAGE_SIZE / 1024


def relay() -> tuple[Process, str]:
    """Return the bare relay, and what says where it listens."""
    process = Process("relay", [sys.executable, "-m", "tests.bench.hub.relay"])
    return process, r"listening on 127\.0\.0\.1:(\d+)"


def peerjs(port: int) -> tuple[Process, str]:
    """Return PeerJS' server. It cannot choose a port by itself."""
    argv = [str(PEERJS), "--port", str(port), "--host", "127.0.0.1", "--path", "/"]
    return Process("peerjs", [*argv, "--concurrent_limit", "20000"]), r"port: (\d+)"


class Worker:
    """The load client."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child

    async def do(
        self, what: str, *, within_s: float = ANSWER_WITHIN_S, **more: Any
    ) -> dict[str, Any]:
        """Have something done; return what came of it. Raises RuntimeError when it failed."""
        assert self._child.stdin is not None and self._child.stdout is not None
        self._child.stdin.write(json.dumps({"do": what, **more}).encode() + b"\n")
        async with asyncio.timeout(within_s):
            line = await self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"the load client failed at {what}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.asynccontextmanager
async def worker(
    kind: str, url: str, size: Size, *more: str, module: str = "load"
) -> AsyncIterator[Worker]:
    """Run a load client; it ends with this. See the module for its words."""
    words = [kind, url, json.dumps(asdict(size)), *more]
    argv = [sys.executable, "-m", f"tests.bench.hub.{module}", *words]
    child = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 26,
    )
    try:
        yield Worker(child)
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
