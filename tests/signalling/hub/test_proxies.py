"""Behind a reverse proxy: its word counts, the same words from anybody else do not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage, InvalidStatus

from config.schema import Limits
from signalling.messages import LogIn
from tests.signalling.hub.harness import EMAIL, Hub, hub_config, running_hub

HSTS = "Strict-Transport-Security"


async def get(hub: Hub, **headers: str) -> str:
    address, port = hub.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(address, int(port))
    lines = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in headers.items())
    writer.write(f"GET / HTTP/1.1\r\nHost: visits.example\r\n{lines}\r\n".encode())
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return answer.decode()


@pytest.mark.parametrize(("proto", "promised"), [("https", True), ("http", False), ("HTTPS", True)])
async def test_a_proxys_scheme_is_the_pages(hub: Hub, proto: str, promised: bool) -> None:
    assert (HSTS in await get(hub, X_Forwarded_Proto=proto)) is promised


async def test_a_strangers_headers_say_nothing(tmp_path: Path) -> None:
    config = hub_config(
        tmp_path / "s", trusted_proxies=("192.0.2.1",), limits=Limits(connections_per_address=2)
    )
    async with running_hub(config) as hub:
        assert HSTS not in await get(hub, X_Forwarded_Proto="https")
        for forwarded in ("203.0.113.1", "203.0.113.2"):
            await hub.page(additional_headers={"X-Forwarded-For": forwarded})
        with pytest.raises((InvalidMessage, EOFError, OSError)):
            await hub.page(additional_headers={"X-Forwarded-For": "203.0.113.3"})


@pytest.mark.parametrize(
    ("proto", "origin", "let_in"),
    [
        ("https", "https://visits.example", True),
        ("https", "http://visits.example", False),
        ("http", "https://visits.example", False),
        (None, "https://visits.example", True),  # it may not say: both are possible
        (None, "http://visits.example", True),
        ("https", "https://evil.example", False),
    ],
)
async def test_the_origin_has_the_scheme_that_the_proxy_says(
    hub: Hub, proto: str | None, origin: str, let_in: bool
) -> None:
    headers = {"X-Forwarded-For": "203.0.113.1"}
    if proto is not None:
        headers["X-Forwarded-Proto"] = proto
    address, port = hub.url.removeprefix("http://").split(":")
    asked = connect(
        "ws://visits.example/family",
        host=address,
        port=int(port),
        origin=origin,  # type: ignore[arg-type]
        additional_headers=headers,
        proxy=None,
    )
    if let_in:
        await (await asked).close()
        return
    with pytest.raises(InvalidStatus) as refused:
        await asked
    assert refused.value.response.status_code == 403


async def test_throttles_count_by_whom_the_proxy_names(hub: Hub) -> None:
    await hub.people()
    wrong = LogIn(email=EMAIL, password="wrong horse battery")

    async def told(forwarded: str) -> str:
        page = await hub.page(additional_headers={"X-Forwarded-For": forwarded})
        await page.hello()
        return (await page.refused(wrong)).code

    for number in range(10):  # what stands before the proxy's own word makes nobody another one
        assert await told(f"198.51.100.{number}, 203.0.113.1") == "wrong-log-in"
    assert await told("203.0.113.1") == "too-many-tries"
    assert await told("203.0.113.2") == "wrong-log-in"
