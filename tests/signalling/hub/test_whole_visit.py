"""From sign-in to the end, through both endpoints."""

from __future__ import annotations

import pytest

from signalling.hub import staff_commands as ask
from signalling.messages import (
    Answer,
    End,
    Ice,
    Join,
    Leave,
    Offer,
    Press,
    SeatMessage,
    SignIn,
)
from signalling.visit import Status
from signalling.visit_events import By, Cause, EndReason, Side
from tests.signalling.hub.harness import EMAIL, NUMBER, OFFER_SDP, PIN, Hub, eventually


async def test_inmate_on_time_visitor_presses_and_the_family_ends_it(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    seen = await page.sees(visit, lambda view: view.tracks_open)
    assert seen.status is Status.IN_VISIT
    offer, answer = page.newest(Offer), terminal.newest(Answer)
    assert offer is not None
    assert offer.sdp == OFFER_SDP
    assert answer is not None
    assert "8.8.4.4" in answer.sdp
    assert "10.0.0.9" not in answer.sdp
    await page.send(End(visit=visit))
    ended = await terminal.sees(lambda view: view.status is Status.ENDED)
    assert (ended.ended_by, ended.end_reason) == (By.VISITOR, EndReason.RED_X)
    assert not ended.tracks_open
    await page.sees(visit, lambda view: view.status is Status.ENDED)
    assert await hub.kinds(visit) == [
        "booked",
        "inmate-signed-in",
        "visitor-joined",
        "begun",
        "ended",
    ]


async def test_words_of_the_help_page_are_pushed_in_order(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book("+600", 60)
    page, terminal = await hub.ready_page(), await hub.ready_terminal()
    assert page.visit(visit).status is Status.SCHEDULED
    hub.pass_time(600.5)
    await page.sees(visit, lambda view: view.status is Status.PENDING)
    await terminal.sign_in()
    await page.sees(visit, lambda view: view.status is Status.READY)
    await terminal.sign_out()
    await page.sees(visit, lambda view: view.status is Status.PENDING)
    hub.pass_time(60)
    ended = await page.sees(visit, lambda view: view.status is Status.ENDED)
    assert (ended.ended_by, ended.end_reason) == (By.CLOCK, EndReason.NOBODY_CAME)


async def test_inmate_early_makes_the_start_ready_at_once(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book("+300", 60)
    terminal, page = await hub.ready_terminal(), await hub.ready_page()
    await terminal.sign_in()
    early = await terminal.sees(lambda view: view.signed_in)
    assert early.status is Status.SCHEDULED
    await page.join(visit)
    assert (await page.refused(Press(visit=visit, page=page.page))).code == "not-ready"
    hub.pass_time(300.5)
    await page.sees(visit, lambda view: view.status is Status.READY)


async def test_expiry_ends_a_visit_that_began(hub: Hub) -> None:
    terminal, page, visit = await hub.begun(seconds=30)
    hub.pass_time(30)
    ended = await page.sees(visit, lambda view: view.status is Status.ENDED)
    assert (ended.ended_by, ended.end_reason) == (By.CLOCK, EndReason.EXPIRED)
    await terminal.sees(lambda view: view.status is Status.ENDED)
    assert (await page.refused(End(visit=visit))).code == "ended"
    assert (await page.refused(Join(visit=visit, page="p2"))).code == "ended"


async def test_the_jails_red_x_and_staff_end_it_too(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    await terminal.send(End(visit=visit))
    ended = await page.sees(visit, lambda view: view.status is Status.ENDED)
    assert ended.ended_by is By.INMATE
    other = await hub.book(seconds=50)
    await terminal.choose(other)
    await page.join(other)
    await page.press(other)
    await page.sees(other, lambda view: view.status is Status.IN_VISIT)
    await hub.do(ask.VisitTerminate(visit=other, reason="count"))
    ended = await page.sees(other, lambda view: view.status is Status.ENDED)
    assert (ended.ended_by, ended.end_reason) == (By.STAFF, EndReason.STAFF)


async def test_second_page_asks_then_takes_over(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    other = await hub.ready_page()
    await other.join(visit, "page-2")
    assert other.visit(visit).page == "page-1"
    refused = await other.refused(Press(visit=visit, page="page-2"))
    assert refused.code == "visit-elsewhere"
    await other.press(visit, take_over=True)
    await terminal.sees(lambda view: view.page == "page-2")
    first = await page.sees(visit, lambda view: view.page == "page-2")
    assert first.status is Status.IN_VISIT
    await terminal.offer(visit, "page-1", connection=2)  # too late: dropped
    await terminal.offer(visit, "page-2", connection=2)
    await other.until(lambda: other.newest(Offer))
    assert page.count(Offer) == 1
    await other.send(Leave(visit=visit, page="page-2"))
    await page.sees(visit, lambda view: view.page == "page-1")


async def test_offers_and_answers_of_other_connections_are_dropped(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    before = terminal.count(Answer), terminal.count(Ice)
    await page.send(Answer(visit=visit, connection=7, sdp="v=0\r\nnot even looked at"))
    await page.send(Ice(visit=visit, connection=7, candidate="nor this"))
    await page.state(visit, receiving=True)
    await page.send(End(visit=visit))
    await terminal.sees(lambda view: view.status is Status.ENDED)
    assert (terminal.count(Answer), terminal.count(Ice)) == before


async def test_an_unanswered_offer_is_repeated_to_the_page_that_comes_back(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book()
    terminal, page = await hub.ready_terminal(), await hub.ready_page()
    await terminal.sign_in()
    await page.join(visit)
    await terminal.sees(lambda view: view.page == "page-1")
    await terminal.offer(visit, "page-1")
    await page.until(lambda: page.newest(Offer))
    await page.pull()
    back = await hub.ready_page()
    await back.join(visit, "page-1")
    await back.until(lambda: back.newest(Offer))


async def test_handset_holds_without_giving_back(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    await terminal.state(visit, receiving=False, handset_up=False)
    held = await page.sees(visit, lambda view: view.status is Status.INTERRUPTED)
    assert [(b.side, b.cause) for b in held.breaks] == [(Side.TERMINAL, Cause.HANDSET)]
    assert not held.tracks_open
    await terminal.state(visit)
    back = await page.sees(visit, lambda view: view.status is Status.IN_VISIT)
    assert back.tracks_open
    assert back.added_s == 0
    assert back.owed_s == 0


async def test_a_pulled_terminal_holds_and_its_time_is_given_back(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    before = page.visit(visit).ends_at
    await terminal.pull()
    held = await page.sees(visit, lambda view: view.status is Status.INTERRUPTED)
    assert [(b.side, b.cause) for b in held.breaks] == [(Side.TERMINAL, Cause.LINK)]
    assert held.tracks_open
    hub.pass_time(8)
    again = await hub.ready_terminal()
    await again.state(visit)
    back = await page.sees(visit, lambda view: view.added_s > 0)
    assert back.status is Status.IN_VISIT
    assert 8 <= back.added_s < 12
    assert back.ends_at == pytest.approx(before + back.added_s)
    assert back.lost_by["terminal"] == pytest.approx(back.added_s, abs=0.5)


async def test_a_page_that_leaves_holds_and_comes_back(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    await page.send(Leave(visit=visit, page=page.page))
    held = await terminal.sees(lambda view: view.status is Status.INTERRUPTED)
    assert [(b.side, b.cause) for b in held.breaks] == [(Side.VISITOR, Cause.PAGE)]
    assert held.page is None
    await page.join(visit, "page-reloaded")
    back = await terminal.sees(lambda view: view.page == "page-reloaded")
    assert back.breaks == held.breaks  # loaded again, but nobody pressed yet
    assert not back.tracks_open
    await page.press(visit)
    back = await terminal.sees(lambda view: view.status is Status.IN_VISIT)
    assert (back.page, back.tracks_open) == ("page-reloaded", True)


async def test_a_lost_socket_with_media_flowing_holds_nothing(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    await page.pull()
    hub.pass_time(2)
    await terminal.state(visit, handset_up=True)  # a push that shows what the hub thinks
    await terminal.sees(lambda view: view.used_s > 2)
    view = await terminal.sees(lambda view: view.status is Status.IN_VISIT)
    assert view.page == "page-1"
    await terminal.state(visit, receiving=False)
    held = await terminal.sees(lambda view: view.status is Status.INTERRUPTED)
    assert (held.breaks[0].side, held.breaks[0].cause) == (Side.VISITOR, Cause.LINK)


async def test_no_picture_after_the_press_is_an_interruption_since_begun(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    assert terminal.visit is not None
    await terminal.state(visit, receiving=False)
    held = await page.sees(visit, lambda view: view.status is Status.INTERRUPTED)
    assert (held.breaks[0].side, held.breaks[0].cause) == (Side.NETWORK, Cause.MEDIA)
    await terminal.state(visit, receiving=True)
    await page.sees(visit, lambda view: view.status is Status.IN_VISIT)


async def test_several_visits_wait_for_a_choice(hub: Hub) -> None:
    await hub.people()
    await hub.visitor("bo@example.org", "Bo")
    first = await hub.book("now", 60)
    second = await hub.book("+590", 60, visitors=("bo@example.org",))
    terminal = await hub.ready_terminal()
    seat = await terminal.sign_in()
    assert seat is not None
    assert seat.visit is None
    assert [view.id for view in seat.visits] == [first, second]
    await terminal.choose(second)
    await terminal.choose(first)
    assert await hub.kinds(second) == ["booked", "inmate-signed-in", "inmate-signed-out"]


async def test_a_second_terminal_is_refused_until_the_first_is_out_of_order(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book()
    one, two = await hub.ready_terminal("c4"), await hub.ready_terminal("c5")
    await one.sign_in()
    refused = await two.refused(SignIn(inmate_number=NUMBER, pin=PIN))
    assert (refused.code, refused.facts) == ("signed-in-elsewhere", {"terminal": "Terminal c4"})
    await one.pull()
    await eventually(lambda: "c4" not in hub.services.switchboard.terminals)
    await two.send(SignIn(inmate_number=NUMBER, pin=PIN))
    moved = await two.sees(lambda view: view.terminal == "c5")
    assert moved.id == visit
    assert (await hub.kinds(visit))[-1] == "moved"
    again = await hub.ready_terminal("c4")
    assert again.newest(SeatMessage) is not None
    assert again.seat is None


async def test_another_visitors_visit_is_unknown(hub: Hub) -> None:
    _, _, visit = await hub.begun()
    await hub.visitor("eve@example.org", "Eve")
    eve = await hub.ready_page("eve@example.org")
    assert eve.visits == ()
    for message in (
        Join(visit=visit, page="page-eve"),
        Press(visit=visit, page="page-1", take_over=True),
        End(visit=visit),
        Leave(visit=visit, page="page-1"),
        Answer(visit=visit, connection=1, sdp="v=0"),
        Ice(visit=visit, connection=1, candidate=""),
        Join(visit="no-such-visit", page="page-eve"),
    ):
        assert (await eve.refused(message)).code == "unknown-visit"


async def test_a_terminal_may_not_touch_another_inmates_visit(hub: Hub) -> None:
    _, _, visit = await hub.begun()
    other = await hub.ready_terminal("c9")
    for message in (
        End(visit=visit),
        Offer(visit=visit, page="page-1", connection=2, sdp=OFFER_SDP),
    ):
        assert (await other.refused(message)).code == "unknown-visit"
    await hub.do(ask.InmateAdd(number="99", name="Max", facility="north", pin="111222"))
    await other.sign_in("99", "111222")
    assert (await other.refused(End(visit=visit))).code == "unknown-visit"


async def test_private_visits_show_no_notice(hub: Hub) -> None:
    await hub.people()
    await hub.do(ask.VisitorApprove(email=EMAIL, inmate=NUMBER, private=True))
    visit = await hub.book()
    page = await hub.ready_page()
    assert page.visit(visit).private


async def test_both_sides_are_told_what_the_page_sends(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    assert page.visit(visit).visitor_camera
    await page.state(visit, camera=False)
    view = await terminal.sees(lambda view: not view.visitor_camera)
    assert view.visitor_microphone
    assert not (await page.sees(visit, lambda view: not view.visitor_camera)).visitor_camera
    # A page that comes next has said nothing yet.
    await page.send(Leave(visit=visit, page=page.page))
    await terminal.sees(lambda view: view.page is None and view.visitor_camera)
