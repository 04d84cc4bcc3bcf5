"""Lost time is given back within its bounds, and flapping fills no log."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.schema import Limits, Visits
from signalling.hub.scheduling import CELL_S
from signalling.messages import Leave, Ping, Pong, Refused, SeatMessage, SignIn, SignOut
from signalling.visit import Status
from signalling.visit_events import Cause, Side
from tests.signalling.hub.harness import (
    NUMBER,
    PIN,
    Hub,
    Page,
    Terminal,
    hub_config,
    running_hub,
)


async def lose(hub: Hub, terminal: Terminal, page: Page, visit: str, seconds: float) -> Terminal:
    await terminal.pull()
    await page.sees(visit, lambda view: any(b.cause is Cause.LINK for b in view.breaks))
    hub.pass_time(seconds)
    back = await hub.ready_terminal()
    await back.state(visit)
    await page.sees(visit, lambda view: view.status is Status.IN_VISIT)
    return back


async def test_no_more_than_the_configured_most_is_given_back(tmp_path: Path) -> None:
    rules = Visits(link_grace_s=0.2, first_picture_s=0.3, give_back_max_s=12)
    async with running_hub(hub_config(tmp_path / "s", visits=rules)) as hub:
        terminal, page, visit = await hub.begun(seconds=600)
        terminal = await lose(hub, terminal, page, visit, 8)
        await page.sees(visit, lambda view: 8 <= view.added_s < 12)
        await lose(hub, terminal, page, visit, 8)
        await page.sees(visit, lambda view: view.added_s == 12)
        assert page.visit(visit).owed_s > 3


async def test_the_next_booking_has_the_right_of_way(hub: Hub) -> None:
    # Ends some 10 s before a five-minute cell in which the same visitor has another visit.
    now = hub.clock()
    cell_at = (now // CELL_S + 2) * CELL_S
    terminal, page, visit = await hub.begun(seconds=cell_at - 10 - now)
    room_s = cell_at - page.visit(visit).ends_at
    await hub.book(f"+{cell_at + 5 - hub.clock():.3f}", 60)
    await lose(hub, terminal, page, visit, 20)
    view = await page.sees(visit, lambda view: view.added_s > 0)
    assert view.added_s == pytest.approx(room_s)
    assert view.owed_s > 20 - room_s


async def test_signing_in_again_and_again_fills_no_log(tmp_path: Path) -> None:
    config = hub_config(tmp_path / "s", limits=Limits(messages_per_10_s=10_000))
    async with running_hub(config) as hub:
        terminal, _, visit = await hub.begun(seconds=3600)
        live = hub.services.visits.get(visit)
        assert live is not None
        for _ in range(150):
            await terminal.send(SignOut())
            await terminal.send(SignIn(inmate_number=NUMBER, pin=PIN))
        await terminal.ask(Ping(sent=0.0), Pong)
        assert live.visit.length < 120
        refused = terminal.newest(Refused)
        assert refused is not None
        assert (refused.about, refused.code) == ("sign-in", "busy")
        hub.pass_time(6)
        seat = await terminal.ask(SignIn(inmate_number=NUMBER, pin=PIN), SeatMessage)
        await terminal.sees(lambda view: view.signed_in)
        assert seat.seat is not None


async def test_flapping_is_coalesced(tmp_path: Path) -> None:
    config = hub_config(tmp_path / "s", limits=Limits(messages_per_10_s=10_000))
    async with running_hub(config) as hub:
        terminal, page, visit = await hub.begun(seconds=3600)
        for number in range(600):
            hub.pass_time(1)
            await terminal.state(visit, receiving=True, handset_up=bool(number % 2))
            await terminal.ask(Ping(sent=float(number)), Pong)  # the hub has handled it
        live = hub.services.visits.get(visit)
        assert live is not None
        # Every change of the first hundred, then ever fewer; the end still fits.
        assert 100 < live.visit.length < 220
        hub.pass_time(60)
        await terminal.state(visit, receiving=True, handset_up=True)
        await page.sees(visit, lambda view: view.status is Status.IN_VISIT)


@pytest.mark.parametrize("how", ["tab closed", "browser back"])
async def test_time_without_the_page_is_not_lost_to_the_network(hub: Hub, how: str) -> None:
    """The media that stop with the page are no fault of the line, however late it is noticed."""
    terminal, page, visit = await hub.begun(seconds=600)
    if how == "browser back":
        await page.send(Leave(visit=visit, page=page.page))
    await page.close(1001)
    await terminal.state(visit, receiving=False)
    await terminal.sees(lambda view: view.status is Status.INTERRUPTED)
    hub.pass_time(100)
    back = await hub.ready_page()
    await back.join(visit, "page-2")
    await back.state(visit, connection=0, receiving=False)
    held = await back.sees(visit, lambda view: view.page == "page-2")
    assert [(b.side, b.cause) for b in held.breaks] == [(Side.VISITOR, Cause.PAGE)]
    hub.pass_time(10)  # longer than `first_picture_s`, and still nobody pressed
    await back.press(visit)
    await back.sees(visit, lambda view: view.status is Status.IN_VISIT)
    await terminal.state(visit)
    await back.state(visit, connection=0)
    view = await back.sees(visit, lambda view: view.status is Status.IN_VISIT)
    assert (view.added_s, view.owed_s) == (0, 0)
    assert view.lost_by.keys() == {"visitor"}
    assert view.lost_by["visitor"] == pytest.approx(110, abs=2)
    kinds = await hub.kinds(visit)
    assert kinds.count("interrupted") == kinds.count("resumed") == 1


async def test_a_lost_link_is_given_back_to_the_page_that_comes_back(hub: Hub) -> None:
    terminal, page, visit = await hub.begun(seconds=600)
    await page.pull()
    await terminal.state(visit, receiving=False)
    await terminal.sees(lambda view: view.status is Status.INTERRUPTED)
    hub.pass_time(100)
    await terminal.sees(lambda view: view.page is None)
    back = await hub.ready_page()
    await back.join(visit, "page-1")  # the same one, pressed long ago
    await terminal.state(visit)
    await back.state(visit, connection=0)
    view = await back.sees(visit, lambda view: view.added_s > 0)
    assert view.added_s == pytest.approx(100, abs=2)
    assert view.status is Status.IN_VISIT


async def test_a_crashed_browser_is_given_back_until_its_page_is_open_again(hub: Hub) -> None:
    terminal, page, visit = await hub.begun(seconds=600)
    await page.pull()
    await terminal.state(visit, receiving=False)
    await terminal.sees(lambda view: view.status is Status.INTERRUPTED)
    hub.pass_time(40)
    await terminal.sees(lambda view: view.page is None)
    back = await hub.ready_page()
    await back.join(visit, "page-2")
    held = await back.sees(visit, lambda view: view.page == "page-2")
    assert [b.cause for b in held.breaks] == [Cause.PAGE]
    hub.pass_time(30)
    await back.press(visit)
    view = await back.sees(visit, lambda view: view.added_s > 0)
    assert view.added_s == pytest.approx(40, abs=2)
    assert view.lost_by["visitor"] == pytest.approx(70, abs=2)
