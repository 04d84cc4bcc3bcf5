"""A new visitor's whole way, with nothing but the page and their mail: account to receipt."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.e2e.conftest import House
from tests.e2e.family import DESK, PHONE, Family, households
from tests.e2e.processes import until
from tests.e2e.stage import EMAIL, INMATE, NAME, PASSWORD, PIN, stage
from tests.e2e.test_visit import moving
from tests.signalling.hub.mail_server import Post, free_port, post_office, text_of

pytestmark = pytest.mark.e2e

ROSA, ROSAS_PASSWORD, ROSAS_NEXT = (
    "rosa@example.org",
    "nine quiet green hills",
    "ten loud red rivers",
)
FACILITY = """rules_version = "1"
photo = "required"
"""
RULES = '''en = """Be dressed. Be alone in the room."""
es = """Esté vestida. Esté sola en el cuarto."""'''
VISITING = """hours = ["mon-sun 08:00-20:00"]
book_ahead_h = 1
cancel_before_h = 1"""
COUNT_PRESSES = """
window.presses = 0;
for (const kind of ['click', 'keydown']) document.addEventListener(kind, (event) => {
  // Enter in a field sends its form by a click that nobody made.
  const enter = kind === 'keydown' && event.key === 'Enter';
  if (event.isTrusted && (enter || (kind === 'click' && event.detail > 0))) window.presses += 1;
}, true);
"""


@dataclass
class Town(House):
    """A house whose hub sends real mails."""

    post: Post

    async def link(self, kind: str, address: str = ROSA) -> str:
        """The newest link of a kind that was mailed to an address."""

        def found() -> str | None:
            mails = [each for each in self.post.mails if each["To"] == address]
            links = [re.search(rf"http\S+#{kind}=\S+", text_of(each)) for each in mails]
            return next((each[0] for each in reversed(links) if each), None)

        return await until(found, 20, f"a mail with a link to {kind}")


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with contextlib.AsyncExitStack() as stack:
        post, smtp_port = stack.enter_context(post_office())
        built = await stack.enter_async_context(stage())
        port = free_port()
        hub = await built.start_hub(
            port=port,
            facility=FACILITY,
            below={"rules": RULES, "visiting": VISITING},
            mail=f'host = "127.0.0.1"\nport = {smtp_port}\ntls = "none"\n'
            f'public_url = "http://127.0.0.1:{port}"',
        )
        add = hub.staff("inmate", "add", INMATE, "Daniel", "--facility", "lindell", "--pin", PIN)
        homes, kiosk, _ = await asyncio.gather(
            stack.enter_async_context(households(hub.url, built.folder)), built.start_kiosk(), add
        )
        yield Town(built, hub, kiosk, homes, post)


async def sign_up(town: Town, family: Family) -> None:
    page = family.page
    await page.click("#switch-entry")
    await page.fill("#name", "Rosa <b>Díaz</b> روزا")
    await page.fill("#email", "rosa@example")
    await page.fill("#password", ROSAS_PASSWORD)
    await page.click("#create-account")
    await expect(page.locator('[data-field-error="email"]')).to_be_visible()
    await page.fill("#email", ROSA)
    await page.click("#create-account")
    await family.at("check-mail")
    await page.goto(await town.link("verify"))
    await expect(page.locator('[data-note="email-verified"]')).to_be_visible()
    assert "verify" not in page.url
    await page.fill("#email", ROSA)
    await page.fill("#password", ROSAS_PASSWORD)
    await page.click("#log-in")
    await family.at("people")


async def ask_to_visit(town: Town, family: Family) -> None:
    page = family.page
    await page.click("#to-ask")
    await page.fill("#inmate-number", INMATE)
    await page.select_option("#relation", "mother")
    card = io.BytesIO()
    Image.new("RGB", (900, 600), "navy").save(card, "PNG")
    await page.set_input_files(
        "#photo", {"name": "card.png", "mimeType": "image/png", "buffer": card.getvalue()}
    )
    await page.click("#request-approval")
    await page.wait_for_selector(f'[data-person="{INMATE}"][data-status="pending"]')
    (waiting,) = await town.hub.staff("request", "list")
    assert (waiting["inmate"], waiting["photo"]) == ("Daniel", True)
    await town.hub.staff("request", "approve", waiting["request"])
    await page.wait_for_selector(f'[data-person="{INMATE}"][data-status="approved"]')
    await page.click("#to-facility")
    await family.at("facility")


async def open_and_accept(family: Family) -> None:
    page = family.page
    if not await page.locator("#facility-password").count():
        await page.click("[data-facility]")
    await page.fill("#facility-password", ROSAS_PASSWORD)
    await page.click("#facility-log-in")
    await family.at("rules")
    await page.click("#accept-rules")
    await family.at("check")
    await page.wait_for_selector("[data-check=camera][data-passed]", timeout=15_000)
    await page.click("#check-done")
    await family.at("appointments")


async def choose_slot(page: Page, number: int) -> None:
    """Choose the last day that is shown, and the slot of that number."""
    await page.locator("[data-day]").last.click()
    slot = page.locator("[data-slot]:not([data-rule])").nth(number)
    await slot.click()
    await page.click("#book")


async def book_move_cancel(town: Town, family: Family) -> None:
    page = family.page
    await page.click("[data-tab=schedule]:visible")
    await choose_slot(page, 0)
    await expect(page.locator('[data-note="visit-booked"]')).to_be_visible()
    await page.click("[data-move]")
    await family.at("schedule")
    await choose_slot(page, 2)
    await expect(page.locator('[data-note="visit-moved"]')).to_be_visible()
    async with page.expect_download() as download:
        await page.click("[data-calendar]")
    kept = await (await download.value).path()
    assert b"BEGIN:VEVENT" in kept.read_bytes()
    await page.click("[data-cancel]")
    await page.click("#confirm-cancel:not([aria-disabled])")
    await expect(page.locator('[data-visit] [data-status="scheduled"]')).to_have_count(0)

    def booked() -> bool:
        subjects = [str(each["Subject"]) for each in town.post.mails if each["To"] == ROSA]
        return any("moved" in each or "cambió" in each for each in subjects)

    await until(booked, 20, "the mails about the visit")


async def visit_and_end(town: Town, family: Family) -> str:
    visit = await town.hub.book("now", 120, email=ROSA)
    await family.wait_status("pending")
    await expect(family.page.locator("[data-why]")).to_be_visible()
    await town.kiosk.sign_in()
    await family.wait_status("ready")
    await family.press_telephone()
    await family.at("in-visit")
    assert len(await moving(family.mark)) >= 3
    await family.page.click("#end-visit")
    await family.page.click("#confirm-end:not([aria-disabled])")
    await family.at("ended")
    return visit


async def receipt_and_rating(town: Town, family: Family, visit: str, folder: Path) -> None:
    page = family.page
    await page.click("[data-stars='5']")
    await expect(page.locator('[data-rated="5"]')).to_be_visible()
    async with page.expect_download() as download:
        await page.click("[data-save-receipt]")
    saved = folder / "receipt.json"
    await (await download.value).save_as(saved)
    checked = await town.hub.staff("receipt", "verify", str(saved))
    assert checked["valid"], checked
    async with page.context.expect_page() as opened:
        await page.click("[data-receipt]")
    printed = await opened.value
    await expect(printed.locator("body")).to_contain_text("Daniel")
    await expect(printed.locator("body")).to_contain_text("<b>Díaz</b>")
    await printed.close()
    shown = await town.hub.visit(visit)
    assert shown["end_reason"] == "red-x"
    await page.click("[data-next]")
    await family.at("schedule")


async def new_password_and_delete(town: Town, family: Family) -> None:
    page = family.page
    await page.click("#account")
    await family.at("account")
    await page.click("#log-out-here, #log-out >> visible=true")
    await family.at("log-in")
    await page.click("#forgot")
    await page.fill("#email", ROSA)
    await page.click("#forgot-password")
    await page.goto(await town.link("reset"))
    await page.fill("#new-password", ROSAS_NEXT)
    await page.click("#reset-password")
    await family.at("log-in")
    await page.fill("#email", ROSA)
    await page.fill("#password", ROSAS_NEXT)
    await page.click("#log-in")
    await page.wait_for_selector("#account")
    await page.click("#account")
    await page.click("#to-delete")
    await page.fill("#delete-password", ROSAS_NEXT)
    await page.click("#delete-account")
    await family.at("log-in")
    assert ROSA not in [each["email"] for each in await town.hub.staff("visitor", "list")]


@pytest.mark.parametrize(
    ("size", "locale"), [(PHONE, "es-US"), (DESK, "en-US")], ids=["phone-es", "desk-en"]
)
async def test_from_the_account_to_the_receipt(
    town: Town, size: tuple[int, int], locale: str, tmp_path: Path
) -> None:
    family = await town.homes.family(size, accept_downloads=True, locale=locale)
    await family.open()
    await sign_up(town, family)
    await ask_to_visit(town, family)
    await open_and_accept(family)
    await book_move_cancel(town, family)
    visit = await visit_and_end(town, family)
    await receipt_and_rating(town, family, visit, tmp_path)
    await new_password_and_delete(town, family)


async def test_four_presses_from_the_page_to_the_inmate(house: House) -> None:
    """For whoever was here before: logged in, the facility's log-in over, the device to check."""
    before = await house.homes.family(PHONE)
    await before.open()
    await before.log_in(EMAIL, PASSWORD)
    await before.page.close()
    await house.hub.book("now", 60)
    await house.kiosk.sign_in()
    await house.kiosk.screen("waiting")
    family = await house.homes.family(same_as=before)
    await family.page.add_init_script(COUNT_PRESSES)
    await family.open()
    page = family.page
    if not await page.locator("#facility-password").count():
        await page.click("[data-facility]")
    await expect(page.locator("#facility-password")).to_be_focused()
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await family.at("check", "appointments")
    if await family.screen() == "check":
        await page.click("#check-done, #go-visit >> visible=true")
    await family.press_telephone()
    await family.at("in-visit")
    assert len(await moving(family.mark)) >= 3
    presses = await page.evaluate("window.presses")
    print(f"{NAME} pressed {presses} times")
    assert presses <= 4
