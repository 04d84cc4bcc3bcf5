"""Tasks that run as long as the hub: a fault ends none of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

log = logging.getLogger(__name__)

RETRY_S: Final = 1.0


def in_background(name: str, run: Callable[[], Awaitable[object]]) -> asyncio.Task[None]:
    """Run something until the task is cancelled; begin it anew when it failed.

    A hub whose mails, or whose deletions, ceased for a fault that nobody expected would look well.
    """
    return asyncio.create_task(_again_and_again(name, run), name=name)


async def _again_and_again(name: str, run: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await run()
        except Exception:
            log.exception("%s failed, begun anew", name)
        await asyncio.sleep(RETRY_S)
