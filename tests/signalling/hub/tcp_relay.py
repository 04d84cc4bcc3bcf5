"""A cable that a test can cut: TCP from a free port of loopback to another address."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Cable:
    """Carries bytes both ways until it is cut; then nothing, and nobody is told."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._whole = asyncio.Event()
        self._whole.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self.port = 0

    def cut(self) -> None:
        """Carry nothing any more."""
        self._whole.clear()

    def mend(self) -> None:
        """Carry what waits, and what comes."""
        self._whole.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        await self._whole.wait()
        there, back = await asyncio.open_connection(*self._to)
        self._ends |= {writer, back}
        ways = [self._carry(reader, back), self._carry(there, writer)]
        await asyncio.gather(*ways, return_exceptions=True)
        for end in (writer, back):
            end.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._whole.wait()
            writer.write(data)
            await writer.drain()
        writer.close()

    def close(self) -> None:
        """Let go of all connections."""
        self._whole.set()
        for end in self._ends:
            end.close()


@contextlib.asynccontextmanager
async def cable(host: str, port: int) -> AsyncIterator[Cable]:
    """Lay a cable to an address; its own port is `Cable.port`."""
    laid = Cable(host, port)
    server = await asyncio.start_server(laid.serve, "127.0.0.1", 0)
    laid.port = server.sockets[0].getsockname()[1]
    try:
        yield laid
    finally:
        server.close()
        laid.close()
