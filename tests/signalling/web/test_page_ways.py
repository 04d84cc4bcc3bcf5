"""The ways through the family's page in a real Chromium: late, back, and on every screen."""

from __future__ import annotations

import re
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Dialog, Page, ViewportSize, expect

from signalling.booking_messages import OwnView, Why
from signalling.messages import End, Join, Press
from signalling.visit import Status
from signalling.visit_events import By, Cause, EndReason, Side
from signalling.wire import BreakView
from tests.signalling.web.fake_hub import EMAIL, PASSWORD, FakeHub, a_visit
from tests.signalling.web.fake_kiosk import FakeKiosk
from tests.signalling.web.steps import (
    DESK,
    PHONE,
    SHOTS,
    begin,
    facility_log_in,
    log_in,
    on_screen,
    picture,
    until,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOW: ViewportSize = {"width": 844, "height": 390}
"""A phone on its side."""


async def language(page: Page, tag: str) -> None:
    if await page.locator("html").get_attribute("lang") != tag:
        await page.click("#language")
    await expect(page.locator("html")).to_have_attribute("lang", tag)


@pytest.mark.parametrize("status", [Status.READY, Status.IN_VISIT, Status.INTERRUPTED])
async def test_who_comes_late_goes_to_the_telephone(
    hub: FakeHub, page: Page, status: Status
) -> None:
    begun = None if status is Status.READY else time.time() - 60
    hub.visits = [a_visit(status=status, signed_in=True, begun_at=begun)]
    await facility_log_in(page)
    await on_screen(page, "appointments")
    await expect(page.locator('[data-visit="v1"] .telephone')).to_be_visible()
    await hub.got(Join)
    await page.reload()
    await on_screen(page, "appointments")


async def test_the_check_says_that_the_visit_is_ready(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page, check=False)
    bar = page.locator("#visit-bar")
    await expect(bar).to_have_count(0)
    await hub.change(status=Status.READY, signed_in=True)
    await expect(bar).to_contain_text("Your visit with Daniel is ready.")
    await on_screen(page, "check")
    await picture(page, "b-ready")
    await hub.change(status=Status.IN_VISIT, begun_at=time.time())
    await expect(bar).to_contain_text("is running.")
    await language(page, "es")
    await expect(bar).to_contain_text("Su visita con Daniel está en curso.")
    await picture(page, "b-running-es")
    await page.click("#go-visit")
    await on_screen(page, "appointments")
    await expect(page.locator("#status-line")).to_contain_text("Visita con Daniel: en visita")


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("not-signed-in", "Daniel has not signed in yet"),
        ("in-another-visit", "Daniel is in another visit now."),
        ("terminal-fault", "Daniel can use another one."),
        ("terminal-away", "It comes back by itself."),
    ],
)
async def test_a_pending_visit_gives_its_reason(
    hub: FakeHub, page: Page, why: Why, said: str
) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    hub.own = {"v1": OwnView(inmate="i-1", by_me=True, why=why)}
    await hub.change()
    note = page.locator("[data-why]")
    await expect(note).to_have_attribute("data-why", why)
    await expect(note).to_contain_text(said)
    await picture(page, f"c-{why}")


async def test_back_goes_one_screen_back(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await page.click("#switch-entry")
    await on_screen(page, "create-account")
    await page.go_back()
    await on_screen(page, "log-in")
    await log_in(page)
    await page.go_back()
    await on_screen(page, "check")
    await page.click('[data-tab="appointments"] >> visible=true')
    await on_screen(page, "appointments")
    await page.go_back()
    await on_screen(page, "check")
    assert page.url == hub.url


async def test_back_in_a_visit_asks_and_leaving_asks_too(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        await begin(hub, page, kiosk)
        page.on("dialog", stay)
        await page.go_back()
        await expect(page.locator("#go-on")).to_be_visible()
        await on_screen(page, "in-visit")
        await page.go_back()
        await expect(page.locator("#sheet")).to_be_hidden()
        await on_screen(page, "in-visit")
        await page.evaluate("() => { window.location.href = 'about:blank'; }")
        await until("the question", lambda: asked == ["beforeunload"])
        await on_screen(page, "in-visit")
        await page.go_back()
        await page.click("#confirm-end")
        await hub.got(End)
        await hub.change(
            status=Status.ENDED,
            tracks_open=False,
            ended_at=time.time(),
            ended_by=By.VISITOR,
            end_reason=EndReason.RED_X,
            used_s=20,
        )
        await on_screen(page, "ended")
    await page.go_back()
    await on_screen(page, "appointments")
    assert page.url == hub.url
    assert asked == ["beforeunload"]


async def test_the_ended_screen_says_only_what_was(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        await begin(hub, page, kiosk)
    await hub.change(
        status=Status.ENDED,
        tracks_open=False,
        ended_at=time.time(),
        ended_by=By.CLOCK,
        end_reason=EndReason.EXPIRED,
        used_s=20.0,
    )
    await on_screen(page, "ended")
    screen = page.locator("#screen")
    await expect(screen).to_contain_text("The time was over.")
    await expect(screen.locator(".sum")).to_have_count(1)
    await expect(screen.locator("time")).to_have_count(2)
    await picture(page, "g-nothing-lost")
    await hub.change(lost_s=40.0, lost_by={"visitor": 40.0}, added_s=40.0)
    await expect(screen.locator(".sum")).to_have_count(3)
    await expect(screen).to_contain_text("Your side")
    await picture(page, "g-lost")
    await page.click("#to-appointments")
    await expect(page.locator('[data-visit="v1"]')).to_contain_text(", used 20 s")
    await picture(page, "c-ended")


async def test_held_says_page_for_a_closed_page_and_the_clock_runs(
    hub: FakeHub, page: Page
) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        page_id = await begin(hub, page, kiosk)
        shown = page.locator("[data-held]")
        for side, cause, words, symbol in (
            (Side.VISITOR, Cause.PAGE, "The page was closed", "timer"),
            (Side.TERMINAL, Cause.HANDSET, "The handset is hung up", "timer"),
            (Side.VISITOR, Cause.LINK, "Your internet dropped", "pause"),
        ):
            broken = BreakView(side=side, cause=cause, since=time.time() - 28)
            has_it = None if cause is Cause.PAGE else page_id
            await hub.change(status=Status.INTERRUPTED, page=has_it, breaks=(broken,))
            await expect(shown).to_contain_text(words)
            await expect(shown.locator("[data-telephone]")).to_have_count(0)
            await expect(shown.locator(f'.kept use[href$="#{symbol}"]')).to_have_count(1)
            await picture(page, f"f-{cause.value}")


@pytest.mark.parametrize(
    ("tag", "title"),
    [
        ("en", "Press the telephone to go back in"),
        ("es", "Oprima el teléfono para volver a entrar"),
    ],
)
async def test_a_hub_that_forgot_the_press_is_told_again_by_the_telephone(
    hub: FakeHub, page: Page, tag: str, title: str
) -> None:
    hub.visits = [a_visit()]
    await language(page, tag)
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        page_id = await begin(hub, page, kiosk)
        since = time.time() - 28
        waits = (
            BreakView(side=Side.TERMINAL, cause=Cause.HANDSET, since=since - 1),
            BreakView(side=Side.VISITOR, cause=Cause.PAGE, since=since),
        )
        await hub.change(status=Status.INTERRUPTED, tracks_open=False, breaks=waits)
        held = page.locator('[data-held="press"]')
        telephone = held.locator('[data-telephone="return"]')
        await expect(held.locator("h1")).to_have_text(title)
        await expect(page.locator("#status-line")).to_contain_text(f"{title}. Daniel")
        await expect(held.locator('.kept use[href$="#timer"]')).to_have_count(1)
        await expect(telephone).to_be_enabled()
        await picture(page, f"f-press-{tag}")
        for size in (LOW, PHONE, DESK):
            await page.set_viewport_size(size)
            assert await fits(page, ".held .button", ".held .button"), size
            assert await fits(page, ".held .button", "html"), size
            if SHOTS is not None and size is LOW:
                await page.screenshot(path=SHOTS / f"low-f-press-{tag}.png")
        for _ in range(2):  # the hub did not hear the first one
            hub.received.clear()
            await expect(telephone).to_be_enabled()
            # In the press itself, or a slow machine would only see what comes after.
            shown = await page.evaluate(
                "() => { document.querySelector('[data-telephone]').click();"
                " return document.querySelector('.held-words').textContent; }"
            )
            assert shown == {"en": "One moment", "es": "Un momento"}[tag]
            press = await hub.got(Press)
            assert (press.page, press.take_over) == (page_id, False)
        frames = kiosk.frames
        await hub.change(status=Status.IN_VISIT, tracks_open=True, breaks=())
        await on_screen(page, "in-visit")
        await until("pictures of the family", lambda: kiosk.frames > frames)


async def test_the_new_account_logs_in_with_its_email(hub: FakeHub, page: Page) -> None:
    await page.click("#switch-entry")
    await page.fill("#name", "Maria")
    await page.fill("#email", EMAIL)
    await page.fill("#password", PASSWORD)
    await page.click("#create-account")
    await on_screen(page, "check-mail")
    await page.click("#to-log-in")
    await on_screen(page, "log-in")
    await expect(page.locator("#email")).to_have_value(EMAIL)
    await page.fill("#password", PASSWORD)
    await page.click("#log-in")
    await on_screen(page, "facility")
    await page.click("#log-out")
    await on_screen(page, "log-in")
    await expect(page.locator("#email")).to_have_value("")


async def fits(page: Page, inner: str, outer: str) -> bool:
    """Whether what is drawn in every visible `inner` lies within its `outer`."""
    return bool(
        await page.evaluate(
            "([inner, outer]) => [...document.querySelectorAll(inner)].every((each) => {"
            " const range = document.createRange(); range.selectNodeContents(each);"
            " const [a, b] = [range.getBoundingClientRect(),"
            "   each.closest(outer).getBoundingClientRect()];"
            " return a.width === 0 || (a.left >= b.left && a.right <= b.right"
            "   && a.top >= b.top && a.bottom <= b.bottom); })",
            [inner, outer],
        )
    )


async def test_the_check_needs_no_scrolling(hub: FakeHub, page: Page) -> None:
    await log_in(page, check=False)
    await expect(page.locator('[data-check="camera"]')).to_have_attribute("data-passed", "true")
    await page.click("#play-bell")
    for name, size in (("desk", DESK), ("phone", PHONE)):
        await page.set_viewport_size(size)
        for tag in ("en", "es"):
            await language(page, tag)
            over = await page.evaluate(
                "document.documentElement.scrollHeight - document.documentElement.clientHeight"
            )
            if SHOTS is not None:
                await page.screenshot(path=SHOTS / f"{name}-b-fit-{tag}.png")
            assert over <= 0, f"{name} {tag} is {over} px too high"


async def test_a_visit_fits_a_phone_both_ways(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await language(page, "es")
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        await begin(hub, page, kiosk)
        for name, size in (("upright", PHONE), ("low", LOW)):
            await page.set_viewport_size(size)
            assert await fits(page, "#bar .button", "#bar .button"), name
            assert await fits(page, "#bar", "html"), name
            if SHOTS is not None:
                await page.screenshot(path=SHOTS / f"{name}-e-es.png")
        stage = await page.locator("#stage").bounding_box()
        own = await page.locator("#self").bounding_box()
        assert stage is not None and own is not None
        assert stage["height"] == LOW["height"]
        assert own["x"] > stage["width"] * 0.75, "the self-view is in the corner"
        await page.click("#end-visit")
        assert await fits(page, "#sheet .button", "html")
        if SHOTS is not None:
            await page.screenshot(path=SHOTS / "low-e-sheet.png")
        await page.click("#go-on")
        broken = BreakView(side=Side.TERMINAL, cause=Cause.LINK, since=time.time() - 28)
        await hub.change(status=Status.INTERRUPTED, breaks=(broken,))
        await on_screen(page, "held")
        assert await fits(page, "#end-visit", "html"), "the red X is in sight"
        button = await page.locator("#end-visit").bounding_box()
        assert button is not None and button["y"] + button["height"] <= LOW["height"]
        if SHOTS is not None:
            await page.screenshot(path=SHOTS / "low-f.png")


async def test_a_double_click_marks_nothing(hub: FakeHub, page: Page) -> None:
    """A marked picture is all blue, until the page is loaded again."""
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        await begin(hub, page, kiosk)
        await page.evaluate("getSelection().selectAllChildren(document.body)")
        await page.click("#end-visit")
        await page.dblclick("#confirm-end")
        await on_screen(page, "held")
        await page.mouse.dblclick(300, 400)  # where the heading is
        assert await page.evaluate("getSelection().toString()") == ""


async def test_an_early_press_says_when_the_telephone_turns_green(hub: FakeHub, page: Page) -> None:
    start = time.time() + 3600
    hub.visits = [a_visit(status=Status.SCHEDULED, starts_at=start, ends_at=start + 1800)]
    await log_in(page)
    await expect(page.locator("#early")).to_have_count(0)
    await page.locator('[data-visit="v1"] .hollow').focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#early")).to_contain_text("It is early. The visit starts at")
    await expect(page.locator("#early")).to_contain_text("when Daniel has signed in")
    await on_screen(page, "appointments")
    await picture(page, "c-early")
    assert not any(isinstance(each, Press) for each in hub.received)


@pytest.mark.parametrize("hours", [-7, 5])
async def test_a_phone_whose_clock_is_wrong_shows_the_hubs_time(
    hub: FakeHub, page: Page, hours: int
) -> None:
    shift = f"const now = Date.now; Date.now = () => now() + {hours} * 3600e3;"
    await page.add_init_script(shift)
    soon = time.time() + 650
    hub.visits = [a_visit(status=Status.SCHEDULED, starts_at=soon, ends_at=soon + 1800)]
    await page.reload()
    await log_in(page)
    await expect(page.locator('[data-visit="v1"]')).to_contain_text("Starts in 10 min")
    now = time.time()
    minutes = (datetime.fromtimestamp(at, ZoneInfo("America/Chicago")) for at in (now - 60, now))
    either = "|".join(f"{each:%-I:%M}" for each in minutes)  # a minute may pass while it is read
    await expect(page.locator("#jail-time")).to_have_text(re.compile(rf"\b({either})\b"))
