"""Lost time is given back within its bounds, and flapping fills no log."""

from __future__ import annotations

from pathlib import Path

from config.schema import Visits
from signalling.hub.store.interface import CELL_S
from signalling.visit import MAX_EVENTS, Status
from signalling.visit_events import Cause
from tests.signalling.hub.harness import Hub, Page, Terminal, hub_config, running_hub


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
    # Ends where a cell ends, with somebody else's visit of the same visitor right after.
    now = hub.clock()
    seconds = (now // CELL_S + 2) * CELL_S - now
    hub.clock.ahead_s += 0.0
    terminal, page, visit = await hub.begun(seconds=seconds)
    ends_at = page.visit(visit).ends_at
    await hub.book(f"+{ends_at - hub.clock() + 5:.3f}", 60)
    await lose(hub, terminal, page, visit, 20)
    view = page.visit(visit)
    assert view.owed_s >= 20
    room = (ends_at // CELL_S + 1) * CELL_S - ends_at
    assert view.added_s <= room + 0.001


async def test_flapping_is_coalesced(hub: Hub) -> None:
    terminal, page, visit = await hub.begun(seconds=3600)
    for number in range(400):
        hub.pass_time(1)
        await terminal.state(visit, receiving=True, handset_up=bool(number % 2))
        if number % 50 == 49:
            hub.pass_time(10)  # a new window of the rate limit needs real time, not the hub's
            terminal = await hub.ready_terminal()
    live = hub.services.visits.get(visit)
    assert live is not None
    await terminal.state(visit, receiving=True, handset_up=True)
    await page.sees(visit, lambda view: view.used_s > 0)
    assert 100 <= live.visit.length < 250 < MAX_EVENTS
