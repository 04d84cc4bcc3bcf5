"""Whom a visitor may visit, and a facility's rules, on the page in a real Chromium."""

from __future__ import annotations

import io

import msgspec
import pytest
from PIL import Image
from playwright.async_api import FilePayload, Page, expect

from signalling.messages import Join
from signalling.people_messages import (
    AcceptRules,
    PhotoPart,
    RequestApproval,
    WithdrawRequest,
)
from tests.signalling.web.fake_hub import EMAIL, PASSWORD, FakeHub, a_visit
from tests.signalling.web.fake_people import a_person
from tests.signalling.web.steps import (
    PHONE,
    facility_log_in,
    log_in,
    on_screen,
    picture,
    type_in,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def a_photo(width: int, height: int, kind: str = "PNG") -> FilePayload:
    """A picture file."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, kind)
    return FilePayload(name=f"card.{kind.lower()}", mimeType="", buffer=out.getvalue())


async def log_in_only(page: Page) -> None:
    await type_in(page, "log-in", email=EMAIL, password=PASSWORD)


async def test_a_new_visitor_asks_is_approved_and_goes_on(hub: FakeHub, page: Page) -> None:
    hub.people.people = []
    await page.set_viewport_size(PHONE)
    await log_in_only(page)
    await on_screen(page, "people")
    await expect(page.locator("#back")).to_have_count(0)
    await picture(page, "i-nobody")
    await page.click("#to-ask")
    await on_screen(page, "ask-to-visit")
    await type_in(page, "request-approval", **{"inmate-number": "48 20"})
    for field, fault in (("inmate-number", "digits"), ("relation", "choice")):
        beside = page.locator(f'[data-field-error="{field}"]')
        await expect(beside).to_have_attribute("data-code", fault)
    await expect(page.locator("#inmate-number")).to_be_focused()
    await expect(page.locator("#inmate-number")).to_have_value("48 20")
    await picture(page, "i-ask-wrong")
    await page.fill("#inmate-number", "482017")
    await page.select_option("#relation", "lawyer")
    await expect(page.locator("#private-note")).to_be_visible()
    await page.select_option("#relation", label="Godmother")
    await expect(page.locator("#private-note")).to_have_count(0)
    await page.click("#request-approval")
    asked = await hub.got(RequestApproval)
    assert (asked.facility, asked.inmate_number, asked.relation, asked.photo) == (
        "lindell", "482017", "Godmother", None,
    )  # fmt: skip
    await on_screen(page, "people")
    card = page.locator('[data-person="482017"]')
    await expect(card).to_have_attribute("data-status", "pending")
    await expect(card).to_contain_text("Godmother")
    await picture(page, "i-pending")
    hub.people.people = [a_person("دانيال")]
    await hub.send(hub.people.pushed())
    await expect(page.locator('[data-note="approved"]')).to_contain_text("دانيال")
    await expect(card).to_have_attribute("data-status", "approved")
    await picture(page, "i-approved")
    await page.click("#to-facility")
    await on_screen(page, "facility")


async def test_every_answer_is_said_kindly(hub: FakeHub, page: Page) -> None:
    hub.people.people = [
        a_person(
            None, id="q1", inmate_number="1", status="pending", private=True, relation="lawyer"
        ),
        a_person(
            None, id="q2", inmate_number="2", status="denied", reason="<b>No</b> card\nwas sent."
        ),
        a_person("Luis", id="p3", inmate_number="3", status="expired"),
    ]
    await log_in_only(page)
    await on_screen(page, "people")
    denied = page.locator('[data-person="2"]')
    await expect(denied.locator("blockquote")).to_have_text("<b>No</b> card\nwas sent.")
    await expect(page.locator('[data-person="1"]')).to_contain_text("Not recorded, not watched")
    await picture(page, "i-answers")
    await denied.get_by_text("Ask again").click()
    await on_screen(page, "ask-to-visit")
    await expect(page.locator("#inmate-number")).to_have_value("2")
    await expect(page.locator("#relation")).to_have_value("mother")
    await page.click("#request-approval")
    await expect(page.locator('[data-field-error="inmate-number"]')).to_have_attribute(
        "data-code", "asked"
    )
    await page.go_back()
    await on_screen(page, "people")
    await page.click('[data-withdraw="q1"]')
    assert (await hub.got(WithdrawRequest)).request == "q1"
    await page.click('[data-withdraw="q2"]')
    await expect(denied).to_have_count(0)
    await expect(page.locator('[data-person="1"]')).to_have_count(0)


async def test_a_photo_is_made_small_and_a_wrong_file_is_named(hub: FakeHub, page: Page) -> None:
    hub.people.people = []
    hub.people.terms = msgspec.structs.replace(hub.people.terms, photo="required")
    await log_in_only(page)
    await page.click("#to-ask")
    await page.fill("#inmate-number", "482017")
    await page.select_option("#relation", "friend")
    fault = page.locator('[data-field-error="photo"]')
    await page.click("#request-approval")
    await expect(fault).to_have_attribute("data-code", "photo-none")
    no_picture = FilePayload(name="card.jpg", mimeType="image/jpeg", buffer=b"%PDF-1.7 no picture")
    await page.set_input_files("#photo", no_picture)
    await page.click("#request-approval")
    await expect(fault).to_have_attribute("data-code", "photo-type")
    await expect(page.locator("#inmate-number")).to_have_value("482017")
    assert not [each for each in hub.received if isinstance(each, PhotoPart)]
    await picture(page, "i-photo-wrong")
    hub.people.photo_fault = "too-big"
    await page.set_input_files("#photo", a_photo(40, 30))
    await page.click("#request-approval")
    await expect(fault).to_have_attribute("data-code", "photo-size")
    assert not [each for each in hub.received if isinstance(each, RequestApproval)]
    hub.people.photo_fault = None
    hub.people.forget_photo()
    await page.set_input_files("#photo", a_photo(2400, 1800))
    await page.click("#request-approval")
    asked = await hub.got(RequestApproval)
    parts = [each for each in hub.received if isinstance(each, PhotoPart)]
    assert asked.photo == parts[-1].photo
    with Image.open(io.BytesIO(hub.people.photo)) as photo:
        assert (photo.format, photo.size) == ("JPEG", (1600, 1200))
    await on_screen(page, "people")


async def test_rules_are_accepted_once_before_a_visit(hub: FakeHub, page: Page) -> None:
    hub.visits = [a_visit()]
    hub.people.terms = msgspec.structs.replace(
        hub.people.terms,
        rules_version="2",
        rules={"es": "Vista ropa adecuada.\n\nNo grabe la visita.", "ar": "كن لطيفا."},
    )
    await facility_log_in(page)
    await on_screen(page, "rules")
    await expect(page.locator("#rules-text")).to_have_attribute("lang", "es")
    await picture(page, "j-rules")
    assert not [each for each in hub.received if isinstance(each, Join)]
    await page.click("#accept-rules")
    assert (await hub.got(AcceptRules)).version == "2"
    await on_screen(page, "check")
    await page.click("#check-done")
    await hub.got(Join)
    await page.reload()
    await on_screen(page, "appointments")


async def test_people_are_reached_from_the_account(hub: FakeHub, page: Page) -> None:
    await log_in(page)
    await page.click("#account")
    await page.click("#people")
    await on_screen(page, "people")
    await picture(page, "i-people")
    await page.click("#back")
    await on_screen(page, "appointments")
