"""Booking on the page in a real Chromium: every time is free or names its rule."""

from __future__ import annotations

import time

import msgspec
import pytest
from playwright.async_api import Page, expect

from config.schema import Visiting
from signalling.booking_messages import Book, CancelVisit, Invite, ListSlots, OwnView
from signalling.hub.scheduling import Span
from signalling.hub.visiting_rules import Taken
from signalling.visit import Status
from tests.signalling.web.fake_hub import FakeHub, a_visit
from tests.signalling.web.fake_people import a_person
from tests.signalling.web.steps import PHONE, log_in, on_screen, picture, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def to_schedule(page: Page) -> None:
    await log_in(page)
    await page.click("[data-tab=schedule]:visible")
    await on_screen(page, "schedule")


def booked(hub: FakeHub) -> list[Book]:
    return [each for each in hub.received if isinstance(each, Book)]


async def test_a_visit_is_booked_for_the_one_who_can_be_visited(hub: FakeHub, page: Page) -> None:
    await page.set_viewport_size(PHONE)
    await to_schedule(page)
    await expect(page.locator("[data-inmate]")).to_have_attribute("aria-pressed", "true")
    free = page.locator("[data-slot]:not([data-rule])")
    await expect(free.first).to_be_visible()
    starts_at = float(await free.first.get_attribute("data-slot") or 0)
    await expect(page.locator("#book")).to_have_count(0)
    await free.first.click()
    await expect(page.locator("#book")).to_contain_text("Book ")
    await picture(page, "d-schedule")
    await page.set_viewport_size(PHONE)
    await page.dblclick("#book")
    await on_screen(page, "appointments")
    await expect(page.locator('[data-note="visit-booked"]')).to_be_visible()
    assert {each.request for each in booked(hub)} == {booked(hub)[0].request}
    assert (booked(hub)[0].inmate, booked(hub)[0].starts_at) == ("i1", starts_at)


async def test_a_refused_time_names_its_rule_and_the_next_free_one(
    hub: FakeHub, page: Page
) -> None:
    hub.people.people = [a_person(), a_person("Luis", id="p2", inmate="i2", inmate_number="7")]
    hub.booking.visiting = Visiting(hours=("mon-sun 09:00-12:00",), book_ahead_h=24.0)
    noon = time.time() + 86400 * 3
    hub.booking.taken = Taken(inmate=(Span(noon - 43200, noon + 43200),))
    await to_schedule(page)
    await page.click('[data-inmate="i1"]')
    days = page.locator("[data-day]")
    await expect(days).to_have_count(15)
    await days.first.click()
    refused = page.locator('[data-slot][data-rule="too-soon"], [data-slot][data-rule="past"]')
    await refused.first.click()
    await expect(page.locator("[data-rule-note]")).to_contain_text("cannot be booked")
    await picture(page, "d-refused")
    await page.click("#take-next")
    await expect(page.locator("#book")).to_be_visible()
    chosen = page.locator('[data-slot][aria-pressed="true"]:not([data-rule])')
    await expect(chosen).to_have_count(1)
    # Taken by somebody in between: it says so, and the choices stay.
    hub.booking.refusing = {"code": "slot-refused", "rule": "inmate-busy", "next_at": None}
    await page.click("#book")
    await expect(page.locator('[data-note="slot-refused"]')).to_contain_text("another visit")
    await expect(page.locator('[data-inmate="i1"]')).to_have_attribute("aria-pressed", "true")
    await picture(page, "d-gone")
    await page.click("#book")
    await on_screen(page, "appointments")
    first, second = booked(hub)
    assert first.request != second.request


async def test_the_day_that_is_pressed_last_is_the_one_shown(hub: FakeHub, page: Page) -> None:
    await to_schedule(page)
    days = page.locator("[data-day]")
    await expect(days).to_have_count(15)
    for number in (2, 3, 4, 5):
        await days.nth(number).click(no_wait_after=True)
    wanted = await days.nth(5).get_attribute("data-day")
    await expect(page.locator(f'[data-day="{wanted}"]')).to_have_attribute("aria-pressed", "true")
    asked = [each.day for each in hub.received if isinstance(each, ListSlots)]
    assert asked[-1] == wanted


async def test_guests_are_named_beside_their_field(hub: FakeHub, page: Page) -> None:
    await to_schedule(page)
    await page.locator("[data-slot]:not([data-rule])").first.click()
    await page.click("#add-guest")
    await page.fill("#guest-0", "rosa")
    await page.click("#book")
    fault = page.locator('[data-field-error="guest-0"]')
    await expect(fault).to_have_attribute("data-code", "email")
    await page.fill("#guest-0", "rosa@example.org")
    hub.booking.refusing = {"code": "guest-refused", "email": "rosa@example.org"}
    await page.click("#book")
    await expect(fault).to_have_attribute("data-code", "guest")
    await expect(page.locator("#guest-0")).to_have_value("rosa@example.org")
    await picture(page, "d-guest")
    await page.click("#book")
    await on_screen(page, "appointments")
    assert booked(hub)[-1].invite == ["rosa@example.org"]


async def test_where_staff_book_the_page_says_so(hub: FakeHub, page: Page) -> None:
    hub.people.terms = msgspec.structs.replace(hub.people.terms, books_online=False)
    await to_schedule(page)
    await expect(page.locator("#by-staff")).to_be_visible()
    await picture(page, "d-by-staff")


async def test_a_card_opens_and_its_visit_is_moved_shared_or_cancelled(
    hub: FakeHub, page: Page
) -> None:
    soon = time.time() + 3 * 86400
    hub.visits = [a_visit(status=Status.SCHEDULED, starts_at=soon, ends_at=soon + 1800)]
    hub.own = {"v1": OwnView(inmate="i1", by_me=True, cancel_until=soon - 86400)}
    await log_in(page)
    await page.click('[data-details="v1"]')
    await expect(page.locator('[data-move="v1"]')).to_be_visible()
    await picture(page, "c-details")
    await page.fill("#invite-email", "rosa@example.org")
    await page.click("#invite")
    await expect(page.locator('[data-note="invited"]')).to_be_visible()
    assert (await hub.got(Invite)).email == "rosa@example.org"
    await page.click('[data-cancel="v1"]')
    await expect(page.locator("#sheet")).to_contain_text("Cancel your visit with Daniel?")
    await picture(page, "c-cancel")
    await page.click("#keep-visit")
    await page.click('[data-cancel="v1"]')
    await page.click("#confirm-cancel:not([aria-disabled])")
    await hub.got(CancelVisit)
    await expect(page.locator('[data-note="visit-cancelled"]')).to_be_visible()
    await page.click('[data-details="v1"]')
    await page.click('[data-move="v1"]')
    await on_screen(page, "schedule")
    await until("the slots", lambda: any(isinstance(e, ListSlots) for e in hub.received))
    assert (await hub.got(ListSlots)).moving == "v1"
    await picture(page, "d-move")
    await page.click("#stop-moving")
    await on_screen(page, "appointments")


async def test_who_was_invited_declines(hub: FakeHub, page: Page) -> None:
    soon = time.time() + 3 * 86400
    hub.visits = [a_visit(status=Status.SCHEDULED, starts_at=soon, ends_at=soon + 1800)]
    hub.own = {"v1": OwnView(inmate="i1", by_me=False)}
    await log_in(page)
    await page.click('[data-details="v1"]')
    await expect(page.locator('[data-move="v1"]')).to_have_count(0)
    await page.click('[data-cancel="v1"]')
    await expect(page.locator("#sheet")).to_contain_text("Not come to the visit with Daniel?")
