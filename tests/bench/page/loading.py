"""How the page loads on a slow phone: bytes, requests, first paint, until one can type, shifts."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, expect

from tests.bench.report import Benchmark, Row

PHONE: Final = {"width": 390, "height": 844}
CPU_SLOWER: Final = 4
DOWN_BITS: Final = 1_600_000
UP_BITS: Final = 750_000
LATENCY_MS: Final = 150
OWN_BYTES_GOAL: Final = 100_000
SHIFT_GOAL: Final = 0.01

WATCH: Final = """
window.seen = {shift: 0, form: null};
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) seen.shift += each.value;
}).observe({type: 'layout-shift', buffered: true});
new MutationObserver(() => {
  if (seen.form === null && document.querySelector('#log-in')) {
    seen.form = 0;
    requestAnimationFrame(() => requestAnimationFrame(() => { seen.form = performance.now(); }));
  }
}).observe(document, {subtree: true, childList: true});
"""
"""Layout shifts, and when the log-in form was painted.

Those soon after a press count as well: whether an answer comes within the half second that Chromium
forgives is chance.
"""


@dataclass
class Load:
    """One load. Times are ms since the navigation began."""

    first_paint_ms: float
    usable_ms: float
    requests: int
    own_bytes: int
    font_bytes: int


@dataclass
class Traffic:
    """What came over the network, by path, in bytes as transferred."""

    paths: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def watch(self, session: CDPSession) -> None:
        """Listen to a page's network."""
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._came)

    def _asked(self, event: dict[str, Any]) -> None:
        parts = urlsplit(event["request"]["url"])
        if parts.scheme in ("http", "https"):
            self.paths[event["requestId"]] = parts.path

    def _came(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self.paths:
            self.sizes[event["requestId"]] = int(event["encodedDataLength"])

    def bytes(self, *, fonts: bool) -> int:
        """Bytes of the fonts, or of everything else."""
        return sum(
            size
            for request, size in self.sizes.items()
            if self.paths[request].endswith(".ttf") is fonts
        )


async def slow_down(page: Page) -> CDPSession:
    """Make a page's device and network those of a cheap phone."""
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWER})
    await session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": DOWN_BITS / 8,
            "uploadThroughput": UP_BITS / 8,
        },
    )
    return session


async def new_context(browser: Browser) -> BrowserContext:
    """A phone that was never here; its worker would load everything a second time."""
    context = await browser.new_context(
        viewport={"width": PHONE["width"], "height": PHONE["height"]},
        service_workers="block",
        permissions=["camera", "microphone"],
        locale="en-US",
    )
    await context.add_init_script(WATCH)
    return context


async def load(page: Page, url: str, *, slow: bool) -> Load:
    """Open the page and measure until a person can type into the log-in form."""
    traffic = Traffic()
    session = await slow_down(page) if slow else await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    traffic.watch(session)
    await page.goto(url, wait_until="load")
    await expect(page.locator("#log-in")).to_be_visible(timeout=60_000)
    await page.focus("#email")
    await page.keyboard.type("a")
    await expect(page.locator("#email")).to_have_value("a")
    told = await page.evaluate(
        "() => [performance.getEntriesByName('first-contentful-paint')[0].startTime, seen.form]"
    )
    await session.detach()
    return Load(
        float(told[0]),
        float(told[1]),
        len(traffic.sizes),
        traffic.bytes(fonts=False),
        traffic.bytes(fonts=True),
    )


def median(loads: Sequence[Load], name: str) -> float:
    """The median of one of a load's measures."""
    return float(statistics.median(getattr(each, name) for each in loads))


async def measure(bench: Benchmark, browser: Browser, url: str, loads: int) -> None:
    """Load the page cold and warm, on the slow phone and on this machine."""
    cold: list[Load] = []
    warm: list[Load] = []
    quick: list[Load] = []
    for _ in range(loads):
        context = await new_context(browser)
        page = await context.new_page()
        cold.append(await load(page, url, slow=True))
        warm.append(await load(page, url, slow=True))
        await context.close()
        context = await new_context(browser)
        quick.append(await load(await context.new_page(), url, slow=False))
        await context.close()
    own = median(cold, "own_bytes")
    bench.add(Row("own files, zipped", "B", own, None, None, OWN_BYTES_GOAL))
    bench.add(Row("fonts", "B", median(cold, "font_bytes"), None, None, None))
    bench.add(Row("requests", "", median(cold, "requests"), None, None, None))
    for name, what in (("first_paint_ms", "first paint"), ("usable_ms", "log-in form usable")):
        for kind, measured in (("cold", cold), ("warm", warm)):
            row = Row(
                f"{what}, slow phone, {kind}",
                "ms",
                median(measured, name),
                median(quick, name),
                None,
                None,
            )
            bench.add(row)
            bench.curves[f"{what}, {kind}"] = [getattr(each, name) for each in measured]
