"""The TLS layer: one buffer for all, whatever comes at the same time; nobody is forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, cast

import pytest
import uvloop

from signalling.hub.tls import read_context
from signalling.hub.tls_layer import RECORD_BYTES, TlsLayer
from tests.signalling.hub.certificates import Authority
from tests.signalling.hub.harness import eventually

Run = Callable[[Coroutine[Any, Any, None]], None]
BOTH_LOOPS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
CLIENTS = 20
MUCH = 5 * RECORD_BYTES + 7


class Echo(asyncio.Protocol):
    def __init__(self) -> None:
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True


class Server:
    def __init__(self, context: ssl.SSLContext, within_s: float) -> None:
        self._context, self._within_s = context, within_s
        self.layers: list[TlsLayer] = []
        self.echoes: list[Echo] = []
        self.gone = self.port = 0

    def make(self) -> asyncio.BaseProtocol:
        self.echoes.append(Echo())
        self.layers.append(TlsLayer(self.echoes[-1], self._context, self._within_s, self._left))
        return self.layers[-1]

    def _left(self) -> None:
        self.gone += 1


@contextlib.asynccontextmanager
async def serving(authority: Authority, within_s: float = 5.0) -> AsyncIterator[Server]:
    context, _ = read_context(authority.write(), time.time())
    server = Server(context, within_s)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(server.make, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    yield server
    listening.close()


@BOTH_LOOPS
def test_clients_that_speak_at_once_get_their_own_words(tmp_path: Path, run: Run) -> None:
    authority = Authority(tmp_path)

    async def one(port: int, number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=authority.client())
        own = bytes([number]) * MUCH
        writer.write(own)
        assert await reader.readexactly(MUCH) == own
        writer.close()

    async def scenario() -> None:
        async with serving(authority) as server:
            await asyncio.gather(*(one(server.port, number) for number in range(CLIENTS)))
            buffers = {id(layer.get_buffer(-1).obj) for layer in server.layers}
            assert len(server.layers) == CLIENTS
            assert len(buffers) == 1
            await eventually(lambda: server.gone == CLIENTS)
            await eventually(lambda: all(each.lost for each in server.echoes))

    run(scenario())


@BOTH_LOOPS
def test_who_never_ends_a_handshake_is_gone_too(tmp_path: Path, run: Run) -> None:
    authority = Authority(tmp_path)

    async def scenario() -> None:
        async with serving(authority, within_s=0.05) as server:
            silent, writer = await asyncio.open_connection("127.0.0.1", server.port)
            rude, other = await asyncio.open_connection("127.0.0.1", server.port)
            other.write(b"GET / HTTP/1.1\r\n\r\n")
            for reader in (silent, rude):
                with contextlib.suppress(ConnectionResetError):
                    assert b"HTTP" not in await reader.read()
            await eventually(lambda: server.gone == 2)
            # Nobody told them of a connection, so nobody tells them of its end.
            assert not any(each.lost for each in server.echoes)
            for each in (writer, other):
                each.close()

    run(scenario())
