"""A real TURN server (Debian's coturn) on loopback, for tests of the relay path."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from kiosk.media.relays import TurnServer

USERNAME, PASSWORD = "terminal", "not-a-secret"
HOST = "127.0.0.1"
START_S = 10.0
TRIES = 50


def free_port() -> int:
    """Return a port that is free for UDP and TCP just now."""
    for _ in range(TRIES):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind((HOST, 0))
            port: int = udp.getsockname()[1]
            with suppress(OSError):  # what is free for the one need not be so for the other
                tcp.bind((HOST, port))
                return port
    raise RuntimeError(f"no port of {HOST} is free for both")


def sockets() -> set[str]:
    """Return this process's open sockets, each by its number in the kernel."""
    links = set()
    for each in Path("/proc/self/fd").iterdir():
        try:
            links.add(str(each.readlink()))
        except FileNotFoundError:  # the descriptor that lists the others
            continue
    return {link for link in links if link.startswith("socket:")}


async def until(condition: Callable[[], object], within_s: float = 5.0) -> None:
    """Wait until `condition` holds; TimeoutError after `within_s`."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - it waits for what cannot tell
            await asyncio.sleep(0.005)


class Coturn:
    """A running server and what it has logged."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self._log = log

    def server(self, transport: str = "udp", password: str = PASSWORD) -> TurnServer:
        """Return how to reach it."""
        return TurnServer(HOST, self.port, USERNAME, password, transport, is_tls=False)

    @property
    def made(self) -> int:
        """Allocations made so far."""
        return len(re.findall(r"ALLOCATE processed, success", self._log.read_text()))

    @property
    def channels_bound(self) -> int:
        """Bindings of channels, repetitions too."""
        return len(re.findall(r"CHANNEL_BIND processed, success", self._log.read_text()))

    @property
    def released(self) -> int:
        """Allocations given back."""
        return len(re.findall(r"refreshed, .*lifetime=0", self._log.read_text()))


@asynccontextmanager
async def coturn(folder: Path, port: int | None = None) -> AsyncIterator[Coturn]:
    """Run a TURN server on loopback until the block ends."""
    port = port or free_port()
    log = folder / "turn.log"
    process = await asyncio.create_subprocess_exec(
        "turnserver",
        *("-n", "--no-cli", "--no-tls", "--no-dtls", "--lt-cred-mech", "--allow-loopback-peers"),
        *("-L", HOST, "-p", str(port), "-r", "visitbooth", "-u", f"{USERNAME}:{PASSWORD}"),
        *("--verbose", "--log-file", str(log), "--simple-log", "--pidfile", str(folder / "pid")),
        *("--userdb", str(folder / "users")),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await until(
            lambda: log.exists() and "IPv4. UDP listener opened" in log.read_text(), START_S
        )
        yield Coturn(port, log)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
