"""The telephone pressed while the terminal's link is away: the press waits, but not for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.schema import Visits
from signalling.messages import Join, Press
from signalling.visit import Status
from tests.signalling.hub.harness import Hub, Page, Terminal, eventually, hub_config, running_hub

GRACE_S = 60.0


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    visits = Visits(link_grace_s=GRACE_S, first_picture_s=GRACE_S)
    async with running_hub(hub_config(tmp_path / "state", visits=visits)) as running:
        yield running


async def away(hub: Hub) -> tuple[Page, str]:
    """A visit that is ready, its page open, its terminal's link just broken."""
    await hub.people()
    visit = await hub.book(seconds=600.0)
    terminal, page = await hub.ready_terminal(), await hub.ready_page()
    await terminal.sign_in()
    await page.join(visit)
    await page.sees(visit, lambda view: view.status is Status.READY and view.page == page.page)
    await terminal.pull()
    await eventually(lambda: not hub.services.switchboard.terminals)
    return page, visit


async def pressed(hub: Hub, page: Page, visit: str) -> None:
    """Press and see that the hub keeps it."""
    await page.press(visit)
    live = hub.services.visits.get(visit)
    assert live is not None
    await eventually(lambda: live.kept_press is not None)


async def back(hub: Hub) -> Terminal:
    terminal = await hub.ready_terminal()
    await terminal.until(lambda: terminal.visit is not None)
    return terminal


async def test_the_visit_begins_when_the_terminal_is_back(hub: Hub) -> None:
    page, visit = await away(hub)
    await pressed(hub, page, visit)
    terminal = await back(hub)
    await terminal.sees(lambda view: view.begun_at is not None and view.tracks_open)
    await page.sees(visit, lambda view: view.status is Status.IN_VISIT)
    assert (await hub.kinds(visit)).count("begun") == 1


async def test_a_press_long_after_the_link_broke_is_refused(hub: Hub) -> None:
    page, visit = await away(hub)
    hub.clock.ahead_s += GRACE_S + 1
    refused = await page.refused(Press(visit=visit, page=page.page))
    assert (refused.code, refused.facts) == ("not-ready", {"status": "ready"})


async def test_a_press_is_not_kept_for_longer_than_people_wait(hub: Hub) -> None:
    page, visit = await away(hub)
    await pressed(hub, page, visit)
    hub.clock.ahead_s += GRACE_S + 1
    await back(hub)
    await still_ready(page, visit)


async def test_a_person_who_left_the_page_is_not_shown_the_inmate(hub: Hub) -> None:
    page, visit = await away(hub)
    await pressed(hub, page, visit)
    await page.close()
    live = hub.services.visits.get(visit)
    assert live is not None
    await eventually(lambda: not live.pages)
    other = await hub.ready_page()
    await other.join(visit, "page-2")
    await back(hub)
    await still_ready(other, visit)


async def still_ready(page: Page, visit: str) -> None:
    """A later message is answered and the visit has not begun."""
    await page.refused(Join(visit="nothing", page=page.page))
    await page.sees(visit, lambda view: view.status is Status.READY)
    assert page.visit(visit).begun_at is None
