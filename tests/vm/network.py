"""The host's end of the guest's network card: a tap interface. Call after `namespaces.isolate`.

Host and guest see each other and nothing else; the interface goes with the namespace.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator
from typing import Final

from tests.bench.namespaces import NotPermitted

TAP: Final = "tap0"
HOST: Final = "10.83.7.1"
GUEST: Final = "10.83.7.2"
"""As files/etc/systemd/network/10-eth0.network has it."""
NETWORK: Final = "10.83.7.0/24"


def connect() -> None:
    """Make the interface. Raises NotPermitted."""
    for words in (
        ["ip", "link", "set", "lo", "up"],
        ["ip", "tuntap", "add", TAP, "mode", "tap"],
        ["ip", "addr", "add", f"{HOST}/24", "dev", TAP],
        ["ip", "link", "set", TAP, "up"],
    ):
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=20)
        if done.returncode:
            raise NotPermitted(
                f"A tap interface cannot be made here ({' '.join(words)}: {done.stderr.strip()})."
            )


@contextlib.asynccontextmanager
async def passed_on(port: int) -> AsyncIterator[None]:
    """What the guest sends to `port` here goes to the same port of 127.0.0.1."""

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    server = await asyncio.start_server(joined, HOST, port)
    try:
        yield
    finally:
        server.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()
