"""What a page may try of the network on any day, and how often."""

from __future__ import annotations

from pathlib import Path

from config.schema import Secret, Turn
from signalling.booking_messages import CheckNetwork, NetworkCheck, Probe, Probed
from signalling.hub.network_check import CREDENTIALS_S
from signalling.hub.switchboard import CHECK_WINDOW_S, CHECKS, PROBES
from tests.signalling.hub.harness import Hub, Page, hub_config, running_hub


async def logged_in(hub: Hub) -> Page:
    await hub.people()
    page = await hub.page()
    await page.hello()
    await page.log_in()
    return page


async def test_credentials_without_a_visit_end_soon(tmp_path: Path) -> None:
    turn = Turn(urls=("turn:127.0.0.1:3478",), secret=Secret("not-a-real-secret"))
    async with running_hub(hub_config(tmp_path / "state", turn=turn)) as hub:
        page = await logged_in(hub)
        found = await page.ask(CheckNetwork(), NetworkCheck)
        user = found.ice_servers[0].username or ""
        left_s = int(user.partition(":")[0]) - hub.clock()
        assert 0 < left_s <= CREDENTIALS_S + 1
        for _ in range(CHECKS - 1):
            await page.ask(CheckNetwork(), NetworkCheck)
        assert (await page.refused(CheckNetwork())).code == "busy"


async def test_nobody_tries_without_a_log_in(hub: Hub) -> None:
    page = await hub.page()
    await page.hello()
    assert (await page.refused(CheckNetwork())).code == "not-logged-in"
    assert (await page.refused(Probe(sent=1.0, padding="x"))).code == "not-logged-in"


async def test_probes_come_back_and_are_counted(hub: Hub) -> None:
    page = await logged_in(hub)
    padding = "x" * 48_000
    assert (await page.ask(Probe(sent=1.5, padding=padding), Probed)).padding == padding
    for _ in range(PROBES - 1):
        await page.ask(Probe(sent=2.0, padding=""), Probed)
    assert (await page.refused(Probe(sent=3.0, padding=""))).code == "busy"
    hub.pass_time(CHECK_WINDOW_S + 1)
    await page.ask(Probe(sent=4.0, padding=""), Probed)
