"""What a page gets of a visit as files, from a hub that runs."""

from __future__ import annotations

import json
import re

from icalendar import Calendar

from signalling.booking_messages import GetTicket, Ticket
from signalling.hub import staff_commands as ask
from signalling.hub.signing import check
from signalling.messages import End
from signalling.visit import Status
from tests.signalling.hub.harness import Hub, Page
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
