"""The page by keyboard alone, in a real Chromium: the focus is always seen, and what is said."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page, expect

from signalling.booking_messages import Book
from signalling.messages import End, Join, Press
from signalling.visit import Status
from tests.signalling.web.fake_hub import EMAIL, PASSWORD, FakeHub, a_visit
from tests.signalling.web.gallery_visits import later
from tests.signalling.web.steps import becomes_true, on_screen

MOST_STOPS = 60
"""More than any screen has; further Tabs would only go round."""
SEEN = """() => {
    const at = document.activeElement;
    const look = getComputedStyle(at);
    const ring = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2;
    const box = at.getBoundingClientRect();
    const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0
        && box.left < innerWidth;
    return [at.id || at.className || at.tagName, ring && at.matches(":focus-visible"), inside];
}"""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Keys:
    """A person without a mouse."""

    page: Page

    async def go_to(self, selector: str) -> None:
        """Press Tab until the focus is there; on its way it is always seen."""
        for _ in range(MOST_STOPS):
            if await self.is_at(selector):
                return
            await self.page.keyboard.press("Tab")
            await self.check_seen()
        raise AssertionError(f"{selector} is not reached by Tab")

    async def check_seen(self) -> None:
        """What has the focus shows it, and is on the screen."""
        name, ring, inside = await self.page.evaluate(SEEN)
        assert name == "BODY" or (ring and inside), f"the focus on {name} is not seen"

    async def is_at(self, selector: str) -> bool:
        """Whether the focus is there."""
        at = "s => document.activeElement.matches(s)"
        return bool(await self.page.evaluate(at, selector))

    async def press(self, selector: str, key: str = "Enter") -> None:
        """Go there and press it."""
        await self.page.locator(selector).first.wait_for(state="visible")
        await self.go_to(selector)
        await self.page.keyboard.press(key)

    async def type(self, selector: str, text: str) -> None:
        """Go there and type."""
        await self.go_to(selector)
        await self.page.keyboard.type(text)


async def test_from_log_in_to_the_red_x_without_a_mouse(hub: FakeHub, page: Page) -> None:
    keys = Keys(page)
    hub.visits = [later("v2")]
    await keys.type("#email", EMAIL)
    await keys.type("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await on_screen(page, "facility")
    await keys.press('[data-facility="lindell"]')
    await keys.type("#facility-password", PASSWORD)
    await keys.press("#facility-log-in", "Space")
    await on_screen(page, "check")
    await keys.press("#play-bell")
    await keys.press("#bell-yes", "Space")
    await keys.press("#check-done")
    await on_screen(page, "appointments")
    await books_a_slot(hub, keys)
    hub.visits = [a_visit(), *hub.visits]
    await hub.change()
    await visits(hub, keys)


async def books_a_slot(hub: FakeHub, keys: Keys) -> None:
    page = keys.page
    await keys.press("[data-tab=schedule]")
    await on_screen(page, "schedule")
    await keys.press("[data-slot]:not([data-rule])", "Space")
    await keys.press("#book")
    await hub.got(Book)
    await on_screen(page, "appointments")
    await keys.press("[data-tab=schedule]")
    await on_screen(page, "schedule")
    await keys.press("[data-tab=appointments]")
    await on_screen(page, "appointments")


async def visits(hub: FakeHub, keys: Keys) -> None:
    page = keys.page
    join = await hub.got(Join)
    await hub.change(status=Status.READY, signed_in=True, terminal="C-4", page=join.page)
    await keys.press("[data-telephone=start]")
    await hub.got(Press)
    await hub.change(status=Status.IN_VISIT, begun_at=time.time(), tracks_open=True)
    await on_screen(page, "in-visit")
    await keys.go_to("#volume")
    await page.keyboard.press("ArrowLeft")
    assert await page.evaluate("document.querySelector('#volume').value") == "0.9"
    await keys.press("#end-visit")
    # The sheet keeps the focus inside ...
    await expect(page.locator("#go-on")).to_be_focused()
    for _ in range(4):
        await page.keyboard.press("Tab")
        await keys.check_seen()
        assert await keys.is_at("#sheet *, body"), "the focus left the sheet"
    # ... and gives it back.
    await page.keyboard.press("Escape")
    await expect(page.locator("#end-visit")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#confirm-end:not([aria-disabled])")).to_be_visible()
    await keys.press("#confirm-end")
    assert (await hub.got(End)).visit == "v1"


async def test_a_change_of_status_is_said_once(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    hub.opened = "lindell"
    await page.evaluate(
        "() => { localStorage.setItem('visitbooth.token', 't'.repeat(43));"
        " sessionStorage.setItem('visitbooth.checked', 'yes'); }"
    )
    await page.reload()
    await on_screen(page, "appointments")
    line = page.locator("#status-line")
    await expect(line).to_contain_text("pending")
    await expect(line).to_have_attribute("aria-live", "polite")
    await page.evaluate(
        "() => { window.said = []; const line = document.querySelector('#status-line');"
        " new MutationObserver(() => window.said.push(line.textContent))"
        ".observe(line, {childList: true, characterData: true, subtree: true}); }"
    )
    join = await hub.got(Join)
    await hub.change(status=Status.READY, signed_in=True, terminal="C-4", page=join.page)
    await becomes_true(page, "window.said.length > 0")
    await hub.change()
    await hub.change(terminal="C-5")
    await becomes_true(page, "document.querySelector('[data-telephone=start]') !== null")
    await hub.change(status=Status.PENDING, signed_in=False)
    await becomes_true(page, "document.querySelector('[data-telephone=start]') === null")
    said = await page.evaluate("window.said")
    assert said == ["Visit with Daniel: ready", "Visit with Daniel: pending"]


@pytest.mark.parametrize(("motion", "animation"), [("reduce", "none"), ("no-preference", "rise")])
async def test_a_sheet_moves_only_where_that_is_welcome(
    browser: Browser, hub: FakeHub, motion: str, animation: str
) -> None:
    context = await browser.new_context(reduced_motion=motion)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(hub.url)
    await on_screen(page, "log-in")
    await page.evaluate("document.querySelector('#sheet').showModal()")
    look = "getComputedStyle(document.querySelector('#sheet')).animationName"
    assert await page.evaluate(look) == animation
    await context.close()
