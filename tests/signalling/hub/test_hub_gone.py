"""Two hubs in processes of their own; the one that keeps the facility is killed, frozen, cut off.

Its clients come back through the other one within seconds, the visit goes on, its log is whole.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from signalling.hub import staff_commands as ask
from signalling.hub.store.postgres import PostgresStore
from signalling.messages import Appointments
from signalling.visit import fold
from signalling.visit_events import KIND_OF, Begun, Booked
from tests.signalling.hub.bus.nats_server import NatsServer, nats_server
from tests.signalling.hub.harness import Page, Terminal, begin
from tests.signalling.hub.hub_process import HubProcess, until
from tests.signalling.hub.kill_load import LOST, Pair
from tests.signalling.hub.tcp_relay import Cable, cable

KEYS = ("pin.key", "receipt.key")
WITHIN_S = {"killed": 4.0, "frozen": 9.0, "cut off": 9.0}
"""Until both sides are in the visit again: a bound for busy machines; the bench measures."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with nats_server(tmp_path) as running:
        yield running


@pytest.fixture
async def cables(postgres_url: str, server: NatsServer) -> AsyncIterator[tuple[Cable, Cable]]:
    """What the first hub reaches the database and the bus through."""
    ends = [urlsplit(each) for each in (postgres_url, server.url)]
    async with (
        cable(str(ends[0].hostname), ends[0].port or 0) as database,
        cable(str(ends[1].hostname), ends[1].port or 0) as bus,
    ):
        yield database, bus


@pytest.fixture
async def hubs(
    tmp_path: Path, postgres_url: str, server: NatsServer, cables: tuple[Cable, Cable]
) -> AsyncIterator[list[HubProcess]]:
    """The first one keeps the facility."""
    database, bus = cables
    port = str(urlsplit(postgres_url).port)
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    first = HubProcess(
        folders[0],
        store=postgres_url.replace(port, str(database.port)),
        bus=f"nats://127.0.0.1:{bus.port}",
    )
    second = HubProcess(folders[1], store=postgres_url, bus=server.url)
    try:
        await first.start()
        await until(lambda: "facility=north kept by this hub" in first.log)
        for key in KEYS:
            shutil.copy(folders[0] / key, folders[1] / key)
        yield [first, second]
    finally:
        for hub in (first, second):
            await hub.close()


async def come_back(pair: Pair, visit: str) -> tuple[Terminal, Page]:
    """Connect anew until both are in the visit again, as the kiosk and the page do."""
    while True:
        try:
            return await in_visit_again(pair, visit)
        except LOST:
            await asyncio.sleep(0.05)


async def in_visit_again(pair: Pair, visit: str) -> tuple[Terminal, Page]:
    terminal, page = await pair.terminal(), await pair.page()
    await terminal.hello(pair.key, pair.name)
    await page.hello(pair.token)
    await page.until(lambda: page.newest(Appointments))
    await page.join(visit, pressed=True)
    await terminal.state(visit)
    await page.state(visit)
    await page.sees(visit, lambda view: view.tracks_open and not view.breaks)
    return terminal, page


@pytest.mark.parametrize("how", ["killed", "frozen", "cut off"])
async def test_a_visit_goes_on_through_another_hub(
    how: str, hubs: list[HubProcess], cables: tuple[Cable, Cable], postgres_url: str
) -> None:
    first, second = hubs
    pair, bystander = Pair(1, first), Pair(2, first)
    await asyncio.gather(pair.prepare(), bystander.prepare())
    booked = await first.do(
        ask.VisitBook(inmate=pair.inmate, visitors=(pair.email,), start="now", length_s=600.0)
    )
    visit = str(booked["visit"])
    terminal, page = await pair.terminal(), await pair.page()
    await terminal.hello(pair.key, pair.name)
    await page.hello(pair.token)
    await begin(terminal, page, visit, pair.inmate, pair.pin)
    # A hub that comes now takes nothing over: somebody is in a visit.
    await second.start()
    await until(lambda: "hubs: " in second.log)
    await until(lambda: second.log.rpartition("hubs: ")[2].split("\n")[0].count("h-") == 2)
    gone_at_s = time.monotonic()
    if how == "killed":
        await first.kill()
    elif how == "frozen":
        first.freeze()
    else:
        for each in cables:
            each.cut()
    pair.hub = second
    async with asyncio.timeout(WITHIN_S[how]):
        terminal, page = await come_back(pair, visit)
    print(f"{how}: in the visit again after {time.monotonic() - gone_at_s:.2f} s")
    if how != "killed":
        if how == "frozen":
            first.thaw()
        for each in cables:
            each.mend()
        await serves_again(bystander, first)
        await page.sees(visit, lambda view: view.tracks_open and not view.breaks)
    store = await PostgresStore.open(postgres_url)
    log = await store.visits.log(visit)
    await store.close()
    assert fold(log).ended is None
    kinds = [KIND_OF[type(each.what)] for each in log]
    assert kinds.count(KIND_OF[Booked]) == kinds.count(KIND_OF[Begun]) == 1
    for client in (terminal, page):
        await client.pull()


async def serves_again(pair: Pair, first: HubProcess) -> None:
    """The first hub must find out that it keeps nothing, and serve through the second one."""
    await until(lambda: "facility=north kept by another hub from now on" in first.log)
    async with asyncio.timeout(10.0):
        while True:
            try:
                terminal = await pair.terminal()
                await terminal.hello(pair.key, pair.name)
                break
            except LOST:
                await asyncio.sleep(0.05)
    await terminal.pull()
