"""The deployment of docs/scaling.md in small: HAProxy and NATS from the shipped files."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

from websockets.asyncio.client import connect

from signalling.hub import staff_commands as ask
from signalling.hub.bus.interface import Change, PeopleChanged
from signalling.hub.bus.nats import NatsBus
from signalling.hub.keeping import preferred
from signalling.messages import HUB_TO_PAGE, HUB_TO_TERMINAL
from tests.signalling.hub.bus.nats_server import nats_server
from tests.signalling.hub.harness import Page, Terminal, begin
from tests.signalling.hub.hub_process import HubProcess, until
from tests.signalling.hub.kill_load import Pair
from tests.signalling.hub.mail_server import free_port, make_certificate
from tests.signalling.hub.test_hub_gone import KEYS, come_back

SHIPPED = Path(__file__).parents[3] / "systemd" / "scaling"


class BalancedPair(Pair):
    """A terminal and a page that know the balancer only."""

    port = 0
    certificate = Path()

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.certificate)

    async def terminal(self) -> Terminal:
        url = f"wss://127.0.0.1:{self.port}/terminal"
        return Terminal(await connect(url, ssl=self._context(), compression=None), HUB_TO_TERMINAL)

    async def page(self) -> Page:
        url = f"wss://127.0.0.1:{self.port}/family"
        origin = f"https://127.0.0.1:{self.port}"
        socket = await connect(url, ssl=self._context(), origin=origin, compression=None)  # type: ignore[arg-type]
        return Page(socket, HUB_TO_PAGE)


def balancer_config(folder: Path, port: int, hubs: list[HubProcess]) -> Path:
    """Write the shipped file with this test's addresses, and run as whoever runs it."""
    text = (SHIPPED / "haproxy.cfg").read_text()
    certificate = make_certificate(folder)
    changes = {
        "    user haproxy\n": "",
        "    group haproxy\n": "",
        "maxconn 60000": "maxconn 1000",
        "bind :443": f"bind 127.0.0.1:{port}",
        "bind :80": f"bind 127.0.0.1:{free_port()}",
        "/etc/haproxy/visitbooth.pem": str(certificate),
        "10.0.0.11:8080": f"127.0.0.1:{hubs[0].port}",
        "10.0.0.12:8080": f"127.0.0.1:{hubs[1].port}",
    }
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    config = folder / "haproxy.cfg"
    config.write_text(text)
    return config


@contextlib.asynccontextmanager
async def haproxy(config: Path) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec("haproxy", "-q", "-db", "-f", str(config))
    try:
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_visit_goes_on_behind_a_balancer_when_a_hub_is_killed(
    tmp_path: Path, postgres_url: str
) -> None:
    async with nats_server(tmp_path) as nats:
        hubs = [
            HubProcess(tmp_path / name, store=postgres_url, bus=nats.url) for name in ("a", "b")
        ]
        BalancedPair.port = free_port()
        for hub in hubs:
            hub.folder.mkdir()
        config = balancer_config(tmp_path, BalancedPair.port, hubs)
        BalancedPair.certificate = tmp_path / "mail.pem"
        try:
            await hubs[0].start()
            for key in KEYS:
                shutil.copy(hubs[0].folder / key, hubs[1].folder / key)
            await hubs[1].start()
            async with haproxy(config):
                await visit_through(hubs)
        finally:
            for hub in hubs:
                await hub.close()


async def visit_through(hubs: list[HubProcess]) -> None:
    pair = BalancedPair(1, hubs[0])
    await until(lambda: all("serves beside others" in hub.log for hub in hubs))
    names = {re.findall(r"hub=(\S+) serves", hub.log)[-1]: hub for hub in hubs}
    keeper = names[preferred("north", names) or ""]
    # Only then it moves no more: a hub that comes takes over what it should keep.
    await until(lambda: "kept by this hub" in keeper.log)
    async with asyncio.timeout(10.0):
        while True:  # until the balancer has found a hub
            with contextlib.suppress(OSError):
                await (await pair.page()).close()
                break
            await asyncio.sleep(0.05)
    await pair.prepare()
    booked = await hubs[0].do(
        ask.VisitBook(inmate=pair.inmate, visitors=(pair.email,), start="now", length_s=600.0)
    )
    visit = str(booked["visit"])
    terminal, page = await pair.terminal(), await pair.page()
    await terminal.hello(pair.key, pair.name)
    await page.hello(pair.token)
    await begin(terminal, page, visit, pair.inmate, pair.pin)
    await keeper.kill()
    async with asyncio.timeout(10.0):
        terminal, page = await come_back(pair, visit)
    for client in (terminal, page):
        await client.pull()


def nats_config(folder: Path, name: str, ports: tuple[int, int], routes: list[int]) -> Path:
    """Write the shipped file for one of two servers on loopback."""
    text = (SHIPPED / "nats.conf").read_text()
    head, _, rest = text.partition("  routes: [")
    tail = rest.partition("]")[2]
    listed = "\n".join(f"    nats://route:CHANGE-ME-TOO@127.0.0.1:{port}" for port in routes)
    text = f"{head}  routes: [\n{listed}\n  ]{tail}"
    text = text.replace("server_name: nats1", f"server_name: {name}")
    text = text.replace("10.0.0.1:4222", f"127.0.0.1:{ports[0]}", 1)
    text = text.replace("listen: 10.0.0.1:4222", f"listen: 127.0.0.1:{ports[0]}")
    text = text.replace("listen: 10.0.0.1:6222", f"listen: 127.0.0.1:{ports[1]}")
    config = folder / f"{name}.conf"
    config.write_text(text)
    return config


async def test_hubs_go_on_when_a_server_of_their_nats_cluster_dies(tmp_path: Path) -> None:
    clients, routes = [free_port(), free_port()], [free_port(), free_port()]
    async with contextlib.AsyncExitStack() as stack:
        servers = []
        for index in (0, 1):
            config = nats_config(
                tmp_path, f"nats{index}", (clients[index], routes[index]), [routes[1 - index]]
            )
            words = ("-c", str(config))
            servers.append(
                await stack.enter_async_context(nats_server(tmp_path, clients[index], words))
            )
        url = ",".join(f"nats://hub@127.0.0.1:{port}" for port in clients)
        buses = [await NatsBus.open(url, "main", "CHANGE-ME") for _ in range(2)]
        heard: list[Change | None] = []
        buses[1].subscribe_others(heard.append)
        await until(lambda: buses[1].hears(buses[0].hub))
        servers[0].process.kill()
        await servers[0].process.wait()
        await until(lambda: all(bus.is_connected for bus in buses))
        number = 0
        async with asyncio.timeout(10.0):
            while PeopleChanged(f"v{number}") not in heard:
                number += 1
                buses[0].publish(PeopleChanged(f"v{number}"))
                await asyncio.sleep(0.05)
        for bus in buses:
            await bus.close()
