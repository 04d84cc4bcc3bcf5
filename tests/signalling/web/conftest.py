"""A Chromium, a hub, and the family's page on its log-in screen."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.signalling.web.chromium import start_chromium
from tests.signalling.web.fake_hub import FakeHub
from tests.signalling.web.steps import DESK, on_screen


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    # As long as every other wait of these tests; five seconds are few for a busy machine.
    expect.set_options(timeout=10_000)
    async with async_playwright() as playwright:
        browser = await start_chromium(playwright)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def hub() -> AsyncIterator[FakeHub]:
    async with FakeHub() as hub:
        yield hub
        assert hub.faults == [], "the page broke the protocol"


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        viewport=DESK,
        locale="en-US",
        service_workers="block",  # test_page_offline has its own; others need not wait for one
    )
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(context: BrowserContext, hub: FakeHub) -> AsyncIterator[Page]:
    """The page on its log-in screen; it must never have broken its own policy."""
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    await page.goto(hub.url)
    await on_screen(page, "log-in")
    yield page
    expected = ("net::ERR_", "WebSocket connection", "503")
    assert [each for each in faults if not any(word in each for word in expected)] == []
