"""The family's page in a real Chromium, from log-in to the end of a visit."""

from __future__ import annotations

import asyncio
import time

import pytest
from playwright.async_api import (
    Page,
    expect,
)

from signalling.booking_messages import OwnView
from signalling.messages import (
    End,
    FacilityLogIn,
    Hello,
    HubStopping,
    Join,
    LogIn,
    Press,
    Refused,
)
from signalling.visit import Status
from signalling.visit_events import By, Cause, EndReason, Side
from signalling.wire import BreakView
from tests.signalling.web.fake_hub import EMAIL, PASSWORD, FakeHub, a_visit
from tests.signalling.web.fake_kiosk import FakeKiosk
from tests.signalling.web.steps import (
    becomes_true,
    begin,
    connect,
    log_in,
    on_screen,
    picture,
    reports,
    until,
)

PRESS_TO_PICTURE_MS = (
    "performance.getEntriesByName('visit-first-picture')[0].startTime"
    " - performance.getEntriesByName('visit-press')[0].startTime"
)


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def video_size(page: Page) -> tuple[int, int]:
    width, height = await page.evaluate(
        "() => { const v = document.querySelector('#remote-video');"
        " return v ? [v.videoWidth, v.videoHeight] : [0, 0]; }"
    )
    return width, height


async def test_a_whole_visit(hub: FakeHub, page: Page) -> None:
    hub.visits = [
        a_visit(),
        a_visit(
            id="v2",
            status=Status.SCHEDULED,
            starts_at=time.time() + 51 * 3600,
            ends_at=time.time() + 51.5 * 3600,
        ),
        a_visit(
            id="v3",
            status=Status.ENDED,
            starts_at=time.time() - 72 * 3600,
            ends_at=time.time() - 71 * 3600,
            used_s=1800,
            lost_s=120,
            added_s=120,
            begun_at=time.time() - 72 * 3600,
        ),
    ]
    await picture(page, "a-log-in")
    await log_in(page, check=False)
    await expect(page.locator('[data-check="camera"]')).to_have_attribute("data-passed", "true")
    await page.click("#play-bell")
    await page.click("#bell-yes")
    await becomes_true(page, "Number(document.querySelector('#meter').dataset.level) > 0")
    await picture(page, "b-check")
    await page.click("#check-done")
    await on_screen(page, "appointments")
    card = page.locator('[data-visit="v1"]')
    await expect(card.locator("[data-status]")).to_have_attribute("data-status", "pending")
    await expect(card).to_contain_text("Daniel has not signed in yet.")
    await expect(card.locator(".telephone")).to_have_count(0)
    await picture(page, "c-pending")
    async with FakeKiosk("v1", 1) as kiosk:
        join = await hub.got(Join)
        await hub.change(status=Status.READY, signed_in=True, terminal="C-4", page=join.page)
        await expect(card.locator(".telephone")).to_be_visible()
        await expect(page.locator("#status-line")).to_contain_text("Visit with Daniel: ready")
        await picture(page, "c-ready")
        await begin(hub, page, kiosk)
        await becomes_true(page, "performance.getEntriesByName('visit-first-picture').length === 1")
        assert await video_size(page) == (640, 480)
        print("press to picture, ms:", await page.evaluate(PRESS_TO_PICTURE_MS))
        await until("pictures of the family", lambda: kiosk.frames > 10)
        assert sorted(kiosk.kinds) == ["audio", "video"]
        await reports(hub, receiving=True, connection=1, camera=True, microphone=True)
        # However long it took until here.
        await hub.change(ends_at=time.time() + 18 * 60 - 15)
        await expect(page.locator("#time-left")).to_have_text("18 min left")
        await picture(page, "e-in-visit")
        await page.click("#end-visit")
        await expect(page.locator("#sheet")).to_be_visible()
        await expect(page.locator("#go-on")).to_be_focused()
        await picture(page, "e-confirm-end")
        await page.click("#confirm-end")
        assert (await hub.got(End)).visit == "v1"
    now = time.time()
    await hub.change(
        status=Status.ENDED,
        tracks_open=False,
        begun_at=now - 1920,
        ended_at=now,
        ended_by=By.VISITOR,
        end_reason=EndReason.RED_X,
        used_s=1800,
        lost_s=120,
        lost_by={"visitor": 120.0},
        added_s=120,
    )
    await on_screen(page, "ended")
    await expect(page.locator("#screen")).to_contain_text("You ended it.")
    await picture(page, "g-ended")
    await page.click("#to-appointments")
    await on_screen(page, "appointments")


async def test_nothing_is_sent_before_the_press(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        join = await hub.got(Join)
        # A hub gone mad opens the tracks by itself: still nobody pressed here.
        await hub.change(
            status=Status.IN_VISIT,
            signed_in=True,
            terminal="C-4",
            page=join.page,
            begun_at=time.time(),
            tracks_open=True,
        )
        await connect(hub, kiosk, join.page)
        kiosk.send()
        await reports(hub, receiving=True)
        assert kiosk.frames == 0
        await on_screen(page, "appointments")
        await picture(page, "c-return")
        await page.click('[data-telephone="return"]')
        await on_screen(page, "in-visit")
        await until("pictures of the family", lambda: kiosk.frames > 5)


async def test_a_new_offer_is_shown_beside_and_swapped(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as first, FakeKiosk("v1", 2) as second:
        page_id = await begin(hub, page, first)
        await becomes_true(page, "document.querySelector('#remote-video')?.videoWidth > 0")
        await page.evaluate("document.querySelector('#remote-video').dataset.first = 'yes'")
        await connect(hub, second, page_id)
        assert await page.locator("#remote-video[data-first]").count() == 1
        second.send()
        await expect(page.locator("#remote-video[data-first]")).to_have_count(0)
        await expect(page.locator("#pictures video")).to_have_count(1)
        await until("pictures on the second", lambda: second.frames > 5)
        await reports(hub, connection=2)


async def test_held_says_whose_link_broke(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        await begin(hub, page, kiosk)
        await becomes_true(page, "document.querySelector('#remote-video')?.videoWidth > 0")
        shown = page.locator("[data-held]")
        for side, cause, where, words in (
            (Side.TERMINAL, Cause.LINK, "terminal", "The jail's terminal dropped"),
            (Side.TERMINAL, Cause.HANDSET, "handset", "The handset is hung up"),
            (Side.NETWORK, Cause.MEDIA, "network", "The picture does not come through"),
            (Side.TERMINAL, Cause.SIGNED_OUT, "signed-out", "Daniel signed out"),
        ):
            broken = BreakView(side=side, cause=cause, since=time.time() - 28)
            await hub.change(status=Status.INTERRUPTED, breaks=(broken,))
            await on_screen(page, "held")
            await expect(shown).to_have_attribute("data-held", where)
            await expect(shown).to_contain_text(words)
            await picture(page, f"f-{where}")
        await hub.change(status=Status.IN_VISIT, breaks=())
        await on_screen(page, "in-visit")
    await hub.cut()
    await on_screen(page, "held")
    await expect(shown).to_have_attribute("data-held", "visitor")
    await picture(page, "f-visitor")
    before = len([each for each in hub.received if isinstance(each, Join)])
    hub.answering = True
    await until(
        "a join again",
        lambda: len([each for each in hub.received if isinstance(each, Join)]) > before,
        15,
    )
    pages = {each.page for each in hub.received if isinstance(each, Join)}
    assert len(pages) == 1, "a page that comes back keeps its id"
    await on_screen(page, "in-visit")


async def test_mute_and_camera_stop_what_is_sent(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        await begin(hub, page, kiosk)
        await until("pictures of the family", lambda: kiosk.frames > 5)
        await page.click("#mute")
        await page.click("#camera-off")
        await reports(hub, camera=False, microphone=False)
        await expect(page.locator("#over")).to_contain_text("You are muted")
        await picture(page, "e-muted")
        await page.click("#mute")
        await page.click("#camera-off")
        await reports(hub, camera=True, microphone=True)


async def test_last_minutes_are_said(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        await begin(hub, page, kiosk)
        for minutes, words in ((5, "5 minutes left"), (1, "1 minute left")):
            now = time.time()
            await hub.change(begun_at=now - 900, ends_at=now + minutes * 60 - 0.5)
            await expect(page.locator("#warning")).to_have_text(words)
            await expect(page.locator("#status-line")).to_have_text(words)
        await picture(page, "e-last-minute")
        await expect(page.locator(".clock.last")).to_be_visible()


async def test_take_over_asks_and_the_other_page_says_so(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        page_id = await begin(hub, page, kiosk)
        await hub.change(page="another-page")
        await on_screen(page, "appointments")
        await expect(page.locator("#taken-over")).to_be_visible()
        await picture(page, "c-taken-over")
        # Another visitor has it now: it is not taken from them by a slip.
        hub.own = {"v1": OwnView(inmate="i1", by_me=True, at_page_of="Rosa")}
        await hub.change()
        await page.click('[data-telephone="elsewhere"]')
        await expect(page.locator("#sheet")).to_contain_text("Rosa has it now. Their page stops.")
        await picture(page, "c-take-over-ask")
        await page.click("#take-over")
        await until("taken", lambda: any(p.take_over for p in presses(hub)))
        await hub.change(page=page_id)
        await on_screen(page, "in-visit")


def presses(hub: FakeHub) -> list[Press]:
    return [each for each in hub.received if isinstance(each, Press)]


async def test_a_press_that_is_refused_elsewhere_asks(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    await hub.got(Join)
    await hub.change(status=Status.READY, signed_in=True)
    await page.click(".telephone")
    await hub.got(Press)
    await hub.send(Refused(about="press", code="visit-elsewhere"))
    await expect(page.locator("#take-over")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#sheet")).to_be_hidden()
    await expect(page.locator(".telephone")).to_be_enabled()


async def test_a_press_lost_with_the_link_is_asked_for_again(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    await hub.got(Join)
    await hub.change(status=Status.READY, signed_in=True)
    await page.click(".telephone")
    await until("the press", lambda: len(presses(hub)) == 1)
    await expect(page.locator(".telephone")).to_have_text("One moment")
    await hub.cut()
    await expect(page.locator("#offline")).to_be_visible()
    hub.answering = True
    await expect(page.locator("#offline")).to_be_hidden(timeout=10_000)
    await expect(page.locator(".telephone")).to_have_text("Start visit")
    # Never by itself: the person may have gone meanwhile.
    assert len(presses(hub)) == 1
    await page.click(".telephone")
    await until("the second press", lambda: len(presses(hub)) == 2)


async def test_a_hub_that_stops_for_a_moment_is_told_calmly(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    await hub.got(Join)
    hellos = sum(isinstance(each, Hello) for each in hub.received)
    await hub.send(HubStopping(come_back_s=0.5))
    await expect(page.locator("#offline")).to_have_text("One moment")
    await expect(page.locator("#offline")).to_be_hidden()
    assert sum(isinstance(each, Hello) for each in hub.received) == hellos + 1


def ends(hub: FakeHub) -> list[End]:
    return [each for each in hub.received if isinstance(each, End)]


async def press_red_x(page: Page) -> None:
    await page.click("#end-visit")
    await page.click("#confirm-end")
    await on_screen(page, "held")
    await expect(page.locator("[data-held]")).to_have_attribute("data-held", "ending")


async def falls_silent(kiosk: FakeKiosk) -> None:
    """Wait until no picture of the family has come for half a second."""
    deadline = time.monotonic() + 10
    while True:
        before = kiosk.frames
        await asyncio.sleep(0.5)  # silence is measured over a time
        if kiosk.frames == before:
            return
        assert time.monotonic() < deadline, "the family is still seen"


@pytest.mark.parametrize(
    ("language", "title", "when"),
    [
        ("en", "Ending your visit", "It ends as soon as the connection is back."),
        ("es", "Terminando su visita", "Termina en cuanto vuelva la conexión."),
    ],
)
async def test_a_red_x_while_the_link_is_away_ends_the_visit_later(
    hub: FakeHub, page: Page, language: str, title: str, when: str
) -> None:
    if language == "es":
        await page.click("#language")
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        await begin(hub, page, kiosk)
        await until("pictures of the family", lambda: kiosk.frames > 5)
        await hub.cut()
        await expect(page.locator(".pills.right .sun")).to_be_visible()
        await press_red_x(page)
        await falls_silent(kiosk)
        assert kiosk.state == "connected", "only the tracks are shut"
        await expect(page.locator("h1")).to_have_text(title)
        await expect(page.locator("#screen")).to_contain_text(when)
        await expect(page.locator("#pictures video")).to_have_count(0)
        await expect(page.locator("#screen button")).to_have_count(0)
        await picture(page, f"f-ending-{language}")
        assert ends(hub) == []
        hub.received.clear()
        hub.answering = True
        assert (await hub.got(End, 20)).visit == "v1"
        kinds = [type(each) for each in hub.received]
        assert kinds.index(Join) < kinds.index(End)
        await hub.change(
            status=Status.ENDED, tracks_open=False, ended_at=time.time(), ended_by=By.VISITOR,
            end_reason=EndReason.RED_X,
        )  # fmt: skip
        await on_screen(page, "ended")
        assert len(ends(hub)) == 1
        assert kiosk.frames > 5


async def test_an_end_that_was_lost_with_the_socket_is_said_again(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        await begin(hub, page, kiosk)
        await press_red_x(page)
        await expect(page.locator("#screen")).to_contain_text("One moment")
        await until("the end", lambda: len(ends(hub)) == 1)
        for said in (2, 3):
            await hub.cut()
            await expect(page.locator("#screen")).to_contain_text("as soon as")
            hub.answering = True
            await until("the end, again", lambda n=said: len(ends(hub)) == n, 20)  # type: ignore[misc]
        await hub.change(page="another-page")
        await on_screen(page, "appointments")
        joins = len([each for each in hub.received if isinstance(each, Join)])
        await hub.cut()
        hub.answering = True
        await until(
            "a join without the wish",
            lambda: len([each for each in hub.received if isinstance(each, Join)]) > joins,
            20,
        )
        await hub.change(page=None)
        await expect(page.locator('[data-telephone="return"]')).to_be_visible()
        assert len(ends(hub)) == 3


async def test_a_refused_end_is_said_again_or_the_visit_goes_on(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        await begin(hub, page, kiosk)
        await press_red_x(page)
        await until("the end", lambda: len(ends(hub)) == 1)
        await falls_silent(kiosk)
        await hub.send(Refused(about="end", code="busy"))
        await until("the end, again", lambda: len(ends(hub)) == 2, 20)
        await on_screen(page, "held")
        before = kiosk.frames
        await hub.send(Refused(about="end", code="not-ready"))
        await on_screen(page, "in-visit")
        await until("pictures of the family", lambda: kiosk.frames > before)
        await becomes_true(page, "document.querySelector('#remote-video')?.videoWidth > 0")


async def test_a_visit_that_staff_ended_early_says_so(hub: FakeHub, page: Page) -> None:
    hub.visits = [
        a_visit(
            status=Status.ENDED,
            ended_at=time.time(),
            ended_by=By.STAFF,
            end_reason=EndReason.STAFF,
        )
    ]
    await log_in(page)
    await expect(page.locator('[data-visit="v1"]')).to_contain_text("An officer ended it.")


async def test_wrong_password_keeps_the_email(hub: FakeHub, page: Page) -> None:
    await page.fill("#email", EMAIL)
    await page.fill("#password", "not it")
    await page.click("#log-in")
    await expect(page.locator('[data-note="wrong-log-in"]')).to_be_visible()
    await expect(page.locator("#email")).to_have_value(EMAIL)
    assert isinstance(await hub.got(LogIn), LogIn)
    await picture(page, "a-wrong")
    await page.click("#language")
    await expect(page.locator("html")).to_have_attribute("lang", "es")
    await expect(page.locator("h1")).to_have_text("Entrar")
    await page.reload()
    await on_screen(page, "log-in")
    await expect(page.locator("h1")).to_have_text("Entrar")


async def test_facility_asks_the_password_again(hub: FakeHub, page: Page) -> None:
    await page.click("#switch-entry")
    await on_screen(page, "create-account")
    await picture(page, "a-create")
    await page.fill("#name", "Maria")
    await page.fill("#email", EMAIL)
    await page.fill("#password", PASSWORD)
    await page.click("#create-account")
    await on_screen(page, "check-mail")
    await page.click("#to-log-in")
    await page.fill("#email", EMAIL)
    await page.fill("#password", PASSWORD)
    await page.click("#log-in")
    await on_screen(page, "facility")
    await picture(page, "a-facility")
    await page.click('[data-facility="lindell"]')
    await page.fill("#facility-password", "no")
    await page.click("#facility-log-in")
    await expect(page.locator('[data-note="wrong-log-in"]')).to_be_visible()
    assert (await hub.got(FacilityLogIn)).facility == "lindell"
    await picture(page, "a-facility-log-in")


async def test_refused_camera_says_what_to_do_and_goes_on(hub: FakeHub, page: Page) -> None:
    await page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = async ({video}) => {"
        " const error = video ? 'NotAllowedError' : 'NotFoundError';"
        " throw new DOMException('no', error); }; }"
    )
    hub.visits = [a_visit()]
    await log_in(page, check=False)
    await expect(page.locator('[data-check="camera"] [data-fault]')).to_have_attribute(
        "data-fault", "denied"
    )
    await expect(page.locator('[data-check="microphone"] [data-fault]')).to_have_attribute(
        "data-fault", "none"
    )
    await picture(page, "b-denied")
    await page.click("#check-done")
    await hub.got(Join)
    await reports(hub, camera=False, microphone=False)


async def test_after_a_reload_the_visit_waits_for_a_press(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        before = await begin(hub, page, kiosk)
    hub.visits = [a_visit(status=Status.INTERRUPTED, begun_at=time.time(), signed_in=True)]
    hub.received.clear()
    await page.reload()
    await on_screen(page, "appointments")
    after = (await hub.got(Join)).page
    assert after != before
    await hub.change(page=after, tracks_open=True)
    await page.click('[data-telephone="return"]')
    await on_screen(page, "in-visit")
