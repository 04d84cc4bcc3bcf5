"""The page's side of a call in a real Chromium: the terminal's late addresses, what it measures."""

from __future__ import annotations

import asyncio
import time

import pytest
from playwright.async_api import Page

from signalling.messages import Answer, CallStats, Ice, Join, Leave, PageState, Press
from signalling.visit import Status
from tests.signalling.web.fake_hub import FakeHub, a_visit
from tests.signalling.web.fake_kiosk import FakeKiosk
from tests.signalling.web.steps import (
    becomes_true,
    begin,
    connect,
    log_in,
    on_screen,
    reports,
    until,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def states(hub: FakeHub) -> list[PageState]:
    return [each for each in hub.received if isinstance(each, PageState)]


def told(hub: FakeHub) -> list[CallStats]:
    return [each for each in hub.received if isinstance(each, CallStats)]


async def test_the_page_finds_the_terminal_by_addresses_that_came_after_the_offer(
    hub: FakeHub, page: Page
) -> None:
    hub.visits = [a_visit()]
    warnings: list[str] = []
    page.on("console", lambda said: warnings.append(said.text) if said.type == "warning" else None)
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        join = await hub.got(Join)
        await hub.change(status=Status.READY, signed_in=True, terminal="C-4", page=join.page)
        offer, found = await kiosk.offer_bare(join.page)
        stray = Ice(visit="v1", connection=9, candidate=found[0].candidate, sdp_m_line_index=0)
        useless = Ice(visit="v1", connection=1, candidate="no candidate", sdp_m_line_index=0)
        # The candidates are there before the page can have taken the offer.
        await asyncio.gather(hub.send(offer), *(map(hub.send, [stray, useless, *found])))
        await kiosk.take_blindly(await hub.got(Answer))
        await kiosk.take_ice(Ice(visit="v1", connection=1, candidate=""))
        await until("a connection", lambda: kiosk.state == "connected")

    def of_candidates() -> list[str]:
        return [each for each in warnings if "candidate" in each]

    await until("a word about the useless one", lambda: bool(of_candidates()))
    assert len(of_candidates()) == 1, "a stray one is nothing to speak of"


async def test_the_page_tells_how_the_call_is_while_the_visit_goes_on(
    hub: FakeHub, page: Page
) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 3) as kiosk:
        assert not (await hub.got(Join)).pressed
        await begin(hub, page, kiosk)

        # How many pictures, and how regularly they come, is the machine's business.
        def moves(each: CallStats) -> bool:
            return each.fps_in > 3 and each.video_kbps_in > 1 and 0 < each.longest_gap_ms < 1500

        await until("moving pictures", lambda: any(map(moves, told(hub))), 20)
        assert {(each.visit, each.connection) for each in told(hub)} == {("v1", 3)}
        await until("pictures of the family", lambda: any(each.fps_out > 3 for each in told(hub)))
        kiosk.freeze()
        before = len(told(hub))
        await until(
            "a frozen picture",
            lambda: any(s.longest_gap_ms > 1500 and s.fps_in == 0 for s in told(hub)[before:]),
        )
        await hub.change(status=Status.INTERRUPTED, tracks_open=False, paused=True)
        await on_screen(page, "held")  # so the page knows that the tracks are shut
        seen = len(told(hub))
        await becomes_true(page, "new Promise((done) => setTimeout(() => done(true), 1600))")
        assert len(told(hub)) <= seen + 1  # one may have been on its way


async def test_a_page_that_comes_back_says_whether_it_was_pressed(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    hub.opened = "lindell"
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        await begin(hub, page, kiosk)
        first = await hub.got(Join)
        assert not first.pressed
        await reports(hub, receiving=True)
        again = await joins_again(hub)
        assert (again.page, again.pressed) == (first.page, True)
        await reports(hub, receiving=True)  # so the page knows that it has joined
        hub.received.clear()
        await page.reload()
        left = await hub.got(Leave)
        assert left.page == first.page
        loaded = await hub.got(Join)
        joined = {each.page for each in hub.received if isinstance(each, Join)}
        assert joined == {loaded.page}, "a page that goes does not join again"
        assert loaded.page != first.page
        assert not loaded.pressed


async def test_a_page_that_is_in_no_call_does_not_say_that_it_was_pressed(
    hub: FakeHub, page: Page
) -> None:
    hub.visits = [a_visit()]
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        first = await begin(hub, page, kiosk)
        await reports(hub, receiving=True)
    # As when another page took the visit over while this one's device slept.
    await reports(hub, receiving=False)
    again = await joins_again(hub)
    assert (again.page, again.pressed) == (first, False)


async def joins_again(hub: FakeHub) -> Join:
    """Break the page's connection, let it come back, and return what it then says."""
    hub.received.clear()
    await hub.cut()
    hub.answering = True
    return await hub.got(Join)


SENT = """async () => {
  let packets = 0;
  for (const pc of window.pcs) for (const each of (await pc.getStats()).values())
    if (each.type === 'outbound-rtp') packets += each.packetsSent;
  return packets;
}"""
CAMERA_WAITS = """() => window.pcs.at(-1).getSenders().some((each) =>
  each.track?.kind === 'video' && each.getParameters().encodings.every(({ active }) => !active))"""


async def no_more_is_sent(page: Page, deadline_s: float = 10.0) -> None:
    """Wait until half a second goes by in which no packet leaves: some were on their way."""
    end = time.monotonic() + deadline_s
    before = -1
    while (sent := await page.evaluate(SENT)) != before:
        assert time.monotonic() < end, "the family is still sent"
        before = sent
        await becomes_true(page, "new Promise((done) => setTimeout(() => done(true), 500))")


async def test_nothing_leaves_before_the_press_though_the_camera_waits_on_its_sender(
    hub: FakeHub, page: Page
) -> None:
    hub.visits = [a_visit()]
    await page.add_init_script(
        "window.pcs = []; window.RTCPeerConnection = class extends window.RTCPeerConnection {"
        " constructor(...given) { super(...given); window.pcs.push(this); } };"
    )
    await page.reload()
    await on_screen(page, "log-in")
    await log_in(page)
    async with FakeKiosk("v1", 1) as kiosk:
        join = await hub.got(Join)
        await hub.change(status=Status.READY, signed_in=True, terminal="C-4", page=join.page)
        await connect(hub, kiosk, join.page)
        await becomes_true(page, CAMERA_WAITS)
        await becomes_true(page, "new Promise((done) => setTimeout(() => done(true), 500))")
        assert await page.evaluate(SENT) == 0
        assert kiosk.frames == 0
        await page.click('[data-visit="v1"] .telephone')
        await hub.got(Press)
        assert await page.evaluate(SENT) == 0, "a press alone opens nothing: the hub does"
        await hub.change(status=Status.IN_VISIT, begun_at=time.time(), tracks_open=True)
        await until("pictures of the family", lambda: kiosk.frames > 10)
        await hub.change(status=Status.INTERRUPTED, tracks_open=False)
        await becomes_true(page, "window.pcs[0].getSenders().every((each) => each.track === null)")
        await no_more_is_sent(page)
        seen = kiosk.frames
        await hub.change(status=Status.IN_VISIT, tracks_open=True)
        await until("pictures again", lambda: kiosk.frames > seen + 10)
