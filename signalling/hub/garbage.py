"""The garbage collector's passes, kept so short and so frequent that no client waits for one.

CPython begins a pass when objects have become more, not when many are new: while thousands of
clients talk, each message's objects take the place of the last one's, their number stays, and when
a pass does come after minutes it has everything new since the last to look through: 15 to 50 ms.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Final

EVERY_S: Final = 0.05
OLDER_EVERY: Final = 4
"""Every so many passes also look through what the passes since the last such one have left."""
BY_ITSELF: Final = 20_000
"""CPython's own passes, should the loop be so busy that ours come late."""
GONE_FOR_A_FULL_PASS: Final = 2000
SHARE_OF_OPEN: Final = 4
"""A full pass looks through all that is open: worth it when as many as a quarter of that are gone,
and some more. Nearly all leave no circles; what a stranger broke off in the middle of the handshake
leaves 27 objects that hold each other, and would fill the memory in the end."""


def tune_gc() -> None:
    """Spare the loop the long passes over what lives as long as the hub.

    With 10,000 connections automatic full passes stopped it for 180 to 420 ms. `collect_often`
    makes them, when there may be something to be found.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(BY_ITSELF, 10, 1_000_000)


async def collect_often(sockets: Callable[[], tuple[int, int]]) -> None:
    """Make short passes until cancelled, and a full one when many sockets are gone since the last.

    `sockets` returns how many are open, and how many were and are gone.
    """
    passes, gone_then = 0, 0
    while True:
        await asyncio.sleep(EVERY_S)
        passes += 1
        here, gone = sockets()
        if gone - gone_then > GONE_FOR_A_FULL_PASS + here // SHARE_OF_OPEN:
            gone_then = gone
            gc.collect()
        else:
            gc.collect(0 if passes % OLDER_EVERY else 1)
