"""TLS in the hub: named errors, files that change under it, both event loops."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop
from cryptography.hazmat.primitives.asymmetric import ec

from config.schema import Limits, Secret, Tls
from signalling.hub import staff_commands as ask
from signalling.hub.tls import WARN_EVERY_S, Certificate, CertificateError
from signalling.link import NOT_TRUSTED, Address, Link
from signalling.link_events import LinkDown, LinkUp
from signalling.terminal_key import TerminalKey
from tests.signalling.hub.certificates import DAY_S, Authority, key_pem
from tests.signalling.hub.harness import DEADLINE_S, Hub, hub_config, running_hub


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def spoil_key(tls: Tls) -> None:
    Path(tls.key).write_bytes(key_pem(ec.generate_private_key(ec.SECP256R1())))


WRONG: list[tuple[Callable[[Tls, Authority], Any], str]] = [
    (lambda tls, _: Path(tls.certificate).unlink(), r"hub\.pem cannot be read: No such file"),
    (lambda tls, _: Path(tls.key).unlink(), r"hub\.key cannot be read: No such file"),
    (lambda tls, _: Path(tls.certificate).write_text("x"), r"hub\.pem holds no certificate in PEM"),
    (lambda tls, _: Path(tls.key).write_text("x"), r"hub\.key holds no private key in PEM"),
    (lambda tls, _: Path(tls.key).chmod(0o644), r"hub\.key may be read by others"),
    (lambda tls, _: spoil_key(tls), r"hub\.key does not fit the first"),
    (
        lambda tls, _: Path(tls.key).write_bytes(
            key_pem(ec.generate_private_key(ec.SECP256R1()), b"secret")
        ),
        r"hub\.key has a passphrase",
    ),
    (lambda _, ca: ca.write(for_s=-60), r"hub\.pem expired on \d{4}-\d\d-\d\d"),
    (lambda _, ca: ca.write(since_s=DAY_S), r"hub\.pem is not valid before \d{4}-"),
]


@pytest.mark.parametrize(("spoil", "said"), WRONG)
def test_what_is_wrong_is_named(
    authority: Authority, spoil: Callable[[Tls, Authority], Any], said: str
) -> None:
    tls = authority.write()
    spoil(tls, authority)
    with pytest.raises(CertificateError, match=said):
        Certificate(tls)


@pytest.mark.parametrize(("spoil", "said"), WRONG)
def test_wrong_files_are_told_once_and_what_was_there_stays(
    authority: Authority,
    spoil: Callable[[Tls, Authority], Any],
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tls = authority.write()
    certificate = Certificate(tls)
    before = certificate.context
    spoil(tls, authority)
    # A mode alone changes nothing that is watched: SIGHUP looks all the same.
    if "others" in said:
        assert not certificate.reload()
    else:
        assert not certificate.look()
        assert not certificate.look()
    assert certificate.context is before
    assert len(caplog.records) == 1
    assert "the certificate that was there stays" in caplog.text
    authority.write()
    assert certificate.look()
    assert certificate.context is not before


def test_the_end_is_told_of_fourteen_days_ahead_once_a_day(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    now = time.time()
    certificate = Certificate(authority.write(for_s=15 * DAY_S), lambda: now)
    assert caplog.messages == []
    now += 2 * DAY_S
    certificate.look()
    certificate.look()
    now += WARN_EVERY_S
    certificate.look()
    now += 20 * DAY_S
    certificate.look()
    days = [line for line in caplog.messages if "expires on" in line]
    assert [line.rpartition(", ")[2] for line in days] == ["in 12 days", "in 11 days"]
    assert "has expired: nobody can connect" in caplog.messages[-1]


# -- a hub with it ------------------------------------------------------------------------------

Run = Callable[[Coroutine[Any, Any, None]], None]
BOTH_LOOPS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run])


@contextlib.asynccontextmanager
async def secure_hub(
    tmp_path: Path, tls: Tls, **limits: Any
) -> AsyncIterator[tuple[Hub, Certificate]]:
    certificate = Certificate(tls)
    config = hub_config(tmp_path / "state", limits=Limits(**limits))
    async with running_hub(config, certificate=certificate) as hub:
        yield hub, certificate


def port_of(hub: Hub) -> int:
    return int(hub.url.rpartition(":")[2])


async def common_name(hub: Hub, context: ssl.SSLContext) -> str:
    _, writer = await asyncio.open_connection("127.0.0.1", port_of(hub), ssl=context)
    found = writer.get_extra_info("peercert")["subject"][0][0][1]
    writer.close()
    return str(found)


@BOTH_LOOPS
def test_page_and_websocket_on_the_one_port(tmp_path: Path, authority: Authority, run: Run) -> None:
    async def scenario() -> None:
        async with secure_hub(tmp_path, authority.write()) as (hub, _):
            assert hub.url.startswith("https://")
            await hub.people()
            page = await hub.page(ssl=authority.client())
            await page.hello()
            await page.log_in()
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port_of(hub), ssl=authority.client()
            )
            writer.write(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port_of(hub)}\r\n\r\n".encode())
            answer = (await reader.read()).decode()
            assert answer.startswith("HTTP/1.1 200")
            assert "Strict-Transport-Security: max-age=63072000; includeSubDomains" in answer
            writer.close()

    run(scenario())


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@BOTH_LOOPS
def test_old_tls_and_plain_text_get_nothing(tmp_path: Path, authority: Authority, run: Run) -> None:
    async def scenario() -> None:
        async with secure_hub(tmp_path, authority.write()) as (hub, _):
            old = authority.client()
            old.minimum_version = ssl.TLSVersion.TLSv1
            old.maximum_version = ssl.TLSVersion.TLSv1_1
            old.set_ciphers("ALL:@SECLEVEL=0")
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await common_name(hub, old)
            weak = authority.client()
            weak.maximum_version = ssl.TLSVersion.TLSv1_2
            weak.set_ciphers("AES128-SHA256:AES256-SHA:ECDHE-ECDSA-AES128-SHA256")
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await common_name(hub, weak)
            reader, writer = await asyncio.open_connection("127.0.0.1", port_of(hub))
            writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                assert b"HTTP" not in await reader.read()
            writer.close()
            assert await common_name(hub, authority.client()) == "hub"

    run(scenario())


@BOTH_LOOPS
def test_new_files_are_taken_while_old_connections_live(
    tmp_path: Path, authority: Authority, run: Run
) -> None:
    async def scenario() -> None:
        tls = authority.write("first")
        async with secure_hub(tmp_path, tls) as (hub, certificate):
            page = await hub.page(ssl=authority.client())
            await page.hello()
            spoil_key(tls)  # a renewal that was half done
            assert not certificate.look()
            assert await common_name(hub, authority.client()) == "first"
            authority.write("second")
            assert certificate.look()
            assert await common_name(hub, authority.client()) == "second"
            await hub.people()
            await page.log_in()

    run(scenario())


@BOTH_LOOPS
def test_handshakes_that_never_end_are_counted_and_cut(
    tmp_path: Path, authority: Authority, run: Run
) -> None:
    async def scenario() -> None:
        limits = {"half_open": 3, "half_open_per_address": 2, "request_timeout_s": 0.5}
        async with secure_hub(tmp_path, authority.write(), **limits) as (hub, _):
            # Loopback is a trusted proxy, so only the sum counts.
            held = [socket.create_connection(("127.0.0.1", port_of(hub))) for _ in range(3)]
            with pytest.raises((ssl.SSLError, OSError)):
                while True:
                    await common_name(hub, authority.client())
            await eventually_connects(hub, authority)
            for each in held:
                each.setblocking(False)
                with contextlib.suppress(ConnectionError):
                    assert each.recv(10) == b""
                each.close()

    run(scenario())


@BOTH_LOOPS
def test_handshakes_that_break_off_in_any_way_take_no_place_for_ever(
    tmp_path: Path, authority: Authority, run: Run
) -> None:
    async def scenario() -> None:
        limits = {"half_open": 4, "half_open_per_address": 4, "connections": 6}
        limits["connections_per_address"] = 6
        hello = b"\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03"
        async with secure_hub(tmp_path, authority.write(), **limits) as (hub, _):
            for number in range(24):
                with socket.create_connection(("127.0.0.1", port_of(hub))) as one:
                    if number % 2:  # a reset instead of an orderly end
                        linger = struct.pack("ii", 1, 0)
                        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    one.sendall((b"", hello, b"GET / HTTP/1.1\r\n")[number % 3])
                    await asyncio.sleep(0)
                await eventually_connects(hub, authority)

    run(scenario())


async def eventually_connects(hub: Hub, authority: Authority) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            with contextlib.suppress(OSError):
                await common_name(hub, authority.client())
                return
            await asyncio.sleep(0.02)


@BOTH_LOOPS
def test_a_terminal_links_by_the_authority_in_its_ca_file_and_by_no_other(
    tmp_path: Path, authority: Authority, run: Run
) -> None:
    async def first_event(hub: Hub, ca_file: str) -> object:
        code = (await hub.do(ask.TerminalAdd("c4", "north", "C 4", "C")))["code"]
        key = TerminalKey.load_or_make(tmp_path / f"terminal{len(ca_file)}")
        address = Address(hub.url.replace("https", "wss"), "test-hub", "c4", ca_file)
        link = Link(address, key, Secret(code), jitter=random.Random(1))
        task = asyncio.create_task(link.run())
        async with asyncio.timeout(DEADLINE_S):
            event = await anext(link.events())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return event

    async def scenario() -> None:
        async with secure_hub(tmp_path, authority.write()) as (hub, _):
            down = await first_event(hub, "")
            assert isinstance(down, LinkDown)
            assert down.code == NOT_TRUSTED
            assert isinstance(await first_event(hub, str(authority.ca)), LinkUp)

    run(scenario())


def test_a_hub_without_a_certificate_promises_no_tls(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_hub(hub_config(tmp_path / "state")) as hub:
            reader, writer = await asyncio.open_connection("127.0.0.1", port_of(hub))
            writer.write(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port_of(hub)}\r\n\r\n".encode())
            answer = (await reader.read()).decode()
            assert answer.startswith("HTTP/1.1 200")
            assert "Strict-Transport-Security" not in answer
            writer.close()

    asyncio.run(scenario())
