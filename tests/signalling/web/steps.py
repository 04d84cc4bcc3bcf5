"""What tests do on the family's page in a real Chromium."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from playwright.async_api import Page, ViewportSize, expect

from signalling.messages import Answer, Ice, Join, Offer, PageState, PageToHub, Press
from signalling.visit import Status
from tests.signalling.web.fake_hub import EMAIL, PASSWORD, FakeHub
from tests.signalling.web.fake_kiosk import FakeKiosk

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
SHOTS = Path(os.environ["PAGE_SHOTS"]) if "PAGE_SHOTS" in os.environ else None
"""A folder for pictures of every screen, to be looked at."""


async def on_screen(page: Page, screen: str, timeout_s: float = 10) -> None:
    await expect(page.locator("body")).to_have_attribute(
        "data-screen", screen, timeout=timeout_s * 1000
    )


async def picture(page: Page, name: str) -> None:
    """Keep pictures at both sizes where somebody wants to look at them."""
    if SHOTS is None:
        return
    for size, viewport in (("phone", PHONE), ("desk", DESK)):
        await page.set_viewport_size(viewport)
        await page.screenshot(path=SHOTS / f"{size}-{name}.png")


async def type_in(page: Page, submit: str, **fields: str) -> None:
    """Fill in fields of a form and send it."""
    for field, text in fields.items():
        await page.fill(f"#{field}", text)
    await page.click(f"#{submit}")


async def facility_log_in(page: Page) -> None:
    """Log in and open the facility; which screen comes then is the visits' matter."""
    await page.fill("#email", EMAIL)
    await page.fill("#password", PASSWORD)
    await page.click("#log-in")
    await on_screen(page, "facility")
    await page.click('[data-facility="lindell"]')
    await page.fill("#facility-password", PASSWORD)
    await page.click("#facility-log-in")


async def log_in(page: Page, *, check: bool = True) -> None:
    await facility_log_in(page)
    await on_screen(page, "check")
    if check:
        await page.click("#check-done")
        await on_screen(page, "appointments")


async def until(what: str, true: Callable[[], bool], deadline_s: float = 10.0) -> None:
    """Poll `true()`."""
    end = time.monotonic() + deadline_s
    while not true():
        assert time.monotonic() < end, f"{what}: not within {deadline_s} s"
        await asyncio.sleep(0.02)


async def becomes_true(page: Page, expression: str, deadline_s: float = 10.0) -> None:
    """Poll in the page (its policy forbids the eval that Playwright's own waiting needs)."""
    end = time.monotonic() + deadline_s
    while not await page.evaluate(expression):
        assert time.monotonic() < end, f"{expression}: not within {deadline_s} s"
        await asyncio.sleep(0.05)


async def connect(hub: FakeHub, kiosk: FakeKiosk, page_id: str) -> Offer:
    """Offer, and carry what the page answers to the kiosk."""
    offer = await kiosk.offer(page_id)
    await hub.send(offer)
    await until(
        "an answer",
        lambda: any(
            isinstance(each, Answer) and each.connection == kiosk.connection
            for each in hub.received
        ),
    )
    await kiosk.take(await hub.got(Answer))
    kiosk_tasks: list[asyncio.Future[None]] = []

    def carry(message: PageToHub) -> None:
        if isinstance(message, Ice):
            kiosk_tasks.append(asyncio.ensure_future(kiosk.take_ice(message)))

    # Both without a turn of the loop between them: no candidate may come in between unseen.
    hub.on_message = carry
    for message in hub.received:
        carry(message)
    await until("a connection", lambda: kiosk.state == "connected")
    return offer


async def begin(hub: FakeHub, page: Page, kiosk: FakeKiosk) -> str:
    """Bring the page from appointments into the visit; returns its page id."""
    join = await hub.got(Join)
    await hub.change(status=Status.READY, signed_in=True, terminal="C-4", page=join.page)
    await connect(hub, kiosk, join.page)
    await page.click('[data-visit="v1"] .telephone')
    press = await hub.got(Press)
    assert (press.visit, press.page, press.take_over) == ("v1", join.page, False)
    await hub.change(status=Status.IN_VISIT, begun_at=time.time(), tracks_open=True)
    kiosk.send()
    await on_screen(page, "in-visit")
    return join.page


async def reports(hub: FakeHub, **fields: object) -> None:
    """Wait until the page's newest report says so."""

    def said() -> bool:
        states = [each for each in hub.received if isinstance(each, PageState)]
        return bool(states) and all(getattr(states[-1], k) == v for k, v in fields.items())

    await until(f"page-state {fields}", said)
