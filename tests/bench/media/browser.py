"""A Chromium on one of the bench's hosts: the family, or the peer in the terminal's place."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from tests.bench.media import chirps, scene
from tests.bench.media.chirps import Heard
from tests.bench.media.sides import Candidate, Frame
from tests.bench.namespaces import Host

FOLDER = Path(__file__).parent
WEB = Path(__file__).parents[3] / "signalling" / "web"
PATIENCE_S = 20.0
TONE = 0.25
"""Amplitude of the steady tone, as the simulated microphone's."""
FLAGS = (
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
)


class Browser:
    """One page and what the bench does with it; see page.js for the meaning of each call."""

    def __init__(self, page: Page, flag: str) -> None:
        self.page = page
        self.flag = flag
        """A word that stands in the command line of this Chromium's first process only."""
        self.on_press: Callable[[int], Awaitable[None]] | None = None
        self.on_candidate: Callable[[int, Candidate], Awaitable[None]] | None = None

    async def call(self, name: str, *arguments: object) -> Any:
        """Call one of the page's functions and wait for what it returns."""
        calling = self.page.evaluate(f"(a) => {name}(...a)", list(arguments))
        return await asyncio.wait_for(calling, PATIENCE_S)

    async def tell(self, name: str, *arguments: object) -> None:
        """Call one of the page's functions and wait for nothing."""
        await self.page.evaluate(f"(a) => {{ void {name}(...a); }}", list(arguments))

    async def frames(self, number: int) -> list[Frame]:
        """Take the frames read since the last time."""
        return [Frame(*each) for each in await self.call("taken", number)]

    async def heard(self, number: int) -> Heard:
        """Take the sound heard since the last time."""
        return Heard.of_page(await self.call("heard", number))

    async def _asked(self, number: int) -> None:
        assert self.on_press is not None
        await self.on_press(number)

    async def _found(self, number: int, line: str, mid: str | None) -> None:
        if self.on_candidate is not None:
            await self.on_candidate(number, Candidate(line, mid))


@asynccontextmanager
async def browser(host: Host, width: int, height: int, fps: int = 30) -> AsyncIterator[Browser]:
    """Run Chromium on a host, its simulated camera and microphone open."""
    with host.inside():
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(FOLDER)))
        driver = await async_playwright().start()
    thread = threading.Thread(target=server.serve_forever, name=f"page of {host.name}")
    thread.start()
    flag = f"--bench-side={host.name}"
    try:
        launched = await driver.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*FLAGS, flag]
        )
        try:
            # A page that may use the camera shows its addresses, as the family's does.
            page = await launched.new_page(permissions=["camera", "microphone"])
            one = Browser(page, flag)
            await page.expose_function("asked", one._asked)
            await page.expose_function("found", one._found)
            await page.goto(f"http://127.0.0.1:{server.server_port}/page.html")
            chirp = (chirps.CHIRP / 32768).tolist()
            await one.call("open", scene.parts(width, height), fps, chirp, TONE)
            yield one
        finally:
            await launched.close()
    finally:
        await driver.stop()
        server.shutdown()
        server.server_close()
        thread.join()


class _Files(SimpleHTTPRequestHandler):
    def translate_path(self, path: str) -> str:
        """The bench's files, and under /web/ the real page's: what it sends with is measured."""
        if path.startswith("/web/"):
            return str(WEB / path.removeprefix("/web/"))
        return super().translate_path(path)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
