"""The garbage collector's passes, kept so short and so frequent that no client waits for one.

CPython begins a pass when objects have become more, not when many are new: while thousands of
clients talk, each message's objects take the place of the last one's, their number stays, and when
a pass does come after minutes it has everything new since the last to look through: 15 to 50 ms.
"""

from __future__ import annotations

import asyncio
import gc
from typing import Final

EVERY_S: Final = 0.05
OLDER_EVERY: Final = 4
"""Every so many passes also look through what the passes since the last such one have left."""
BY_ITSELF: Final = 20_000
"""CPython's own passes, should the loop be so busy that ours come late."""


def tune_gc() -> None:
    """Spare the loop the long passes over what lives as long as the hub.

    With 10,000 connections automatic full passes stopped it for 180 to 420 ms. They hardly ever
    come now, and would find little: a connection on uvloop leaves no cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(BY_ITSELF, 10, 1_000_000)


async def collect_often() -> None:
    """Make short passes until cancelled."""
    passes = 0
    while True:
        await asyncio.sleep(EVERY_S)
        passes += 1
        gc.collect(0 if passes % OLDER_EVERY else 1)
