"""Pairs of a terminal and a page that visit each other all the time, and note what they were told.

A pair books, signs in, presses, ends, signs out, and begins anew; when its hub is killed it goes
on with the next one. What it was told is a fact: (visit, kind of event).
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.staff import NoHub
from signalling.messages import HUB_TO_PAGE, HUB_TO_TERMINAL, Appointments, End, LoggedIn
from signalling.visit import Status
from tests.signalling.hub.harness import PASSWORD, Page, Terminal
from tests.signalling.hub.hub_process import HubProcess

LOST = (OSError, WebSocketException, ConnectionClosed, NoHub, TimeoutError)
"""What happens to a client whose hub is killed."""


@dataclass
class Pair:
    """A terminal with its inmate, and a visitor's page."""

    number: int
    hub: HubProcess
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    token: str = ""
    told: set[tuple[str, str]] = field(default_factory=set)

    @property
    def inmate(self) -> str:
        return str(1000 + self.number)

    @property
    def pin(self) -> str:
        return str(200000 + self.number)

    @property
    def email(self) -> str:
        return f"v{self.number}@example.org"

    @property
    def name(self) -> str:
        return f"c{self.number}"

    async def prepare(self) -> None:
        """Make the people and the terminal, and log in."""
        await self.hub.do(
            ask.InmateAdd(number=self.inmate, name="Daniel", facility="north", pin=self.pin)
        )
        await self.hub.do(ask.VisitorAdd(email=self.email, name="Ana", password=PASSWORD))
        await self.hub.do(
            ask.VisitorApprove(email=self.email, inmate=self.inmate, relation="mother")
        )
        added = await self.hub.do(
            ask.TerminalAdd(terminal=self.name, facility="north", label=self.name, unit="C")
        )
        terminal = await self.terminal()
        await terminal.enrol(self.key, self.name, added["code"])
        await terminal.close()
        page = await self.page()
        await page.hello()
        logged_in: LoggedIn = await page.log_in(self.email)
        self.token = logged_in.token
        await page.open()
        await page.close()

    async def terminal(self) -> Terminal:
        url = self.hub.url.replace("http", "ws")
        return Terminal(await connect(f"{url}/terminal", compression=None), HUB_TO_TERMINAL)

    async def page(self) -> Page:
        url = self.hub.url
        where = f"{url.replace('http', 'ws')}/family"
        return Page(await connect(where, origin=url, compression=None), HUB_TO_PAGE)  # type: ignore[arg-type]

    async def run(self) -> None:
        """Visit until cancelled, through as many hubs as it takes."""
        while True:
            try:
                await self._connected()
            except LOST:
                await asyncio.sleep(0.02)

    async def _connected(self) -> None:
        terminal, page = await self.terminal(), await self.page()
        visiting = asyncio.create_task(self._visit_on(terminal, page))
        gone = [asyncio.create_task(each.gone()) for each in (terminal, page)]
        try:
            await asyncio.wait({visiting, *gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not visiting.done():
                visiting.cancel()
            for each in gone:
                each.cancel()
            for client in (terminal, page):
                await client.pull()
        if visiting.done() and not visiting.cancelled():
            visiting.result()

    async def _visit_on(self, terminal: Terminal, page: Page) -> None:
        await terminal.hello(self.key, self.name)
        welcome = await page.hello(self.token)
        assert welcome.opened == "north", "a log-in that was acknowledged is gone"
        if terminal.seat is not None:
            await terminal.sign_out()
        await self._end_what_is_open(page)
        while True:
            await self._visit(terminal, page)

    async def _end_what_is_open(self, page: Page) -> None:
        """Whatever the last hub was killed in: also a visit that was booked and nobody told."""
        await page.until(lambda: page.newest(Appointments))
        for view in page.visits:
            if view.status is not Status.ENDED:
                with contextlib.suppress(StaffError):  # the clock may have ended it just now
                    await self.hub.do(ask.VisitTerminate(visit=view.id))

    async def _visit(self, terminal: Terminal, page: Page) -> None:
        booked = await self.hub.do(
            ask.VisitBook(inmate=self.inmate, visitors=(self.email,), start="now", length_s=600.0)
        )
        visit = str(booked["visit"])
        self.told.add((visit, "booked"))
        await terminal.sign_in(self.inmate, self.pin)
        await terminal.sees(lambda view: view.id == visit and view.signed_in)
        self.told.add((visit, "inmate-signed-in"))
        await page.join(visit)
        await page.press(visit)
        await page.sees(visit, lambda view: view.begun_at is not None)
        self.told.add((visit, "begun"))
        await page.send(End(visit=visit))
        await page.sees(visit, lambda view: view.status is Status.ENDED)
        self.told.add((visit, "ended"))
        await terminal.sign_out()
