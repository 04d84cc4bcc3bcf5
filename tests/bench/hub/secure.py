"""The hub with TLS of its own, as where no proxy stands before it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.hub.ours import prepared
from tests.bench.hub.processes import worker
from tests.bench.hub.running import Measured, carried, connected
from tests.bench.hub.sizes import Size
from tests.signalling.hub.certificates import Authority


@dataclass(slots=True)
class Secure:
    """Of the hub, everybody connected by TLS; nobody is in a visit."""

    common: Measured = field(default_factory=Measured)
    """Without what was carried while visits start."""
    back: dict[str, Any] = field(default_factory=dict)


async def measure(folder: Path, size: Size) -> Secure:
    """Measure a hub with a certificate; kill it with everybody connected."""
    authority = Authority(folder)
    tls = authority.write()
    more = f'[tls]\ncertificate = "{tls.certificate}"\nkey = "{tls.key}"'
    hub = await prepared(folder, size, more)
    await hub.start()
    found = Secure()
    try:
        url = f"wss://127.0.0.1:{hub.port}"
        async with worker("hub", url, size, str(authority.ca)) as load:
            await connected(hub.pid, load, size, found.common)
            await carried(hub.pid, load, found.common)
            await load.do("remember")
            await hub.kill()
            back = asyncio.create_task(load.do("come_back"))
            await hub.start()
            found.back = await back
    finally:
        await hub.kill()
    return found
