"""A real coturn for tests, with the console that the hub ends allocations by."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from aioice import turn

from config.schema import Secret, Turn
from signalling.wire import IceServer

SECRET, CONSOLE_PASSWORD = "turn-secret", "console-password"
HOST = "127.0.0.1"


def free_port() -> int:
    """Return a port that is free for UDP and TCP just now."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind((HOST, 0))
            port = int(udp.getsockname()[1])
            with contextlib.suppress(OSError):
                tcp.bind((HOST, port))
                return port


@dataclass
class Coturn:
    port: int
    console: int

    def config(self, password: str = CONSOLE_PASSWORD) -> Turn:
        """What hub.toml says of it."""
        return Turn(
            urls=(f"turn:{HOST}:{self.port}?transport=udp",),
            secret=Secret(SECRET),
            consoles=(f"{HOST}:{self.console}",),
            console_password=Secret(password),
        )


@contextlib.asynccontextmanager
async def coturn(folder: Path) -> AsyncIterator[Coturn]:
    """Run it on free ports, with peers on loopback allowed, as tests need."""
    port, console = free_port(), free_port()
    path = folder / "turn.conf"
    path.write_text(
        f"""
listening-ip={HOST}
relay-ip={HOST}
listening-port={port}
min-port=49152
max-port=65535
realm=visits.example
use-auth-secret
static-auth-secret={SECRET}
no-tls
no-dtls
allow-loopback-peers
no-multicast-peers
cli-ip={HOST}
cli-port={console}
cli-password={CONSOLE_PASSWORD}
pidfile={folder}/turn.pid
userdb={folder}/turn.db
log-file=stdout
"""
    )
    with (folder / "turn.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "turnserver", "-c", str(path), stdout=log, stderr=log, start_new_session=True
        )
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    _, writer = await asyncio.open_connection(HOST, console)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    break
        yield Coturn(port, console)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        await process.wait()


class Echo(asyncio.DatagramProtocol):
    """Counts what comes, and sends it back if it is a peer."""

    def __init__(self, *, answers: bool) -> None:
        self.count = 0
        self._answers = answers
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.count += 1
        if self._answers and self._transport is not None:
            self._transport.sendto(data, address)


@dataclass
class Relayed:
    """An allocation with a peer that answers."""

    transport: asyncio.DatagramTransport
    heard: Echo
    peer: Echo
    peer_transport: asyncio.DatagramTransport

    async def passes(self) -> bool:
        """Whether what is sent now comes back."""
        before = self.heard.count
        for _ in range(10):
            self.transport.sendto(b"x", self.peer_transport.get_extra_info("sockname"))
            await asyncio.sleep(0.03)
            if self.heard.count > before:
                return True
        return False

    def close(self) -> None:
        self.transport.close()  # aioice has no abort
        self.peer_transport.abort()


async def allocate(port: int, server: IceServer) -> Relayed:
    """Allocate with the credentials that a client was told."""
    assert server.username is not None
    assert server.credential is not None
    loop = asyncio.get_running_loop()
    peer_transport, peer = await loop.create_datagram_endpoint(
        lambda: Echo(answers=True), (HOST, 0)
    )
    transport, heard = await turn.create_turn_endpoint(
        lambda: Echo(answers=False),
        server_addr=(HOST, port),
        username=server.username,
        password=server.credential,
    )
    return Relayed(transport, heard, peer, peer_transport)  # type: ignore[arg-type]
