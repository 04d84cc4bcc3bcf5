"""What a hub says of itself: `/metrics` beside, `/healthz` and `/readyz` on its port."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from config.schema import MetricsListener
from signalling.hub.errors import StartError
from signalling.hub.metrics import Levels, Metrics
from signalling.hub.metrics_server import measured
from signalling.hub.services import open_services
from signalling.messages import Offer
from signalling.visit import fold
from signalling.visit_events import Begun, Booked, Cause, Event, InmateSignedIn, Interrupted, Side
from tests.signalling.hub.harness import EMAIL, NUMBER, Hub, hub_config, running_hub
from tests.signalling.hub.test_http import ask

README = Path(__file__).parents[3] / "README.md"
LOOPBACK = MetricsListener(listen="127.0.0.1", port=0)
Samples = dict[tuple[str, tuple[str, ...]], float]


async def scrape(hub: Hub) -> tuple[Samples, str]:
    """The samples by name and values of labels, and the text they were in."""
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.services.metrics.port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    async with asyncio.timeout(5):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 200 ")
    text = body.decode()
    families = text_string_to_metric_families(text)
    samples = {
        (each.name.removeprefix("visitbooth_"), tuple(each.labels.values())): each.value
        for family in families
        for each in family.samples
    }
    return samples, text


async def test_a_visit_is_counted_and_nobody_is_named(tmp_path: Path) -> None:
    async with running_hub(hub_config(tmp_path, metrics=LOOPBACK)) as hub:
        terminal, _page, visit = await hub.begun()
        got, text = await scrape(hub)
        assert got["connections", ("terminal",)] == got["connections", ("page",)] == 1
        assert got["connections", ("half-open",)] == 0
        assert got["terminals", ("linked",)] == 1
        assert got["terminals", ("faulty",)] == 0
        assert got["visits", ("in-visit",)] == 1
        assert got["sign_ins_total", ("ok",)] == got["log_ins_total", ("ok",)] == 1
        assert got["messages_total", ("in", "offer")] == 1
        assert got["messages_total", ("out", "offer")] == 1
        assert got["message_bytes_total", ("in",)] > 1000
        assert got["press_to_picture_seconds_count", ()] == 1
        assert got["store_transaction_seconds_count", ()] > 5
        assert got["store_transaction_tasks_sum", ()] >= got["store_transaction_tasks_count", ()]
        assert got["loop_lag_seconds_count", ()] > 0
        assert got["memory_bytes", ()] > 1e7
        for secret in (visit, EMAIL, NUMBER, "Daniel", "c4", "127.0.0.1"):
            assert secret not in text
        await terminal.close()


async def test_wrong_log_ins_violations_and_lost_time_are_counted_by_their_words(
    tmp_path: Path,
) -> None:
    async with running_hub(hub_config(tmp_path, metrics=LOOPBACK)) as hub:
        terminal, page, visit = await hub.begun()
        await page.state(visit, receiving=False)
        await page.sees(visit, lambda view: view.breaks)
        await page.state(visit, receiving=True)
        await page.sees(visit, lambda view: not view.breaks)
        other = await hub.page()
        await other.hello()
        await other.socket.send('{"type":"log-in","email":"x@example.org","password":"wrong"}')
        await other.until(lambda: other.count(type(other.received[-1])) and len(other.received) > 1)
        await other.socket.send("[")
        assert (await other.ended())[0] == 1008
        got, _ = await scrape(hub)
        assert got["lost_seconds_total", ("media", "network")] > 0
        assert got["log_ins_total", ("wrong-log-in",)] == 1
        assert got["refusals_total", ("wrong-log-in",)] == 1
        assert got["violations_total", ("not-json",)] == 1
        await terminal.close()


def test_lost_time_goes_to_the_cause_that_held_the_visit() -> None:
    booked = Booked(
        facility="north", inmate="i", visitors=("v",), starts_at=10, ends_at=100, sign_in_from=0
    )
    what: list[Any] = [
        booked,
        InmateSignedIn("t"),
        Begun("v"),
        Interrupted(Side.TERMINAL, Cause.LINK),
    ]
    log = [
        Event(visit="w", seq=n, id=str(n), author="hub", happened_at=t, recorded_at=t, what=each)
        for n, (t, each) in enumerate(zip((1, 11, 12, 20), what, strict=True), 1)
    ]
    before = fold(log)
    after = before._count(27)
    metrics = Metrics()
    metrics.appended(before, after)
    labels = {"side": "terminal", "cause": "link"}
    assert metrics.registry.get_sample_value("visitbooth_lost_seconds_total", labels) == 7


async def test_nothing_but_metrics_is_there_and_it_is_off_by_default(tmp_path: Path) -> None:
    async with running_hub(hub_config(tmp_path / "off")) as hub:
        assert hub.services.metrics.port == 0
        status, _, _ = await ask(hub, "GET /metrics")
        assert status == 404
    async with running_hub(hub_config(tmp_path / "on", metrics=LOOPBACK)) as hub:
        reader, writer = await asyncio.open_connection("127.0.0.1", hub.services.metrics.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 404 ")
        writer.close()


async def test_a_metrics_port_that_is_taken_is_named(tmp_path: Path) -> None:
    async with running_hub(hub_config(tmp_path / "one", metrics=LOOPBACK)) as hub:
        (tmp_path / "two").mkdir()
        taken = MetricsListener(listen="127.0.0.1", port=hub.services.metrics.port)
        async with open_services(hub_config(tmp_path / "two", metrics=taken)) as services:
            with pytest.raises(StartError, match=r"cannot listen on .*\[metrics\] in hub.toml"):
                async with measured(services):
                    pass


def test_the_readme_lists_every_metric() -> None:
    metrics = Metrics()
    metrics.traffic.give(Offer, 1)
    families = text_string_to_metric_families(metrics.text(Levels()).decode())
    # The library adds when each began to count.
    names = {each.name for each in families if not each.name.endswith("_created")}
    listed = set(re.findall(r"`(visitbooth_\w+)", README.read_text(encoding="utf-8")))
    assert {name.removesuffix("_total") for name in listed} == names


async def test_ready_only_while_it_serves_with_its_own_schema(hub: Hub) -> None:
    assert (await ask(hub, "GET /readyz"))[0] == 200
    assert (await ask(hub, "GET /healthz"))[0] == 200
    hub.services.lifetime.stopping = True
    status, _, body = await ask(hub, "GET /readyz")
    assert (status, body) == (503, b"The hub is stopping.\n")
    assert (await ask(hub, "GET /healthz"))[0] == 200
    hub.services.lifetime.stopping = False
    await hub.services.store._writer.run(  # type: ignore[attr-defined]
        lambda db: db.execute(
            "update _sqlite_migrations set name = '9999-newer' where name = '0007-after'"
        )
    )
    status, _, body = await ask(hub, "GET /readyz")
    assert status == 503
    assert b"schema" in body
