"""States of the page behind the facility's log-in, but for the visit itself."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any, Final, get_args

import msgspec

from config.schema import Visiting
from signalling.booking_messages import CheckNetwork, OwnView, Why
from signalling.visit import Status
from signalling.visit_events import By, EndReason
from signalling.wire import VisitView
from tests.signalling.web.fake_hub import a_visit
from tests.signalling.web.fake_people import a_person
from tests.signalling.web.gallery import Stage, walk

WHY: Final = tuple(why for why in get_args(Why) if why not in ("", "paused", "ready"))
DAY_S: Final = 86_400.0


def later(visit: str = "v1", in_s: float = 3 * DAY_S) -> VisitView:
    """Return a visit that is days away."""
    start = (time.time() + in_s) // 1800 * 1800
    return a_visit(id=visit, status=Status.SCHEDULED, starts_at=start, ends_at=start + 1800)


def over(visit: str = "v1", ago_s: float = 3600.0, **fields: Any) -> VisitView:
    """Return a visit that took place."""
    start = time.time() - ago_s
    plain: dict[str, Any] = {
        "status": Status.ENDED,
        "starts_at": start,
        "ends_at": start + 1800,
        "begun_at": start + 30,
        "ended_at": start + 1800,
        "ended_by": By.CLOCK,
        "end_reason": EndReason.EXPIRED,
        "used_s": 1770.0,
    }
    return a_visit(id=visit, **{**plain, **fields})


def own(**fields: Any) -> OwnView:
    """Return what the visitor may do with a visit."""
    return OwnView(inmate="i1", by_me=True, cancel_until=time.time() + DAY_S, **fields)


@walk("check", "check-no-sound", "check-passed", "check-visit-ready")
async def check(stage: Stage) -> AsyncIterator[str]:
    await stage.facility("check", "unchecked")
    await stage.see('[data-check="camera"][data-passed="true"]')
    await stage.see("#carries")
    yield "check"
    await stage.press("#play-bell", "#bell-yes")
    await stage.press("#bell-no", ".bell .fix")
    yield "check-no-sound"
    await stage.press("#bell-yes", '[data-check="speaker"][data-passed="true"]')
    yield "check-passed"
    stage.hub.visits = [a_visit(status=Status.READY, signed_in=True, terminal="C-4")]
    await stage.change("#visit-bar")
    yield "check-visit-ready"


@walk("check-denied", "check-in-use", "check-none")
async def check_faults(stage: Stage) -> AsyncIterator[str]:
    stage.hub.refusing = (CheckNetwork,)
    await stage.facility("check", "fault=NotAllowedError")
    await stage.see('[data-fault="denied"]')
    await stage.see('[data-network="failed"]')
    yield "check-denied"
    for name, fault in (("NotReadableError", "in-use"), ("NotFoundError", "none")):
        await stage.page.evaluate("name => { window.fault = name; }", name)
        await stage.press('[data-check="camera"] button', f'[data-fault="{fault}"]')
        yield f"check-{fault}"


@walk("appointments-none", "appointments-none-by-staff", "appointments-offline")
async def no_visits(stage: Stage) -> AsyncIterator[str]:
    await stage.facility()
    await stage.see("#to-schedule")
    yield "appointments-none"
    terms = msgspec.structs.replace(stage.hub.people.terms, books_online=False)
    await stage.hub.send(terms)
    await stage.page.locator("#to-schedule").wait_for(state="detached")
    yield "appointments-none-by-staff"
    await stage.hub.cut()
    await stage.see("#offline")
    yield "appointments-offline"


@walk("appointments", "appointments-early", "appointments-details", "appointments-cancel")
async def appointments(stage: Stage) -> AsyncIterator[str]:
    stage.hub.visits = [later(), later("v2", 9 * DAY_S), over("v3", 2 * DAY_S, lost_s=120)]
    stage.hub.own = {"v1": own(), "v2": own(), "v3": own()}
    await stage.facility()
    await stage.see('[data-visit="v3"]')
    yield "appointments"
    await stage.press('[data-visit="v1"] .hollow', "#early")
    yield "appointments-early"
    await stage.press('[data-details="v1"]', '[data-move="v1"]')
    yield "appointments-details"
    await stage.press('[data-cancel="v1"]', "#confirm-cancel:not([aria-disabled])")
    yield "appointments-cancel"


@walk(*(f"pending-{why}" for why in WHY), "ready", "take-over", "taken-elsewhere")
async def pending(stage: Stage) -> AsyncIterator[str]:
    stage.hub.visits = [a_visit(), later("v2")]
    await stage.facility()
    for why in WHY:
        stage.hub.own = {"v1": own(why=why)}
        reason = "Count in all units" if why == "lockdown" else ""
        await stage.change(f'[data-why="{why}"]', pause_reason=reason)
        yield f"pending-{why}"
    ready = {"status": Status.READY, "signed_in": True, "terminal": "C-4"}
    await stage.change("[data-telephone=start]", **ready)
    yield "ready"
    stage.hub.own = {"v1": own(at_page_of="Rosa")}
    await stage.change("[data-telephone=elsewhere]", page="another-page")
    await stage.press("[data-telephone=elsewhere]", "#take-over:not([aria-disabled])")
    yield "take-over"
    await stage.press("#stay")
    await stage.page.locator("#sheet").wait_for(state="hidden")
    yield "taken-elsewhere"


@walk("past", "past-details")
async def past(stage: Stage) -> AsyncIterator[str]:
    stage.hub.visits = [over(lost_s=120, lost_by={"visitor": 120.0}, added_s=120)]
    stage.hub.own = {"v1": own()}
    stage.hub.after.past = [over(f"old{n}", n * 9 * DAY_S) for n in range(1, 4)]
    await stage.facility()
    await stage.press("#more-past", '[data-visit="old2"]')
    yield "past"
    await stage.press('[data-details="v1"]', '[data-receipt="v1"]')
    yield "past-details"


@walk(
    "schedule", "schedule-chosen", "schedule-guest", "schedule-gone",
    "schedule-refused", "appointments-booked",
)  # fmt: skip
async def schedule(stage: Stage) -> AsyncIterator[str]:
    stage.hub.people.people = [
        a_person(),
        a_person("Luis", id="p2", inmate="i2", inmate_number="7"),
    ]
    stage.hub.booking.visiting = Visiting(hours=("mon-sun 09:00-12:00",), book_ahead_h=24.0)
    await stage.facility()
    await stage.press("[data-tab=schedule]", "body[data-screen=schedule]")
    yield "schedule"
    await stage.press('[data-inmate="i1"]', "[data-slot]:not([data-rule])")
    await stage.press("[data-slot]:not([data-rule])", "#book")
    yield "schedule-chosen"
    await stage.press("#add-guest", "#guest-0")
    await stage.type_in("book", '[data-field-error="guest-0"]', guest_0="rosa")
    yield "schedule-guest"
    await stage.page.fill("#guest-0", "rosa@example.org")
    stage.hub.booking.refusing = {"code": "slot-refused", "rule": "inmate-busy", "next_at": None}
    await stage.press("#book", '[data-note="slot-refused"]')
    yield "schedule-gone"
    await stage.press("[data-day]", "[data-slot][data-rule]")
    await stage.press("[data-slot][data-rule]", "[data-rule-note]")
    yield "schedule-refused"
    await stage.press("#take-next", "#book")
    await stage.press("#book", '[data-note="visit-booked"]')
    yield "appointments-booked"


@walk("schedule-day-closed", "schedule-moving", "schedule-by-staff")
async def moving(stage: Stage) -> AsyncIterator[str]:
    stage.hub.visits, stage.hub.own = [later()], {"v1": own()}
    stage.hub.booking.visiting = Visiting(hours=("mon-fri 09:00-12:00",), book_ahead_h=24.0)
    await stage.facility()
    await stage.press("[data-tab=schedule]", "[data-day]")
    await stage.press('[data-day][data-free="0"] >> nth=-1', ".schedule .note")
    yield "schedule-day-closed"
    await stage.press("[data-tab=appointments]", '[data-details="v1"]')
    await stage.press('[data-details="v1"]', '[data-move="v1"]')
    await stage.press('[data-move="v1"]', "#stop-moving")
    await stage.see("[data-slot]")
    yield "schedule-moving"
    await stage.press("#stop-moving", '[data-details="v1"]')
    await stage.press("[data-tab=schedule]", "[data-day]")
    terms = msgspec.structs.replace(stage.hub.people.terms, books_online=False)
    await stage.push(terms, "#by-staff")
    yield "schedule-by-staff"


@walk("offline", "offline-next-visits")
async def offline(stage: Stage) -> AsyncIterator[str]:
    stage.hub.answering = False
    await stage.facility("offline")
    yield "offline"
    stage.hub.answering = True
    stage.hub.visits = [later(), later("v2", 9 * DAY_S)]
    await stage.facility()
    await stage.see('[data-visit="v2"]')
    stage.hub.answering = False
    await stage.facility("offline")
    await stage.see("[data-next]")
    yield "offline-next-visits"


WALKS = (offline, check, check_faults, no_visits, appointments, pending, past, schedule, moving)
