"""Memory of a whole terminal in a visit: its screen process and its media process.

A real hub, a real kiosk on Xvfb and a real family, as the end-to-end tests have them, on one of
the bench's hosts. OpenGL is software here, so its buffers are in the screen process; a graphics
card has its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Final

from tests.bench.media import cpu
from tests.bench.namespaces import Host
from tests.bench.report import Row
from tests.e2e.conftest import House
from tests.e2e.family import households
from tests.e2e.stage import stage

GOAL_MB: Final = 220.0
VISIT_S: Final = 120
SETTLED_S: Final = 10.0


async def measured(host: Host) -> list[Row]:
    """Hold a short visit and return its memory in rows."""
    with host.inside():
        async with contextlib.AsyncExitStack() as stack:
            built = await stack.enter_async_context(stage())
            hub = await built.start_hub()
            await built.people()
            homes = await stack.enter_async_context(households(hub.url, built.folder))
            kiosk = await built.start_kiosk()
            await House(built, hub, kiosk, homes).in_visit(VISIT_S)
            await asyncio.sleep(SETTLED_S)
            return rows(kiosk.process.pid)


def rows(screen: int) -> list[Row]:
    """Return the memory of a kiosk: its screen process, and the media process in the visit."""
    media = media_in_visit(screen)
    screen_mb, media_mb = (cpu.own_pss_mb(pid) for pid in (screen, media))
    what = "memory (PSS) in a visit, screen and media process, without the spare"
    return [
        Row(what, "MB", screen_mb + media_mb, None, None, GOAL_MB),
        Row("  screen process", "MB", screen_mb, None, None, None),
        Row("  media process", "MB", media_mb, None, None, None),
    ]


def media_in_visit(screen: int) -> int:
    """Return the media process that is in the visit: it works, the spare waits."""
    spent = {}
    for pid in cpu.tree(screen) - {screen}:
        with contextlib.suppress(OSError):
            if b"kiosk.media.process" in Path(f"/proc/{pid}/cmdline").read_bytes():
                told = cpu.stat(Path(f"/proc/{pid}/stat"))
                spent[pid] = told.cpu_s if told is not None else 0.0
    if not spent:
        raise LookupError("the kiosk has no media process")
    return max(spent, key=lambda pid: spent[pid])
