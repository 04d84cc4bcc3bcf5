"""A receipt in a real browser: its policy lets the styles in and nothing else, on any screen."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import async_playwright

from signalling.booking_messages import GetTicket, Ticket
from signalling.hub import staff_commands as ask
from signalling.hub.web_files import read_web_files
from tests.signalling.hub.harness import (
    NUMBER,
    PIN,
    Hub,
    Page,
    hub_config,
    running_hub,
)

INMATE = "<script>document.title = 'taken'</script>"
VISITOR = "محمد بن علي"
EMAIL = "m@example.org"
BACKGROUND = "getComputedStyle(document.documentElement).backgroundColor"
WIDTH = "document.documentElement.scrollWidth"


async def ended(hub: Hub) -> tuple[Page, str]:
    await hub.do(ask.InmateAdd(number=NUMBER, name=INMATE, facility="north", pin=PIN))
    await hub.visitor(EMAIL, VISITOR)
    visit = await hub.book(visitors=(EMAIL,))
    await hub.do(ask.VisitCancel(visit=visit))
    return await hub.ready_page(EMAIL), visit


async def test_a_receipt_to_print_and_one_to_save(tmp_path: Path) -> None:
    config = hub_config(tmp_path / "state")
    async with running_hub(config, files=read_web_files()) as hub, async_playwright() as playwright:
        page, visit = await ended(hub)
        chromium = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        context = await chromium.new_context(viewport={"width": 360, "height": 740})
        tab = await context.new_page()
        faults: list[str] = []
        tab.on("console", lambda said: faults.append(said.text))
        tab.on("pageerror", lambda error: faults.append(str(error)))
        ticket = await page.ask(GetTicket(visit=visit, what="receipt-page"), Ticket)
        await tab.goto(hub.url + ticket.path)
        await tab.evaluate("document.fonts.ready")
        assert await tab.title() == "Receipt of a visit"
        assert await tab.locator("bdi").all_inner_texts() == [
            INMATE, VISITOR, INMATE, "North Jail",
        ]  # fmt: skip
        assert await tab.evaluate(BACKGROUND) == "rgb(246, 241, 231)"
        assert await tab.evaluate(WIDTH) == 360
        assert faults == []
        answer = await tab.reload()
        assert answer is not None
        assert answer.status == 404
        assert await tab.locator("h1").count() == 2
        ticket = await page.ask(GetTicket(visit=visit, what="receipt"), Ticket)
        async with tab.expect_download() as waiting:
            await tab.evaluate("path => { location = path; }", ticket.path)
        assert (await waiting.value).suggested_filename.endswith(f"-{visit}.json")
        await chromium.close()
