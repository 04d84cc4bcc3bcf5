"""States of the page in a visit, held, and at its end."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Final

from signalling.messages import Join
from signalling.visit import Status
from signalling.visit_events import By, Cause, EndReason, Side
from signalling.wire import BreakView
from tests.signalling.web.fake_hub import a_visit
from tests.signalling.web.gallery import Stage, walk
from tests.signalling.web.steps import connect

HELD: Final = {
    "terminal": (Side.TERMINAL, Cause.LINK),
    "handset": (Side.TERMINAL, Cause.HANDSET),
    "signed-out": (Side.TERMINAL, Cause.SIGNED_OUT),
    "network": (Side.NETWORK, Cause.MEDIA),
}


async def begin(stage: Stage) -> str:
    """Press the green telephone; returns the page's id."""
    hub = stage.hub
    hub.visits = [a_visit()]
    await stage.facility()
    join = await hub.got(Join)
    await hub.change(status=Status.READY, signed_in=True, terminal="C-4", page=join.page)
    if stage.kiosk is not None:
        await connect(hub, stage.kiosk, join.page)
    await stage.press('[data-visit="v1"] [data-telephone=start]')
    await hub.change(status=Status.IN_VISIT, begun_at=time.time(), tracks_open=True)
    await stage.screen("in-visit")
    if stage.kiosk is not None:
        stage.kiosk.send()
        await stage.see("#remote-video")
    return join.page


@walk("in-visit", "in-visit-muted", "in-visit-last-minutes", "in-visit-goodbye", "in-visit-end",
      pictured=True)  # fmt: skip
async def in_visit(stage: Stage) -> AsyncIterator[str]:
    await begin(stage)
    await stage.see("#switch-camera")
    yield "in-visit"
    await stage.press("#mute")
    await stage.press("#camera-off", "#camera-off[aria-pressed=true]")
    yield "in-visit-muted"
    await stage.press("#mute")
    await stage.press("#camera-off", "#camera-off[aria-pressed=false]")
    now = time.time()
    await stage.change("#warning", begun_at=now - 900, ends_at=now + 119.5)
    yield "in-visit-last-minutes"
    now = time.time()
    await stage.change("#goodbye", begun_at=now - 900, ends_at=now + 19.5)
    yield "in-visit-goodbye"
    await stage.hub.change(ends_at=now + 900)
    await stage.press("#end-visit", "#confirm-end:not([aria-disabled])")
    yield "in-visit-end"


@walk("in-visit-private")
async def private(stage: Stage) -> AsyncIterator[str]:
    await begin(stage)
    await stage.hub.change(private=True, recorded=False, watched=False)
    await stage.see(".pills.left")
    yield "in-visit-private"


@walk(*(f"held-{where}" for where in HELD), "held-paused", "held-press", "held-visitor",
      "held-ending", pictured=True, no_switch=True)  # fmt: skip
async def held(stage: Stage) -> AsyncIterator[str]:
    page = await begin(stage)
    for where, (side, cause) in HELD.items():
        broken = BreakView(side=side, cause=cause, since=time.time() - 28)
        await stage.change(f"[data-held={where}]", status=Status.INTERRUPTED, breaks=(broken,))
        yield f"held-{where}"
    paused = {
        "paused": True,
        "paused_since": time.time() - 28,
        "pause_reason": "Count in all units",
    }
    await stage.change("[data-held=paused]", breaks=(), **paused)
    yield "held-paused"
    lost = BreakView(side=Side.VISITOR, cause=Cause.PAGE, since=time.time() - 28)
    fields = {
        "paused": False,
        "pause_reason": "",
        "breaks": (lost,),
        "page": page,
        "tracks_open": False,
    }
    await stage.change("[data-held=press]", **fields)
    await stage.see("[data-telephone=return]")  # once the first press is a while ago
    yield "held-press"
    await stage.change(
        "body[data-screen=in-visit]", status=Status.IN_VISIT, breaks=(), tracks_open=True
    )
    await stage.hub.cut()
    if stage.kiosk is not None:
        await stage.kiosk.close()
    await stage.see("[data-held=visitor]")
    yield "held-visitor"
    await stage.press("#end-visit", "#confirm-end:not([aria-disabled])")
    await stage.press("#confirm-end", "[data-held=ending]")
    yield "held-ending"


@walk("ended", "ended-lost", "ended-by-staff", "ended-rated", no_switch=True)
async def ended(stage: Stage) -> AsyncIterator[str]:
    await begin(stage)
    now = time.time()
    await stage.change(
        "body[data-screen=ended]",
        status=Status.ENDED,
        tracks_open=False,
        begun_at=now - 1920,
        ended_at=now,
        ended_by=By.CLOCK,
        end_reason=EndReason.EXPIRED,
        used_s=1800,
    )
    yield "ended"
    lost = {"lost_s": 120, "lost_by": {"terminal": 120.0}, "added_s": 120}
    await stage.change("[data-by=visitor]", ended_by=By.VISITOR, end_reason=EndReason.RED_X, **lost)
    yield "ended-lost"
    await stage.change("[data-by=staff]", ended_by=By.STAFF, end_reason=EndReason.STAFF)
    yield "ended-by-staff"
    await stage.press("[data-stars='2']", "[data-rated='2']")
    yield "ended-rated"


WALKS = (in_visit, private, held, ended)
