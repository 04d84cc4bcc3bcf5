"""What the hub is measured against: the smallest relays one could write on websockets.

`python -m tests.bench.relay json` parses each frame as anybody would; `raw` looks at nothing.
The client on /terminal and the one on /family get each other's frames; a frame that holds
"ping" is answered. Without accounts, checks, store or limits: this is the floor.
"""

from __future__ import annotations

import asyncio
import json
import sys

from websockets.asyncio.server import ServerConnection, serve


async def relay(parse: bool) -> None:
    """Serve on a free port, say where, until cancelled."""
    ends: dict[str, ServerConnection] = {}

    async def handle(socket: ServerConnection) -> None:
        path = socket.request.path if socket.request else ""
        ends[path] = socket
        async for received in socket:
            frame: str | bytes = received
            if parse:
                message = json.loads(frame)
                is_ping, frame = message["type"] == "ping", json.dumps(message)
            else:
                is_ping = b'"ping"' in _bytes(frame)[:20]
            other = ends.get("/family" if path == "/terminal" else "/terminal")
            if is_ping:
                await socket.send(frame)
            elif other is not None:
                await other.send(frame)

    async with serve(handle, "127.0.0.1", 0, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening on http://127.0.0.1:{port}", flush=True)
        await asyncio.get_running_loop().create_future()


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame


if __name__ == "__main__":
    asyncio.run(relay(sys.argv[1] == "json"))
