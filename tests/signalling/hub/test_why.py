"""The one reason that a visitor is told for what their visit waits for."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from signalling.hub import staff_commands as ask
from signalling.hub.why import Around, why
from signalling.messages import Appointments, Health
from signalling.visit import Pause, Visit, book
from signalling.visit_events import Booked, Event
from tests.signalling.hub.harness import EMAIL, Hub, Page

SAT = Around(linked=True)


def visit(terminal: str | None = None, begun_at: float | None = None) -> Visit:
    booked = Booked("north", "i-1", ("v-1",), 1000.0, 2000.0, 400.0)
    made = book(Event("x", 1, "e", "staff", 0.0, 0.0, booked))
    return replace(made, terminal=terminal, begun_at=begun_at)


@pytest.mark.parametrize(
    ("terminal", "now", "around", "said"),
    [
        (None, 100, Around(), ""),
        (None, 500, Around(), "not-signed-in"),
        ("c4", 500, SAT, ""),
        (None, 1100, Around(), "not-signed-in"),
        (None, 1100, Around(elsewhere=True), "in-another-visit"),
        (None, 1100, Around(linked=True, faulty=True), "terminal-fault"),
        (None, 1100, Around(linked=False), "terminal-away"),
        (None, 500, Around(locked_down=True, elsewhere=True), "lockdown"),
        ("c4", 1100, SAT, "ready"),
        ("c4", 1100, Around(linked=True, faulty=True), "terminal-fault"),
        ("c4", 1100, Around(linked=False), "terminal-away"),
        ("c4", 2100, SAT, ""),
    ],
)
def test_before_it_begins(terminal: str | None, now: float, around: Around, said: str) -> None:
    assert why(visit(terminal), now, around) == said


def test_once_it_has_begun() -> None:
    begun = visit("c4", 1100.0)
    assert why(begun, 1200, SAT) == ""
    assert why(replace(begun, pause=Pause(1100, "count")), 1200, SAT) == "paused"


def said(page: Page, visit: str) -> str:
    newest = page.newest(Appointments)
    return newest.own[visit].why if newest is not None else ""


async def test_the_reason_is_pushed_when_it_changes(hub: Hub) -> None:
    await hub.people()
    booked = await hub.book()
    terminal, page = await hub.ready_terminal(), await hub.ready_page()
    assert said(page, booked) == "not-signed-in"
    await terminal.sign_in()
    await page.until(lambda: said(page, booked) == "ready")
    await terminal.send(Health(faults=["CAM-01"]))
    await page.until(lambda: said(page, booked) == "terminal-fault")
    await terminal.send(Health(faults=[]))
    await page.until(lambda: said(page, booked) == "ready")
    await terminal.pull()
    await page.until(lambda: said(page, booked) == "terminal-away")
    await hub.ready_terminal()
    await page.until(lambda: said(page, booked) == "ready")


async def test_another_visitor_is_told_that_the_inmate_is_in_a_visit(hub: Hub) -> None:
    _, _, visit = await hub.begun(seconds=600.0)
    await hub.visitor("eva@example.org", "Eva")
    later = await hub.book(start="+900", seconds=120.0, visitors=("eva@example.org",))
    page = await hub.ready_page("eva@example.org")
    hub.pass_time(400)
    await page.until(lambda: said(page, later) == "in-another-visit")
    await hub.do(ask.VisitTerminate(visit=visit))
    await page.until(lambda: said(page, later) == "not-signed-in")


async def test_only_another_visitor_is_named_as_having_the_visit(hub: Hub) -> None:
    _, ana, visit = await hub.begun(seconds=600.0)
    newest = ana.newest(Appointments)
    assert newest is not None and newest.own[visit].at_page_of is None
    tablet = await hub.ready_page()
    await tablet.join(visit, "tablet")
    await tablet.until(lambda: visit in at_page_of(tablet))
    assert at_page_of(tablet)[visit] is None


async def test_who_shares_a_visit_is_told_whose_page_has_it(hub: Hub) -> None:
    await hub.people()
    await hub.visitor("eva@example.org", "Eva")
    visit = await hub.book(seconds=600.0, visitors=(EMAIL, "eva@example.org"))
    ana, eva = await hub.ready_page(), await hub.ready_page("eva@example.org")
    await ana.join(visit)
    await eva.join(visit, "evas-page")
    await eva.until(lambda: at_page_of(eva).get(visit) == "Ana")
    await ana.close()
    await eva.until(lambda: visit in at_page_of(eva) and at_page_of(eva)[visit] is None)


def at_page_of(page: Page) -> dict[str, str | None]:
    newest = page.newest(Appointments)
    return {id: each.at_page_of for id, each in newest.own.items()} if newest else {}
