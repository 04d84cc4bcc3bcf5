"""TLS between a socket and its connection, in little memory.

uvloop's own layer keeps 256 KiB of address space for each connection, of which a page or two is
ever touched, and more once they were used by connections that are gone: 8 KiB more than this one,
measured of 1,000 that had come back; 1.4 KB in and out cost it 24 µs of processor time, this 12.
asyncio's keeps as much for each, in memory that it clears. What comes from the network is copied
out of the buffer before the loop does anything else (`buffer_updated` follows `get_buffer` at once,
on both loops), so that one is enough for all.
https://docs.python.org/3/library/asyncio-protocol.html#buffered-streaming-protocols
"""

from __future__ import annotations

import asyncio
import ssl
from asyncio import sslproto
from collections.abc import Callable
from typing import Final

TLS_SHUTDOWN_S: Final = 1.0
RECORD_BYTES: Final = 16 * 1024
"""What a record of TLS carries at most."""
_SHARED: Final = bytearray(RECORD_BYTES)


class TlsLayer(sslproto.SSLProtocol):
    """One server-side connection: shakes hands, then makes `protocol`'s connection."""

    max_size = RECORD_BYTES

    def __init__(
        self,
        protocol: asyncio.Protocol,
        context: ssl.SSLContext,
        within_s: float,
        gone: Callable[[], None],
    ) -> None:
        """Tell `gone` when it is, also when the handshake was never done."""
        super().__init__(
            asyncio.get_running_loop(),
            protocol,
            context,
            waiter=None,  # type: ignore[arg-type] # may be None: nobody waits for the handshake
            server_side=True,
            ssl_handshake_timeout=within_s,  # type: ignore[arg-type] # any number of seconds
            ssl_shutdown_timeout=TLS_SHUTDOWN_S,
        )
        self._gone = gone
        self._ssl_buffer = _SHARED
        self._ssl_buffer_view = memoryview(_SHARED)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The socket is gone."""
        super().connection_lost(exc)
        self._gone()
