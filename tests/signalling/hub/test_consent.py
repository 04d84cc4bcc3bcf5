"""Tracks are open only for a page whose own person pressed the telephone."""

from __future__ import annotations

from signalling.messages import Leave
from signalling.visit import Status
from signalling.visit_events import Cause, Side
from tests.signalling.hub.harness import EMAIL, Hub, Page, Terminal

BO = "bo@example.org"


async def begun_for_two(hub: Hub) -> tuple[Terminal, Page, Page, str]:
    """A visit that Ana began; Bo is invited too, and his page is open."""
    await hub.people()
    await hub.visitor(BO, "Bo")
    visit = await hub.book(visitors=(EMAIL, BO))
    terminal, ana, bo = await hub.ready_terminal(), await hub.ready_page(), await hub.ready_page(BO)
    await terminal.sign_in()
    await ana.join(visit, "page-of-ana")
    await bo.join(visit, "page-of-bo")
    await ana.press(visit)
    await terminal.sees(lambda view: view.page == "page-of-ana" and view.tracks_open)
    await terminal.state(visit)
    await ana.state(visit)
    return terminal, ana, bo, visit


async def test_a_page_that_gets_the_visit_unasked_is_shown_nothing_until_its_press(
    hub: Hub,
) -> None:
    terminal, ana, bo, visit = await begun_for_two(hub)
    await ana.send(Leave(visit=visit, page="page-of-ana"))
    held = await bo.sees(visit, lambda view: view.page == "page-of-bo")
    assert not held.tracks_open
    assert {each.cause for each in held.breaks} == {Cause.PAGE}
    assert not (await terminal.sees(lambda view: view.page == "page-of-bo")).tracks_open
    await bo.press(visit)
    back = await terminal.sees(lambda view: view.tracks_open)
    assert back.page == "page-of-bo"
    # No snapshot named the page and opened tracks before its press.
    assert not held.tracks_open
    assert (await bo.sees(visit, lambda view: view.tracks_open)).status is Status.IN_VISIT


async def test_so_it_is_when_the_first_page_is_lost_or_closed(hub: Hub) -> None:
    terminal, ana, bo, visit = await begun_for_two(hub)
    await ana.pull()
    await terminal.state(visit, receiving=False)
    held = await bo.sees(visit, lambda view: view.page == "page-of-bo")
    assert not held.tracks_open
    await bo.press(visit)
    await bo.sees(visit, lambda view: view.tracks_open)
    again = await hub.ready_page()
    await again.join(visit, "page-of-ana")
    await bo.close(1001)
    held = await again.sees(visit, lambda view: view.page == "page-of-ana")
    assert not held.tracks_open  # her press was over when he took the visit on


async def test_the_visit_does_not_go_on_with_nobody_in_it(hub: Hub) -> None:
    terminal, ana, bo, visit = await begun_for_two(hub)
    await ana.send(Leave(visit=visit, page="page-of-ana"))
    await terminal.sees(lambda view: view.page == "page-of-bo")
    # The connection to the page of Bo stands, though nobody has pressed on it.
    await terminal.state(visit, connection=2)
    await bo.close(1001)
    held = await terminal.sees(lambda view: view.page is None)
    assert held.status is Status.INTERRUPTED
    assert {each.cause for each in held.breaks} == {Cause.PAGE}
    await ana.join(visit, "page-of-ana")
    await terminal.sees(lambda view: view.page == "page-of-ana")
    assert "resumed" not in await hub.kinds(visit)
    await ana.press(visit)
    await terminal.sees(lambda view: view.tracks_open)


async def test_a_page_whose_press_was_forgotten_is_told_so_and_may_press_again(hub: Hub) -> None:
    """The page shows the telephone for just this: it has the visit, which is held for a page."""
    terminal, ana, bo, visit = await begun_for_two(hub)
    await ana.pull()
    await terminal.state(visit, receiving=False)
    await terminal.sees(lambda view: view.page == "page-of-bo")
    await bo.close(1001)
    await terminal.sees(lambda view: view.page is None)
    again = await hub.ready_page()
    await again.join(visit, "page-of-ana", pressed=True)
    held = await again.sees(visit, lambda view: view.page == "page-of-ana")
    assert (Side.VISITOR, Cause.PAGE) in {(each.side, each.cause) for each in held.breaks}
    assert not held.tracks_open
    await again.press(visit)
    await again.sees(visit, lambda view: view.tracks_open and not view.breaks)


async def test_a_page_that_is_loaded_again_is_shown_nothing_until_its_press(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    await page.send(Leave(visit=visit, page="page-1"))
    gone = await terminal.sees(lambda view: view.page is None)
    assert not gone.tracks_open
    await page.join(visit, "page-2", pressed=True)  # no word of its own helps in a hub that knows
    held = await terminal.sees(lambda view: view.page == "page-2")
    assert not held.tracks_open
    await page.press(visit)
    await terminal.sees(lambda view: view.page == "page-2" and view.tracks_open)


async def test_a_page_that_only_lost_its_socket_keeps_its_press(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    await page.pull()
    hub.pass_time(1)
    await terminal.state(visit, receiving=False)
    held = await terminal.sees(lambda view: view.page is None)
    assert {each.cause for each in held.breaks} == {Cause.LINK}
    assert held.tracks_open
    back = await hub.ready_page()
    await back.join(visit, "page-1")
    seen = await terminal.sees(lambda view: view.page == "page-1")
    assert seen.tracks_open


async def test_a_take_over_is_a_press(hub: Hub) -> None:
    terminal, ana, bo, visit = await begun_for_two(hub)
    await bo.press(visit, take_over=True)
    assert (await terminal.sees(lambda view: view.page == "page-of-bo")).tracks_open
    await bo.send(Leave(visit=visit, page="page-of-bo"))
    assert not (await ana.sees(visit, lambda view: view.page == "page-of-ana")).tracks_open
