"""After a visit on the page in a real Chromium: receipt, rating, the visits of before."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.async_api import Page, expect

from signalling.booking_messages import GetTicket, OwnView, Rate
from signalling.visit import Status
from signalling.visit_events import By, EndReason
from signalling.wire import VisitView
from tests.signalling.web.fake_hub import FakeHub, a_visit
from tests.signalling.web.steps import PHONE, log_in, on_screen, picture, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


def over(visit: str = "v1", ago_s: float = 3600.0, **fields: Any) -> VisitView:
    """A visit that took place."""
    start = time.time() - ago_s
    plain: dict[str, Any] = {
        "id": visit,
        "status": Status.ENDED,
        "starts_at": start,
        "ends_at": start + 1800,
        "begun_at": start + 30,
        "ended_at": start + 1800,
        "ended_by": By.CLOCK,
        "end_reason": EndReason.EXPIRED,
        "used_s": 1770.0,
    }
    return a_visit(**{**plain, **fields})


def ratings(hub: FakeHub) -> list[Rate]:
    return [each for each in hub.received if isinstance(each, Rate)]


async def test_a_visit_that_ended_has_its_receipt_and_is_rated(hub: FakeHub, page: Page) -> None:
    hub.visits = [over()]
    hub.own = {"v1": OwnView(inmate="i1", by_me=True)}
    await page.set_viewport_size(PHONE)
    await log_in(page)
    await page.click('[data-details="v1"]')
    await page.focus("[data-stars='3']")
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator('[data-rated="2"]')).to_be_visible()
    await page.click("[data-trouble=bad-sound]")
    await until("the trouble", lambda: ratings(hub)[-1].troubles == ["bad-sound"])
    await picture(page, "g-rated")
    await page.set_viewport_size(PHONE)
    async with page.context.expect_page() as opened:
        await page.click('[data-receipt="v1"]')
    receipt = await opened.value
    await receipt.wait_for_url("**/favicon.svg")
    await receipt.close()
    asked = await hub.got(GetTicket)
    assert (asked.what, asked.language) == ("receipt-page", "en")
    async with page.expect_download():
        await page.click('[data-save-receipt="v1"]')
    await page.click('[data-next="v1"]')
    await on_screen(page, "schedule")
    await expect(page.locator('[data-inmate="i1"]')).to_have_attribute("aria-pressed", "true")


async def test_the_visits_of_before_come_a_page_at_a_time(hub: FakeHub, page: Page) -> None:
    hub.visits = [over()]
    days = 86_400.0
    hub.after.past = [over(), *(over(f"old{n}", n * days) for n in range(1, 4))]
    await log_in(page)
    cards = page.locator(".past [data-visit]")
    await expect(cards).to_have_count(0)
    await page.click("#more-past")
    await expect(cards).to_have_count(1)  # the newest stands above already
    await page.click("#more-past")
    await expect(cards).to_have_count(3)
    await expect(page.locator("#more-past")).to_have_count(0)
    await page.click('[data-details="old2"]')
    await expect(page.locator('[data-receipt="old2"]')).to_be_visible()
    await picture(page, "c-past")


async def test_a_visit_that_nobody_came_to_is_not_rated(hub: FakeHub, page: Page) -> None:
    hub.visits = [over(begun_at=None, used_s=0.0, end_reason=EndReason.NOBODY_CAME)]
    hub.own = {"v1": OwnView(inmate="i1", by_me=True)}
    await log_in(page)
    await page.click('[data-details="v1"]')
    await expect(page.locator('[data-receipt="v1"]')).to_be_visible()
    await expect(page.locator("[data-stars]")).to_have_count(0)
