"""A hub that is told to stop: everybody goes, in peace, and comes back in their own time."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from config.schema import Stopping, Visits
from signalling.hub.stopping import BACK_AFTER_S, drain
from signalling.messages import HUB_TO_PAGE, HubStopping
from tests.e2e.processes import Process
from tests.signalling.hub.harness import Client, Hub, Page, hub_config, running_hub
from tests.signalling.hub.test_http import ask

STOPPING = Stopping(spread_s=60, within_s=5)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    visits = Visits(link_grace_s=4.0, first_picture_s=0.3)
    async with running_hub(hub_config(tmp_path, stopping=STOPPING, visits=visits)) as running:
        yield running


async def told(client: Client) -> float:
    assert await client.ended() == (1012, "hub-stopping")
    newest = client.newest(HubStopping)
    assert newest is not None
    assert newest is client.received[-1]
    return newest.come_back_s


async def test_who_is_in_a_visit_comes_back_first_and_the_log_has_nothing_of_it(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    others: list[Client] = [await hub.ready_page() for _ in range(6)]
    others += [await hub.ready_terminal(f"d{number}") for number in range(6)]
    events = await hub.kinds(visit)
    await drain(hub.services, asyncio.Event(), random.Random(1))
    soon = [await told(terminal), await told(page)]
    late = [await told(each) for each in others]
    assert all(BACK_AFTER_S <= each <= BACK_AFTER_S + 2.0 for each in soon)
    assert all(BACK_AFTER_S <= each <= BACK_AFTER_S + 60.0 for each in late)
    # Twelve of a minute: the chance that all fall into one half is 1 in 2048.
    assert max(late) - min(late) > 30.0
    assert await hub.kinds(visit) == events
    live = hub.services.visits.get(visit)
    assert live is not None
    assert not live.visit.breaks


async def test_nobody_new_gets_in_meanwhile(hub: Hub) -> None:
    await drain(hub.services, asyncio.Event(), random.Random(1))
    with pytest.raises(InvalidStatus) as refused:
        await hub.page()
    assert refused.value.response.status_code == 503
    assert refused.value.response.headers["Retry-After"] == "1"
    status, _, body = await ask(hub, "GET /readyz")
    assert (status, body) == (503, b"The hub is stopping.\n")
    assert (await ask(hub, "GET /healthz"))[0] == 200


async def _deaf(hub: Hub) -> Page:
    """A page that never answers a closing."""
    page = await hub.page()
    await page.hello()
    page.socket.transport.pause_reading()
    return page


async def test_who_does_not_go_is_cut_off_at_the_end(hub: Hub) -> None:
    page = await _deaf(hub)
    began = time.monotonic()
    await drain(hub.services, asyncio.Event(), random.Random(1))
    assert 0.9 <= time.monotonic() - began < 3.0
    page.socket.transport.resume_reading()
    await page.ended()


async def test_a_second_signal_hurries(hub: Hub) -> None:
    page = await _deaf(hub)
    hurry = asyncio.Event()
    task = asyncio.create_task(drain(hub.services, hurry, random.Random(1)))
    began = time.monotonic()
    hurry.set()
    await task
    assert time.monotonic() - began < 0.5
    page.socket.transport.resume_reading()
    await page.ended()


async def test_the_process_ends_well_and_in_time(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text(
        f'name = "h"\nport = 0\nstate_dir = "{tmp_path}/state"\n[stopping]\nwithin_s = 5\n'
        '[[facility]]\nid = "north"\nname = "North"\ntime_zone = "UTC"\n',
        encoding="utf-8",
    )
    argv = [sys.executable, "-m", "signalling.hub", "serve", "--config", str(config)]
    async with Process("hub", argv) as process:
        url = (await process.wait_for(r"listening on (http://\S+)"))[1]
        socket = await connect(f"ws{url[4:]}/family", origin=Origin(url), compression=None)
        page = Page(socket, HUB_TO_PAGE)
        await page.hello()
        began = time.monotonic()
        stopping = asyncio.create_task(process.stop())  # SIGTERM
        await told(page)
        assert await stopping == 0
        assert time.monotonic() - began < 5.0
        await page.close()
