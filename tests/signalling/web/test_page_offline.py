"""The family's page without a network, and with a hub that is another one since: real Chromium."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from signalling.hub.web_files import WEB, File, read_web_files
from signalling.visit import Status
from tests.signalling.web.fake_hub import FakeHub, a_visit
from tests.signalling.web.steps import DESK, becomes_true, log_in, on_screen, picture

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY_S = 86400
START = (time.time() // DAY_S + 2) * DAY_S + 18 * 3600
"""Six in the afternoon in UTC, in two days."""
ACTIVE = "navigator.serviceWorker.ready.then((all) => all.active?.state === 'activated')"
KEPT = "localStorage.getItem('visitbooth.next')"


def visits() -> list[Any]:
    later = {"starts_at": START, "ends_at": START + 1800, "status": Status.SCHEDULED}
    much_later = {"starts_at": START + DAY_S, "ends_at": START + DAY_S + 1800}
    return [
        a_visit(**later),
        a_visit(**{**later, **much_later, "id": "v2", "inmate": "Ana Lucía"}),
    ]


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """One that lets a worker in."""
    context = await browser.new_context(
        viewport=DESK, locale="en-US", timezone_id="America/New_York"
    )
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def installed(hub: FakeHub, page: Page) -> Page:
    """The page with two visits, and its worker at work."""
    hub.visits = visits()
    await log_in(page)
    await becomes_true(page, ACTIVE)
    return page


async def test_without_a_network_it_shows_the_next_visits(
    hub: FakeHub, installed: Page, context: BrowserContext
) -> None:
    page = installed
    await context.set_offline(True)
    await page.reload()
    await on_screen(page, "offline")
    await expect(page.locator("#offline")).to_contain_text("You are not connected.")
    cards = page.locator("[data-next]")
    await expect(cards).to_have_count(2)
    await expect(cards.first).to_contain_text("Daniel")
    # Never "tomorrow", and both clocks: the visitor sits in another time zone.
    await expect(cards.first).to_contain_text("Your time: ")
    await expect(cards.first).to_contain_text("Lindell County Jail")
    await expect(page.locator("h1")).to_be_focused()
    await picture(page, "offline")
    await page.click("#language")
    await expect(page.locator("h1")).to_have_text("Sus próximas visitas")
    await expect(page.locator("#offline")).to_contain_text("No hay conexión.")
    await picture(page, "offline-es")
    await context.set_offline(False)
    await on_screen(page, "appointments")  # by itself: nobody pressed anything
    await page.reload()
    await on_screen(page, "appointments")
    assert "Ana Lucía" in await page.evaluate(KEPT)
    await page.click("#log-out")
    await on_screen(page, "log-in")
    assert await page.evaluate(KEPT) is None


async def test_logging_out_without_a_network_leaves_nothing(
    installed: Page, context: BrowserContext
) -> None:
    page = installed
    assert "Ana Lucía" in await page.evaluate(KEPT)
    await context.set_offline(True)
    await page.reload()
    await on_screen(page, "offline")
    await page.click("#log-out-here")
    await expect(page.locator("[data-next]")).to_have_count(0)
    assert await page.evaluate(KEPT) is None
    await picture(page, "offline-nobody")
    await page.reload()
    await expect(page.locator("#retry")).to_be_visible()
    await expect(page.locator("[data-next]")).to_have_count(0)
    await expect(page.locator("#log-out-here")).to_have_count(0)


async def test_a_new_hub_brings_its_page_at_the_next_load(browser: Browser, tmp_path: Path) -> None:
    web = shutil.copytree(WEB, tmp_path / "web")
    words = web / "words-en.js"
    words.write_text(words.read_text().replace('"Log in"', '"Come in"'))
    newer = read_web_files(web)
    (version,) = re.findall(r'VERSION="(\w+)"', newer["/sw.js"].body.decode())
    context = await browser.new_context(locale="en-US")
    page = await context.new_page()
    async with FakeHub() as hub:
        port = int(hub.url.rsplit(":", 1)[1].strip("/"))
        await page.goto(hub.url)
        await expect(page.locator("h1")).to_have_text("Log in")
        await becomes_true(page, ACTIVE)
    # The network is there and no hub: the page that was kept.
    await page.reload()
    await on_screen(page, "offline")
    async with FakeHub(port=port, files=newer):
        await page.reload()
        await expect(page.locator("h1")).to_have_text("Come in")
        # What the older hub served is gone.
        await becomes_true(
            page, f"caches.keys().then((all) => all.join() === 'visitbooth-{version}')"
        )
    await page.reload()
    await on_screen(page, "offline")
    async with FakeHub(port=port, files=newer):
        await page.click("#retry")
        await expect(page.locator("h1")).to_have_text("Come in")
    await context.close()


async def test_the_worker_keeps_the_page_and_leaves_the_rest(hub: FakeHub, installed: Page) -> None:
    page = installed
    await page.reload()
    await on_screen(page, "appointments")
    # A connection that is lost and found again asks the browser for nothing a second time.
    await hub.cut()
    await expect(page.locator("#offline")).to_be_visible()
    hub.answering = True
    await expect(page.locator("#offline")).to_have_count(0)
    kept: list[str] = await page.evaluate(
        "caches.keys().then(([name]) => caches.open(name)).then((cache) => cache.keys())"
        ".then((all) => all.map((each) => new URL(each.url).pathname))"
    )
    unneeded = {path for path in hub.files if path.endswith(".png")}
    assert set(kept) == {p for p, file in hub.files.items() if p == "/" or file.kept} - unneeded
    # What a ticket names can be fetched once: nobody may ask ahead of the person.
    await becomes_true(page, "navigator.serviceWorker.controller !== null")
    plain = File("text/plain", b"a receipt")
    hub.files = {**hub.files, "/t/of-a-receipt": plain, "/favicon.ico": plain}
    before = hub.asked.count("/")
    await page.goto(f"{hub.url}t/of-a-receipt")
    assert hub.asked.count("/t/of-a-receipt") == 1
    await page.goto(hub.url)
    await on_screen(page, "appointments")
    assert hub.asked.count("/") == before + 1, "the page comes from the hub"


async def test_chromium_calls_it_installable(page: Page) -> None:
    session = await page.context.new_cdp_session(page)
    found = await session.send("Page.getAppManifest")
    assert found["errors"] == []
    errors = (await session.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    # What else is wrong, Chromium would name beside it.
    assert [each["errorId"] for each in errors] == ["in-incognito"]
