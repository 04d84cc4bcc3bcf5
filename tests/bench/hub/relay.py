"""The least that one can write on our library: a relay that decodes and encodes JSON.

It speaks as PeerJS' server does (`/peerjs?...&id=ID`, `dst` and `src`), so that one client serves
both. Without accounts, checks, store or limits.
"""

from __future__ import annotations

import asyncio
import json
from typing import Final
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve

BACKLOG: Final = 4096
PING_EVERY_S: Final = 5.0
"""As often as the hub."""


async def main() -> None:
    """Serve on a free port, say where, until cancelled."""
    ends: dict[str, ServerConnection] = {}

    async def handle(socket: ServerConnection) -> None:
        assert socket.request is not None
        own = parse_qs(urlsplit(socket.request.path).query)["id"][0]
        ends[own] = socket
        await socket.send('{"type":"OPEN"}')
        async for frame in socket:
            message = json.loads(frame)
            other = ends.get(message.get("dst", ""))
            if other is not None:
                message["src"] = own
                await other.send(json.dumps(message))

    async with serve(
        handle, "127.0.0.1", 0, compression=None, backlog=BACKLOG, ping_interval=PING_EVERY_S
    ) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening on 127.0.0.1:{port}", flush=True)
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main())
