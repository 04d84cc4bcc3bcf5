"""From the handset's move to the screen that answers it: the real kiosk, the real pixels.

The hook is a serial one on a pseudo-terminal, which the kernel delivers as it would a real line's
bytes. Lifting changes the idle screen for the sign-in; that it has changed is seen in the pixels.
"""

from __future__ import annotations

import os
import time
import tty
from typing import Final

from Xlib import X

from kiosk.screens import layout
from tests.bench.media import samples
from tests.bench.report import Benchmark, Row
from tests.e2e.display import Display
from tests.e2e.processes import until
from tests.e2e.stage import Kiosk, stage

LEAST_TRIES: Final = 10
GOAL_MS: Final = 50.0
DEBOUNCE_MS: Final = 50
"""hook_debounce_ms as it is by default; the goal is beyond it."""
LONGEST_S: Final = 5.0
WHITE: Final = b"\xff\xff\xff"


async def measure(bench: Benchmark, seconds: float) -> None:
    """Add how long the screen takes, in about as many lifts as there are seconds."""
    took = await lifts(max(LEAST_TRIES, round(seconds)))
    what = "hook to screen, after the debounce"
    bench.add(Row(f"{what}, median", "ms", samples.median(took), None, None, GOAL_MS))
    bench.add(Row("  p95", "ms", samples.percentile(took, 95), None, None, None))
    bench.curves[what] = took


async def lifts(tries: int) -> list[float]:
    """Return the milliseconds after the debounce, one for each lift but the first.

    The first one makes the screen; those after it only show it.
    """
    master, slave = os.openpty()
    tty.setraw(slave)
    try:
        async with stage() as house:
            await house.start_hub()
            kiosk = await house.start_kiosk(
                hook=f"serial:{os.ttyname(slave)}", hook_code="text", hook_fifo=""
            )
            await until(lambda: _hung_up(kiosk, master), 10, "a hook that is down")
            return [await _one(kiosk, master) for _ in range(tries + 1)][1:]
    finally:
        os.close(master)
        os.close(slave)


async def _one(kiosk: Kiosk, master: int) -> float:
    await until(lambda: not _shows_sign_in(kiosk.display), 10, "the idle screen drawn")
    since = kiosk.process.seen
    start = time.perf_counter()
    os.write(master, b"up\n")
    while not _shows_sign_in(kiosk.display):  # as quickly as X answers: this is what is measured
        if time.perf_counter() - start > LONGEST_S:
            raise TimeoutError(f"lifting changed nothing\n{kiosk.process.tail()}")
    took_ms = 1e3 * (time.perf_counter() - start)
    await kiosk.screen("sign-in")
    os.write(master, b"down\n")
    await kiosk.process.wait_for(r"\bhook=down\b", LONGEST_S, since)
    while not await _is_idle_again(kiosk):
        pass
    return took_ms - DEBOUNCE_MS


async def _is_idle_again(kiosk: Kiosk) -> bool:
    """Press Back; a press right after the screen came is taken for a double one of before."""
    await kiosk.press(layout.BACK)
    try:
        await kiosk.screen("idle", 1)
    except TimeoutError:
        return False
    return True


def _hung_up(kiosk: Kiosk, master: int) -> bool:
    """Say "down" until it is heard: what came before the port was opened is nobody's."""
    if not any("hook=down" in line for line in kiosk.process.lines):
        os.write(master, b"down\n")
        return False
    return True


def _shows_sign_in(display: Display) -> bool:
    """Return whether the field for the inmate number is there: white, on a screen of paper."""
    field = layout.NUMBER_FIELD
    x, y = int(field.right) - 40, int(field.y + field.h / 2)
    image = display.x.screen().root.get_image(x, y, 1, 1, X.ZPixmap, 0xFFFFFFFF)
    return bytes(image.data)[:3] == WHITE
