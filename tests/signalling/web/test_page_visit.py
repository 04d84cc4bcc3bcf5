"""What a person presses in a visit, in a real Chromium: twice, too late, and its other tools."""

from __future__ import annotations

import time

import pytest
from playwright.async_api import Page, expect

from signalling.messages import End, Join, Press
from signalling.visit import Status
from signalling.visit_events import By, EndReason
from tests.signalling.web.fake_hub import FakeHub, a_visit
from tests.signalling.web.fake_kiosk import FakeKiosk
from tests.signalling.web.steps import (
    becomes_true,
    begin,
    facility_log_in,
    log_in,
    on_screen,
    picture,
    until,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_second_click_on_the_red_x_answers_nothing(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        await begin(hub, page, kiosk)
        place = await page.locator("#end-visit").bounding_box()
        assert place is not None
        await page.mouse.dblclick(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        await expect(page.locator("#confirm-end")).to_be_enabled()
        await expect(page.locator("#sheet")).to_be_visible()
        assert not any(isinstance(each, End) for each in hub.received)
        await page.click("#go-on")
        await expect(page.locator("#sheet")).to_be_hidden()
        await on_screen(page, "in-visit")


async def test_goodbye_is_said_and_mute_ends_with_its_visit(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        await begin(hub, page, kiosk)
        await page.click("#mute")
        await expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
        await hub.change(ends_at=time.time() + 15, begun_at=time.time() - 600)
        await expect(page.locator("#goodbye")).to_have_text("Say goodbye now")
    now = time.time()
    await hub.change(
        status=Status.ENDED,
        tracks_open=False,
        ended_at=now,
        ended_by=By.CLOCK,
        end_reason=EndReason.EXPIRED,
        used_s=91,
    )
    await on_screen(page, "ended")
    await expect(page.locator(".sum strong").first).to_have_text("1 min 31 s")
    await page.click("#to-appointments")
    # The next visit, at a terminal that offers anew.
    joined = len(hub.received)
    await hub.change(
        id="v2",
        status=Status.IN_VISIT,
        ended_at=None,
        ended_by=None,
        end_reason=None,
        begun_at=now,
        ends_at=now + 1200,
    )
    await until("a join", lambda: any(isinstance(each, Join) for each in hub.received[joined:]))
    await page.click('[data-visit="v2"] .telephone')
    await until("a press", lambda: any(isinstance(each, Press) for each in hub.received[joined:]))
    press = [each for each in hub.received[joined:] if isinstance(each, Press)][-1]
    await hub.change(page=press.page, tracks_open=True)
    await on_screen(page, "in-visit")
    await expect(page.locator("#mute")).to_have_attribute("aria-pressed", "false")


async def test_a_press_that_waits_for_its_join_is_lost_with_the_link(
    hub: FakeHub, page: Page
) -> None:
    """Nobody may be back in a visit minutes later by a press of then."""
    hub.visits = [a_visit(status=Status.IN_VISIT, signed_in=True, begun_at=time.time() - 60)]
    hub.silent = (Join,)
    await facility_log_in(page)
    await on_screen(page, "appointments")
    await hub.got(Join)
    await page.click('[data-visit="v1"] .telephone')
    hub.silent = ()
    heard = len(hub.received)
    await hub.cut()
    hub.answering = True
    await until("a join", lambda: any(isinstance(each, Join) for each in hub.received[heard:]))
    await expect(page.locator('[data-visit="v1"] .telephone')).to_be_enabled()
    await hub.change()  # what the page had to say after its join has been said before this comes
    await on_screen(page, "appointments")
    assert [each for each in hub.received if isinstance(each, Press)] == []


async def test_loudness_full_screen_and_the_other_camera(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        await begin(hub, page, kiosk)
        await page.locator("#volume").press("ArrowLeft")
        assert await page.evaluate("document.querySelector('#remote-video').volume") == 0.9
        label = "document.querySelector('#self-video').srcObject.getVideoTracks()[0].label"
        before = await page.evaluate(label)
        await page.click("#switch-camera")
        await becomes_true(page, f"{label} !== {before!r}")
        await expect(page.locator("#switch-camera")).to_be_visible()
        await picture(page, "e-tools")
        await page.click("#fullscreen")
        await becomes_true(page, "document.fullscreenElement !== null")
        await page.click("#end-visit")
        await page.click("#confirm-end")
        await hub.change(
            status=Status.ENDED,
            tracks_open=False,
            ended_at=time.time(),
            ended_by=By.VISITOR,
            end_reason=EndReason.RED_X,
            used_s=20,
        )
        await on_screen(page, "ended")
        await becomes_true(page, "document.fullscreenElement === null")
