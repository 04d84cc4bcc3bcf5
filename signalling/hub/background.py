"""Tasks that run as long as the hub: a fault ends none of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

log = logging.getLogger(__name__)

RETRY_S: Final = 1.0
CANCEL_AGAIN_S: Final = 0.5


def in_background(name: str, run: Callable[[], Awaitable[object]]) -> asyncio.Task[None]:
    """Run something until the task is cancelled; begin it anew when it failed.

    A hub whose mails, or whose deletions, ceased for a fault that nobody expected would look well.
    """
    return asyncio.create_task(_again_and_again(name, run), name=name)


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks until they have ended.

    Once is not enough: before Python 3.12 asyncio.wait_for(), which the mail and NATS libraries
    call, loses a cancellation that comes together with what it waits for
    (https://github.com/python/cpython/issues/86296).
    """
    left = {each for each in tasks if not each.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_S)


async def _again_and_again(name: str, run: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await run()
        except Exception:
            log.exception("%s failed, begun anew", name)
        await asyncio.sleep(RETRY_S)
