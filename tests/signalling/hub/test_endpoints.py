"""Malformed, oversized, too fast, unauthorised: on both endpoints, before and after log-in."""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage, InvalidStatus

from config.schema import Limits
from signalling.messages import (
    Answer,
    Choose,
    CreateAccount,
    End,
    FacilityLogIn,
    Hello,
    Join,
    LogIn,
    LogOut,
    Message,
    Offer,
    Ping,
    Pong,
    Proof,
    SignIn,
    SignOut,
    TerminalHello,
    TerminalState,
)
from tests.signalling.hub.harness import Client, Hub, eventually, hub_config, running_hub

WAITING = Limits().waiting_frames
MALFORMED = [
    ("nonsense", "not-json"),
    ("[1, 2]", "not-json"),
    ('{"type": "ping"', "not-json"),
    ('{"type": "no-such-message"}', "unknown-message"),
    ('{"no": "type"}', "unknown-message"),
    ('{"type": "ping", "sent": 1, "more": 2}', "unknown-field"),
    ('{"type": "ping", "sent": "1"}', "wrong-type"),
    ('{"type": "ping"}', "wrong-type"),
    ('{"type": "seat", "now": 1, "seat": null}', "unknown-message"),
    (b'{"type": "ping", "sent": 1}', "not-json"),
    ("[" * 3000, "not-json"),
]


async def raw(hub: Hub, endpoint: str, proved: bool) -> Client:
    if endpoint == "terminal":
        return await (hub.ready_terminal() if proved else hub.terminal())
    if not proved:
        return await hub.page()
    await hub.people()
    return await hub.ready_page()


@pytest.mark.parametrize("proved", [False, True])
@pytest.mark.parametrize("endpoint", ["terminal", "family"])
@pytest.mark.parametrize(("frame", "code"), MALFORMED)
async def test_malformed(
    hub: Hub, endpoint: str, proved: bool, frame: str | bytes, code: str
) -> None:
    client = await raw(hub, endpoint, proved)
    await client.socket.send(frame)
    assert await client.violated() == (code, 1008)


@pytest.mark.parametrize(
    ("proved", "size", "told"),
    [(False, 4097, "too-large"), (True, 65_537, "too-large"), (True, 200_000, "")],
)
@pytest.mark.parametrize("endpoint", ["terminal", "family"])
async def test_oversized(hub: Hub, endpoint: str, proved: bool, size: int, told: str) -> None:
    client = await raw(hub, endpoint, proved)
    await client.socket.send("x" * size)
    assert await client.violated() == (told, 1009)


@pytest.mark.parametrize("endpoint", ["terminal", "family"])
async def test_unknown_version(hub: Hub, endpoint: str) -> None:
    client = await raw(hub, endpoint, proved=False)
    first: Message = Hello(versions=["0", "2"])
    if endpoint == "terminal":
        first = TerminalHello(versions=["0"], terminal="c4")
    await client.send(first)
    assert await client.violated() == ("unknown-version", 1008)


@pytest.mark.parametrize("endpoint", ["terminal", "family"])
async def test_too_fast(hub: Hub, endpoint: str) -> None:
    client = await raw(hub, endpoint, proved=True)
    for number in range(101):
        await client.send(Ping(sent=float(number)))
    assert await client.violated() == ("too-fast", 1008)


@pytest.mark.parametrize(
    "message",
    [
        SignIn(inmate_number="40713", pin="246810"),
        Proof(signature="AAAA"),
        SignOut(),
        Choose(visit="v"),
        Ping(sent=1.0),
        TerminalState(visit="v", connection=0, handset_up=True, receiving=True),
        Offer(visit="v", page="p", connection=1, sdp="v=0"),
    ],
)
async def test_terminal_without_proof_may_only_prove(hub: Hub, message: Message) -> None:
    terminal = await hub.terminal()
    await terminal.send(message)
    assert await terminal.violated() == ("unauthorised", 1008)


@pytest.mark.parametrize(
    "message",
    [
        Join(visit="v", page="p"),
        LogOut(),
        FacilityLogIn(facility="north", password="x"),
        Answer(visit="v", connection=1, sdp="v=0"),
    ],
)
async def test_page_without_log_in_is_refused_and_stays(hub: Hub, message: Message) -> None:
    page = await hub.page()
    await page.hello()
    assert (await page.refused(message)).code == "not-logged-in"
    assert (await page.ask(Ping(sent=4.0), Pong)).sent == 4.0


async def test_page_says_hello_first_and_once(hub: Hub) -> None:
    page = await hub.page()
    await page.send(LogIn(email="a@b.c", password="x"))
    assert await page.violated() == ("unknown-message", 1008)
    page = await hub.page()
    await page.hello()
    await page.send(Hello(versions=["1"]))
    assert await page.violated() == ("unknown-message", 1008)


async def test_facility_is_opened_first(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book()
    page = await hub.page()
    await page.hello()
    await page.log_in()
    assert (await page.refused(Join(visit=visit, page="p"))).code == "facility-not-open"
    await page.open()
    hub.pass_time(7201)
    assert (await page.refused(Join(visit=visit, page="p"))).code == "facility-not-open"


async def test_a_visit_outlives_its_facility_log_in(hub: Hub) -> None:
    terminal, page, visit = await hub.begun(seconds=3 * 3600.0)
    hub.pass_time(7201)
    await terminal.state(visit, receiving=True, handset_up=False)
    await page.sees(visit, lambda view: view.breaks)
    await page.send(End(visit=visit))
    await terminal.sees(lambda view: view.ended_at is not None)
    assert (await page.refused(Join(visit="other", page="p"))).code == "facility-not-open"


async def test_bad_answer_closes_the_page_and_never_reaches_the_terminal(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    await terminal.offer(visit, page.page, connection=2)
    await page.until(lambda: page.count(Offer) == 2)
    before = terminal.count(Answer)
    await page.send(Answer(visit=visit, connection=2, sdp="v=0\r\nm=application 9 x y\r\n"))
    assert await page.violated() == ("bad-description", 1008)
    assert terminal.count(Answer) == before


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "http://127.0.0.1:1"])
async def test_other_origins_are_refused(hub: Hub, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"{hub.ws}/family", origin=origin)  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403


async def test_configured_origin_is_let_in(tmp_path: Path) -> None:
    config = hub_config(tmp_path / "s", origins=("https://visits.example",))
    async with running_hub(config) as hub:
        page = await hub.page(origin="https://visits.example")
        assert (await page.hello()).name is None


async def test_no_first_message_closes(tmp_path: Path) -> None:
    config = hub_config(tmp_path / "s", limits=Limits(log_in_timeout_s=0.1))
    async with running_hub(config) as hub:
        for client in (await hub.page(), await hub.terminal()):
            assert (await client.ended())[0] == 1008


async def test_connections_are_limited_half_open_ones_too(tmp_path: Path) -> None:
    config = hub_config(tmp_path / "s", limits=Limits(connections=3))
    async with running_hub(config) as hub:
        held = [socket.create_connection(tuple_of(hub.url)) for _ in range(2)]
        page = await hub.page()
        await page.hello()
        with pytest.raises((InvalidMessage, ConnectionError, EOFError)):
            await hub.page()
        for each in held:
            each.close()

        async def again() -> Client | None:
            try:
                return await hub.page()
            except (InvalidMessage, ConnectionError, EOFError):
                return None

        async with asyncio.timeout(5):
            while await again() is None:
                pass


async def test_connections_are_limited_by_whom_a_local_proxy_names_last(tmp_path: Path) -> None:
    config = hub_config(tmp_path / "s", limits=Limits(connections_per_address=2))
    async with running_hub(config) as hub:

        async def from_(forwarded: str) -> Client:
            return await hub.page(additional_headers={"X-Forwarded-For": forwarded})

        await from_("203.0.113.7")
        first = await from_("198.51.100.1, 203.0.113.7")
        with pytest.raises(InvalidStatus) as refused:
            await from_("203.0.113.7")
        assert refused.value.response.status_code == 503
        await from_("203.0.113.7, 198.51.100.1")
        await from_("nonsense")
        await first.close()
        async with asyncio.timeout(5):
            while True:
                try:
                    await from_("203.0.113.7")
                except InvalidStatus:
                    continue
                break


async def test_slow_client_is_closed_and_others_live(tmp_path: Path) -> None:
    config = hub_config(tmp_path / "s", limits=Limits(messages_per_10_s=1_000_000))
    async with running_hub(config) as hub:
        await hub.people()
        sock = socket.create_connection(tuple_of(hub.url))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow = await connect(f"{hub.ws}/family", origin=hub.url, sock=sock, max_queue=1)  # type: ignore[arg-type]
        await slow.send('{"type":"hello","versions":["1"]}')
        await eventually(lambda: len(hub.services.switchboard.pages) == 1)
        (page,) = hub.services.switchboard.pages
        slow.transport.pause_reading()
        # What waits is bounded: after the socket's own buffers the queue fills, then it is over.
        for number in range(200_000):
            page.send(Pong(sent=float(number), now=0.0))
            if number % WAITING == 0:
                await asyncio.sleep(0)
            if page not in hub.services.switchboard.pages:
                break
        await eventually(lambda: page not in hub.services.switchboard.pages)
        other = await hub.page()
        await other.hello()
        slow.transport.abort()


def tuple_of(url: str) -> tuple[str, int]:
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)


async def test_newest_snapshot_replaces_those_that_wait(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await hub.page()
    await page.hello()
    (server_side,) = hub.services.switchboard.pages
    monkeypatch.setattr(server_side.client._socket, "send_now", lambda *_: False)
    for number in range(WAITING * 3):
        server_side.client.send_newest(Pong(sent=float(number), now=0.0))
    await page.until(lambda: page.newest(Pong))
    assert page.count(Pong) == 1
    newest = page.newest(Pong)
    assert newest is not None
    assert newest.sent == WAITING * 3 - 1


async def test_weak_passwords(hub: Hub) -> None:
    page = await hub.page()
    await page.hello()
    for password in ("short", "aaaaaaaaaaaaaaaa", "fourteen chars", "somebody@example.org"):
        refused = await page.refused(
            CreateAccount(email="somebody@example.org", password=password, name="S")
        )
        assert (refused.code, refused.facts) == ("weak-password", {"min_length": 15})


async def test_what_strangers_send_forges_no_lines_of_the_log(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    sent = (
        '{"type": "hello", "versions": ["\\n2026 ERROR", "\\u001b[31m"]}',
        '{"type": "hello", "versions": ["1"], "x\\n2026 ERROR all is lost": 1}',
        '{"type": "x\\n2026 ERROR all is lost"}',
    )
    caplog.set_level(logging.DEBUG)  # frames are not logged even then
    for frame in sent:
        page = await hub.page()
        await page.socket.send(frame)
        await page.ended()
    ours = [each.getMessage() for each in caplog.records if each.name.startswith("signalling.")]
    said = [line for line in ours if "2026 ERROR" in line]
    assert len(said) == len(sent)
    assert all(line.isprintable() for line in said)


@pytest.mark.parametrize("name", ["\x1b]0;root\x07", "Ana\nBob", "\u202eyob", "A\x9b31m"])
async def test_names_carry_nothing_that_a_screen_obeys(hub: Hub, name: str) -> None:
    page = await hub.page()
    await page.hello()
    await page.send(CreateAccount(email="n@example.org", password="a" * 15, name=name))
    assert await page.violated() == ("wrong-type", 1008)
