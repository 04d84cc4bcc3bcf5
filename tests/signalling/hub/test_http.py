"""The page's files and their headers, asked for by plain HTTP."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Request

from signalling.hub.errors import StartError
from signalling.hub.web_files import (
    FONTS,
    KEPT,
    MANIFEST,
    WORKER,
    File,
    read_plain_files,
    read_web_files,
    respond,
)
from tests.signalling.hub.harness import Hub


async def ask(hub: Hub, request: str, host: str | None = None) -> tuple[int, dict[str, str], bytes]:
    address, port = hub.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(address, int(port))
    lines = f"{request} HTTP/1.1\r\nHost: {host or f'{address}:{port}'}\r\n\r\n"
    writer.write(lines.encode())
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in rest)
    return int(first.split(" ")[1]), headers, body


async def test_page_with_strict_headers(hub: Hub) -> None:
    status, headers, body = await ask(hub, "GET /?from=mail")
    assert (status, body) == (200, b"<!doctype html>page")
    host = hub.url.removeprefix("http://")
    policy = headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert f"connect-src 'self' ws://{host} wss://{host}" in policy
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Permissions-Policy"].startswith("camera=(self), microphone=(self)")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers


async def test_head_has_the_length_and_no_body(hub: Hub) -> None:
    status, headers, body = await ask(hub, "HEAD /")
    assert (status, headers["Content-Length"], body) == (200, "19", b"")


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /index.html", 404),
        ("GET /../server.py", 404),
        ("GET /%2e%2e/visits.db", 404),
        ("POST /", 405),
        ("DELETE /", 405),
        ("GET /family", 426),
        ("GET /terminal", 426),
        ("GET /healthz", 200),
    ],
)
async def test_everything_else_is_refused_with_the_same_headers(
    hub: Hub, request_line: str, status: int
) -> None:
    found, headers, _ = await ask(hub, request_line)
    assert found == status
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.example; script-src *", "a b", "x\ty", '"'])
async def test_a_host_that_is_none_never_gets_into_the_policy(hub: Hub, host: str) -> None:
    status, headers, _ = await ask(hub, "GET /", host)
    assert status == 400
    assert host not in headers["Content-Security-Policy"]


async def test_health_says_when_the_store_is_gone(hub: Hub) -> None:
    await hub.services.store.close()
    assert (await ask(hub, "GET /healthz"))[0] == 503


def test_allow_list_of_the_real_page() -> None:
    files = read_plain_files()
    assert {"/", *FONTS} <= files.keys()
    assert files["/"].body.lower().startswith(b"<!doctype html>")
    assert files["/fonts/bold.ttf"].body[:4] == b"\x00\x01\x00\x00"
    assert not any(path.endswith((".json", ".md", ".py", ".html")) for path in files)


def test_the_page_is_few_small_files() -> None:
    files = read_web_files()
    assert len(files) == 11, "page, script, two pictures, two fonts; manifest, three icons, worker"
    assert {path for path, file in files.items() if not file.kept} == {"/", MANIFEST, WORKER}
    own = [file.zipped for path, file in files.items() if not path.endswith(".ttf")]
    assert sum(len(each) for each in own if each is not None) < 100_000
    page = files["/"].body.decode()
    assert "<strong>Visitbooth</strong>" in page, "something is painted before the script has come"
    for path in re.findall(r'(?:href|src)="(/[^"]+)"', page):
        assert path in files


@pytest.mark.parametrize(
    ("accepted", "zipped"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.00", False),
        ("br", False),
        ("", False),
    ],
)
def test_zipped_only_for_who_takes_it(accepted: str, zipped: bool) -> None:
    file = File("text/javascript", b"long words", b"short", kept=True)
    request = Request("/", Headers(Host="hub", **{"Accept-Encoding": accepted}))
    answer = respond(request, HTTPStatus.OK, file)
    assert answer.body == (b"short" if zipped else b"long words")
    assert answer.headers.get("Content-Encoding") == ("gzip" if zipped else None)
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Cache-Control"] == KEPT


def test_a_missing_page_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"index\.html"):
        read_web_files(tmp_path)
