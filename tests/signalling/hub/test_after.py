"""What a page gets of a visit as files, from a hub that runs."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

from icalendar import Calendar

from signalling.booking_messages import GetTicket, ListPast, Past, Rate, Rated, Ticket
from signalling.hub import staff_commands as ask
from signalling.hub.after_endpoint import ASKS, ASKS_WINDOW_S
from signalling.hub.signing import check
from signalling.hub.visits import KEPT_AFTER_END_S
from signalling.messages import Appointments, End
from signalling.visit import Status
from tests.signalling.hub.harness import (
    EMAIL,
    Clock,
    Hub,
    Page,
    eventually,
    hub_config,
    running_hub,
)
from tests.signalling.hub.test_http import ask as get


async def path_of(page: Page, visit: str, what: str, language: str = "en") -> str:
    message = GetTicket(visit=visit, what=what, language=language)  # type: ignore[arg-type]
    ticket = await page.ask(message, Ticket)
    assert (ticket.visit, ticket.what) == (visit, what)
    return ticket.path


async def test_a_visit_to_come_is_put_into_a_calendar(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book()
    page = await hub.ready_page()
    path = await path_of(page, visit, "calendar", "es")
    status, headers, body = await get(hub, f"HEAD {path}")
    assert (status, body) == (200, b"")
    status, headers, body = await get(hub, f"GET {path}")
    assert status == 200
    assert headers["Content-Type"] == "text/calendar; charset=utf-8"
    name = r'attachment; filename="visit-\d{4}-\d\d-\d\d\.ics"\Z'
    assert re.match(name, headers["Content-Disposition"])
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; base-uri")
    entry = Calendar.from_ical(body).walk("VEVENT")[0]
    assert (entry["UID"], entry["SUMMARY"]) == (f"{visit}@test-hub", "Visita con Daniel")
    status, headers, body = await get(hub, f"GET {path}")
    assert status == 404
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"This link was used or is too old" in body
    assert (await page.refused(GetTicket(visit=visit, what="receipt"))).code == "not-ready"
    await hub.do(ask.VisitCancel(visit=visit))
    assert (await page.refused(GetTicket(visit=visit, what="calendar"))).code == "ended"


async def test_an_ended_visit_has_a_receipt_to_keep_and_one_to_print(hub: Hub) -> None:
    _, page, visit = await hub.begun()
    await page.send(End(visit=visit))
    await page.sees(visit, lambda view: view.status is Status.ENDED)
    status, headers, body = await get(hub, f"GET {await path_of(page, visit, 'receipt')}")
    assert (status, headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert headers["Content-Disposition"].endswith(f'-{visit}.json"')
    assert check(body, hub.services.receipts.key.pem).valid
    said = json.loads(body)
    path = await path_of(page, visit, "receipt-page", "es")
    status, headers, body = await get(hub, f"GET {path}")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Content-Disposition" not in headers
    policy = headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "style-src 'sha256-" in policy
    text = body.decode()
    assert "<bdi>Ana</bdi>" in text
    assert "El visitante la terminó" in text
    assert f"{said['used_s'] % 60}\u00a0s" in text


async def test_files_are_for_the_visits_own_visitors(hub: Hub) -> None:
    await hub.people()
    await hub.visitor("eve@example.org", "Eve")
    visit = await hub.book()
    eve = await hub.ready_page("eve@example.org")
    for unknown in (visit, "nothing"):
        refused = await eve.refused(GetTicket(visit=unknown, what="calendar"))
        assert (refused.about, refused.code) == ("get-ticket", "unknown-visit")
    page = await hub.page()
    await page.hello()
    assert (await page.refused(GetTicket(visit=visit, what="calendar"))).code == "not-logged-in"
    await page.log_in()
    assert (await page.refused(GetTicket(visit=visit, what="calendar"))).code == "facility-not-open"


async def test_past_visits_come_by_twenty_newest_first(hub: Hub) -> None:
    await hub.people()
    await hub.visitor("eve@example.org", "Eve")
    both = (EMAIL, "eve@example.org")
    made: list[str] = []
    for n in range(22):
        made.append(await hub.book(visitors=both if n == 0 else (EMAIL,)))
        await hub.do(ask.VisitCancel(visit=made[-1]))
    upcoming = await hub.book()
    page = await hub.ready_page()
    first = await page.ask(ListPast(), Past)
    assert [each.id for each in first.visits] == made[:1:-1]
    assert first.more
    assert upcoming not in first.own
    view = first.visits[0]
    assert (view.inmate, view.status, view.end_reason) == ("Daniel", Status.ENDED, "cancelled")
    assert [(each.name, each.relation) for each in view.visitors] == [("Ana", "mother")]
    assert first.own[view.id].by_me
    rest = await page.ask(ListPast(before=first.visits[-1].ended_at), Past)
    assert [each.id for each in rest.visits] == made[1::-1]
    assert not rest.more
    eve = await hub.ready_page("eve@example.org")
    theirs = await eve.ask(ListPast(), Past)
    assert [each.id for each in theirs.visits] == made[:1]
    assert not theirs.own[made[0]].by_me
    closed = await hub.page()
    await closed.hello()
    await closed.log_in()
    assert (await closed.refused(ListPast())).code == "facility-not-open"


async def test_a_visit_is_rated_by_its_visitors_once_it_was(hub: Hub) -> None:
    _, page, visit = await hub.begun()
    await hub.visitor("eve@example.org", "Eve")
    good = Rate(visit=visit, stars=5)
    assert (await page.refused(good)).code == "not-ready"
    await page.send(End(visit=visit))
    await page.sees(visit, lambda view: view.status is Status.ENDED)
    eve = await hub.ready_page("eve@example.org")
    assert (await eve.refused(good)).code == "unknown-visit"
    bad = Rate(visit=visit, stars=2, troubles=["no-sound", "no-sound", "late"])
    for rating in (good, bad):
        rated = await page.ask(rating, Rated)
        assert (rated.visit, rated.stars) == (visit, rating.stars)
        await page.until(partial(rated_here, page, rating))
    past = await page.ask(ListPast(), Past)
    assert past.own[visit].stars == 2
    assert past.visits[0].used_s == page.visit(visit).used_s
    shown = await hub.do(ask.VisitShow(visit=visit))
    assert shown["ratings"] == [{"visitor": "Ana", "stars": 2, "troubles": ["no-sound", "late"]}]


async def test_what_never_began_is_not_rated(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book()
    await hub.do(ask.VisitCancel(visit=visit))
    page = await hub.ready_page()
    assert (await page.refused(Rate(visit=visit, stars=1))).code == "not-ready"


async def test_asking_without_end_is_slowed_and_opens_again(hub: Hub) -> None:
    await hub.people()
    page = await hub.ready_page()
    unknown = GetTicket(visit="nothing", what="receipt")
    for _ in range(ASKS):
        assert (await page.refused(unknown)).code == "unknown-visit"
    assert (await page.refused(unknown)).code == "busy"
    hub.pass_time(ASKS_WINDOW_S)
    assert (await page.refused(unknown)).code == "unknown-visit"


async def test_stars_and_receipts_outlast_the_hub_and_the_list(tmp_path: Path) -> None:
    config, clock = hub_config(tmp_path / "state"), Clock()
    async with running_hub(config, clock) as hub:
        _, page, visit = await hub.begun()
        await page.send(End(visit=visit))
        await page.sees(visit, lambda view: view.status is Status.ENDED)
        await page.ask(Rate(visit=visit, stars=4), Rated)
    async with running_hub(config, clock) as hub:
        page = await hub.ready_page()
        assert own_stars(page, visit) == 4
        hub.pass_time(KEPT_AFTER_END_S + 60)
        await eventually(lambda: hub.services.visits.get(visit) is None)
        page = await hub.ready_page()
        past = await page.ask(ListPast(), Past)
        assert past.own[visit].stars == 4
        assert (await page.ask(Rate(visit=visit, stars=3), Rated)).stars == 3
        assert (await get(hub, f"GET {await path_of(page, visit, 'receipt')}"))[0] == 200


def rated_here(page: Page, rating: Rate) -> bool:
    return own_stars(page, rating.visit) == rating.stars


def own_stars(page: Page, visit: str) -> int | None:
    newest = page.newest(Appointments)
    return newest.own[visit].stars if newest is not None else None
