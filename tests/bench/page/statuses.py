"""From a change at the hub to its painted status on an open page."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import numpy as np
from playwright.async_api import Browser, Page, expect

from signalling.hub import staff_commands as ask
from tests.bench.page.loading import SHIFT_GOAL, new_context, slow_down
from tests.bench.report import Benchmark, Row
from tests.signalling.hub.harness import EMAIL, PASSWORD, Hub

GOAL_MS: Final = 200.0
"""A change that takes longer is seen to come late."""

PAINTED: Final = """
window.painted = {};
new MutationObserver(() => {
  for (const card of document.querySelectorAll('[data-visit]')) {
    const key = card.dataset.visit + ' ' + card.querySelector('[data-status]')?.dataset.status;
    if (key in painted) continue;
    painted[key] = null;
    // The frame after the one that the change is drawn in begins once that one is on its way.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      painted[key] = (performance.timeOrigin + performance.now()) / 1000;
    }));
  }
}).observe(document, {subtree: true, childList: true, attributes: true});
"""


async def painted_at(page: Page, key: str) -> float:
    """When a visit's status was painted, seconds since the epoch."""
    async with asyncio.timeout(20):
        while True:
            at = await page.evaluate("(key) => window.painted[key] ?? null", key)
            if at is not None:
                return float(at)
            await asyncio.sleep(0.01)


async def to_appointments(page: Page, url: str) -> None:
    """Log in and open the facility."""
    await page.goto(url)
    await page.fill("#email", EMAIL)
    await page.fill("#password", PASSWORD)
    await page.click("#log-in")
    await page.click("[data-facility]")
    await page.fill("#facility-password", PASSWORD)
    await page.click("#facility-log-in")
    await page.click("#check-done")
    await expect(page.locator("body")).to_have_attribute("data-screen", "appointments")


async def changes(hub: Hub, page: Page, count: int) -> list[float]:
    """Book and cancel visits; ms from each change to its paint."""
    took: list[float] = []
    for number in range(count // 2):
        since = time.time()
        visit = await hub.book(start=f"+{3600 * (number + 1)}", seconds=600.0)
        took.append(1000 * (await painted_at(page, f"{visit} scheduled") - since))
        since = time.time()
        await hub.do(ask.VisitCancel(visit=visit))
        took.append(1000 * (await painted_at(page, f"{visit} ended") - since))
    return took


async def measure(bench: Benchmark, browser: Browser, hub: Hub, count: int) -> None:
    """Change statuses while a slow phone, and this machine, look at Appointments."""
    for kind, slow in (("this machine", False), ("slow phone", True)):
        context = await new_context(browser)
        await context.add_init_script(PAINTED)
        page = await context.new_page()
        if slow:
            await slow_down(page)
        await to_appointments(page, hub.url)
        # A card that is booked moves those below it; until here nothing may move by itself.
        shift = float(await page.evaluate("window.seen.shift"))
        took = await changes(hub, page, count)
        goal = None if slow else GOAL_MS
        bench.add(Row(f"change to paint, {kind}", "ms", float(np.median(took)), None, None, goal))
        bench.add(
            Row(
                f"change to paint, {kind}, 95 of 100",
                "ms",
                float(np.percentile(took, 95)),
                None,
                None,
                None,
            )
        )
        bench.add(
            Row(f"layout shift until Appointments, {kind}", "", shift, None, None, SHIFT_GOAL)
        )
        bench.curves[f"change to paint, {kind}"] = took
        await context.close()
