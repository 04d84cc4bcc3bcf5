"""The terminal's link against a small real websockets server that plays the hub."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import random
import re
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from websockets.asyncio.server import ServerConnection, serve

from config.schema import Secret
from signalling import link as link_module
from signalling.link import Address, Backoff, Link, LinkEvent
from signalling.link_events import LinkDown, LinkUp
from signalling.messages import (
    TERMINAL_TO_HUB,
    Board,
    Challenge,
    Enrol,
    Health,
    HubStopping,
    Message,
    Ping,
    Pong,
    Proof,
    SeatMessage,
    SignIn,
    TerminalHello,
    TerminalToHub,
    TerminalWelcome,
    Violation,
    encode,
    proof_bytes,
)
from signalling.terminal_key import BadKeyFile, TerminalKey
from signalling.wire import MAX_FRAME, FacilityView

DEADLINE_S = 10.0
NONCE = bytes(range(32))
WELCOME = TerminalWelcome(
    now=1.0, label="4", unit="C", facility=FacilityView(id="n", name="North", time_zone="UTC")
)
Play = Callable[["Hub", ServerConnection], Awaitable[None]]


class Hub:
    """Plays the hub's part as `play` says; keeps what the terminal sent."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.heard: list[TerminalToHub] = []
        self.more = asyncio.Condition()
        self.paths: list[str] = []
        self.connections = 0
        self.port = 0

    async def handle(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.paths.append(socket.request.path)
        self.connections += 1
        await self.play(self, socket)

    async def hear(self, socket: ServerConnection) -> TerminalToHub:
        message = TERMINAL_TO_HUB.decode(await socket.recv(), limit=MAX_FRAME)
        async with self.more:
            self.heard.append(message)
            self.more.notify_all()
        return message

    async def admit(self, socket: ServerConnection, name: str = "demo") -> None:
        """Hello or enrol, challenge, proof, welcome."""
        await self.hear(socket)
        nonce = base64.b64encode(NONCE).decode()
        await socket.send(encode(Challenge(hub=name, nonce=nonce)))
        await self.hear(socket)
        await socket.send(encode(WELCOME))


async def admit_and_wait(hub: Hub, socket: ServerConnection) -> None:
    await hub.admit(socket)
    while True:
        await hub.hear(socket)


@asynccontextmanager
async def running(
    folder: Path,
    play: Play,
    *,
    code: str = "",
    tls: ssl.SSLContext | None = None,
    ca_file: str = "",
) -> AsyncIterator[tuple[Hub, Link, AsyncIterator[LinkEvent]]]:
    hub = Hub(play)
    async with serve(hub.handle, "127.0.0.1", 0, ssl=tls) as server:
        hub.port = server.sockets[0].getsockname()[1]
        scheme = "wss" if tls else "ws"
        address = Address(f"{scheme}://127.0.0.1:{hub.port}", "demo", "t4", ca_file)
        key = TerminalKey.load_or_make(folder)
        link = Link(address, key, Secret(code), jitter=random.Random(1))
        task = asyncio.create_task(link.run())
        try:
            async with asyncio.timeout(DEADLINE_S):
                yield hub, link, link.events()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def heard(hub: Hub, count: int) -> list[TerminalToHub]:
    """Wait until the hub heard `count` messages."""
    async with hub.more:
        await hub.more.wait_for(lambda: len(hub.heard) >= count)
    return hub.heard


async def test_a_new_terminal_enrols_proves_its_key_and_is_welcomed(tmp_path: Path) -> None:
    async with running(tmp_path, admit_and_wait, code="ABCD-EFGH") as (hub, _, events):
        assert await anext(events) == LinkUp(WELCOME)
        enrol, proof = await heard(hub, 2)
    assert isinstance(enrol, Enrol) and isinstance(proof, Proof)
    assert (enrol.terminal, enrol.code, enrol.versions) == ("t4", "ABCD-EFGH", ["1"])
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(enrol.public_key))
    public.verify(base64.b64decode(proof.signature), proof_bytes("demo", "t4", NONCE))
    assert hub.paths == ["/terminal"]


async def test_an_enrolled_terminal_says_hello_with_the_same_key(tmp_path: Path) -> None:
    async with running(tmp_path, admit_and_wait, code="ABCD-EFGH") as (_, _, events):
        await anext(events)
    before = TerminalKey.load_or_make(tmp_path)
    assert before.enrolled
    async with running(tmp_path, admit_and_wait, code="ABCD-EFGH") as (hub, _, events):
        await anext(events)
        hello, proof = await heard(hub, 2)
    assert hello == TerminalHello(versions=["1"], terminal="t4")
    assert isinstance(proof, Proof)
    assert proof.signature == before.prove("demo", "t4", NONCE)


async def test_a_spent_code_is_followed_by_hello(tmp_path: Path) -> None:
    """Cut off between the hub's taking the key and its welcome: the key is known already."""

    async def play(hub: Hub, socket: ServerConnection) -> None:
        if hub.connections == 1:
            await hub.hear(socket)
            await socket.send(encode(Violation(code="unauthorised")))
        else:
            await admit_and_wait(hub, socket)

    async with running(tmp_path, play, code="ABCD-EFGH") as (hub, _, events):
        first = await anext(events)
        assert first == LinkDown(
            "the hub does not take this terminal: the enrolment code is wrong or was used, or "
            "terminal in terminal.toml is wrong. A new code is made at the hub: visit-hub terminal "
            "replace t4",
            "HUB-04",
        )
        assert await anext(events) == LinkUp(WELCOME)
        first_words = [type(each) for each in await heard(hub, 3)]
    assert first_words == [Enrol, TerminalHello, Proof]


async def test_messages_arrive_both_ways_in_order(tmp_path: Path) -> None:
    async def play(hub: Hub, socket: ServerConnection) -> None:
        await hub.admit(socket)
        await socket.send(encode(SeatMessage(now=2.0, seat=None)))
        await socket.send(encode(Board(now=3.0)))
        while True:
            message = await hub.hear(socket)
            if isinstance(message, Ping):
                await socket.send(encode(Pong(sent=message.sent, now=4.0)))

    async with running(tmp_path, play, code="ABCD") as (hub, link, events):
        await anext(events)
        assert await anext(events) == SeatMessage(now=2.0, seat=None)
        assert await anext(events) == Board(now=3.0)
        assert link.send(Health(faults=[]))
        assert link.send(Ping(sent=7.0))
        assert await anext(events) == Pong(sent=7.0, now=4.0)
    assert hub.heard[2:] == [Health(faults=[]), Ping(sent=7.0)]


async def test_a_hub_that_stops_is_come_back_to_when_it_said(tmp_path: Path) -> None:
    closed_at = back_at = 0.0

    async def play(hub: Hub, socket: ServerConnection) -> None:
        nonlocal closed_at, back_at
        back_at = time.monotonic()
        await hub.admit(socket)
        if hub.connections == 1:
            await socket.send(encode(HubStopping(come_back_s=0.4)))
            closed_at = time.monotonic()
            await socket.close(1012, "hub-stopping")
        else:
            await socket.wait_closed()

    async with running(tmp_path, play, code="ABCD") as (_, _, events):
        assert await anext(events) == LinkUp(WELCOME)
        down = await anext(events)
        assert down == LinkDown("the hub stops for a moment", back_in_s=0.4)
        assert await anext(events) == LinkUp(WELCOME)
    assert 0.35 <= back_at - closed_at < 2.0


async def test_nothing_is_kept_while_the_link_is_down(tmp_path: Path) -> None:
    async def play(hub: Hub, socket: ServerConnection) -> None:
        await hub.admit(socket)
        if hub.connections == 1:
            await socket.close()
        else:
            await hub.hear(socket)

    async with running(tmp_path, play, code="ABCD") as (hub, link, events):
        assert not link.send(Health(faults=["too early"]))
        assert isinstance(await anext(events), LinkUp)
        down = await anext(events)
        assert down == LinkDown("closed by the hub (1000)")
        assert not link.send(SignIn(inmate_number="1", pin="2"))
        assert isinstance(await anext(events), LinkUp)
        await heard(hub, 4)
    assert not any(isinstance(each, Health | SignIn) for each in hub.heard)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ('{"type":"seat","now":1,"seat":null,"more":1}', "unknown-field"),
        ('{"type":"press","visit":"v","page":"p"}', "unknown-message"),
        ('{"type":"board","now":"1"}', "wrong-type"),
        ("[]", "not-json"),
    ],
)
async def test_a_hub_that_breaks_the_protocol_is_left(
    tmp_path: Path, frame: str, code: str
) -> None:
    async def play(hub: Hub, socket: ServerConnection) -> None:
        await hub.admit(socket)
        await socket.send(frame)
        await socket.wait_closed()

    async with running(tmp_path, play, code="ABCD") as (_, _, events):
        await anext(events)
        assert await anext(events) == LinkDown(f"the hub broke the protocol: {code}")


async def test_an_oversized_frame_closes_the_connection(tmp_path: Path) -> None:
    async def play(hub: Hub, socket: ServerConnection) -> None:
        await hub.admit(socket)
        await socket.send("x" * (MAX_FRAME + 1))
        await socket.wait_closed()

    async with running(tmp_path, play, code="ABCD") as (_, _, events):
        await anext(events)
        assert isinstance(await anext(events), LinkDown)


async def test_a_terminal_without_a_code_says_so(tmp_path: Path) -> None:
    async def play(hub: Hub, socket: ServerConnection) -> None:
        await hub.hear(socket)
        await socket.send(encode(Violation(code="unauthorised")))
        await socket.wait_closed()

    async with running(tmp_path, play) as (_, _, events):
        down = await anext(events)
        assert isinstance(down, LinkDown)
        assert "enrolment_code in terminal.toml is empty" in down.reason


async def test_a_hub_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    address = Address("ws://127.0.0.1:1", "demo", "t4")
    link = Link(address, TerminalKey.load_or_make(tmp_path), Secret(""), jitter=random.Random(1))
    task = asyncio.create_task(link.run())
    try:
        down = await anext(link.events())
    finally:
        task.cancel()
    assert isinstance(down, LinkDown)
    assert down.reason == (
        "Nothing listens at 127.0.0.1:1: is the hub running, and the port right?"
    )


async def test_a_hub_of_another_name_gets_no_signature(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def play(hub: Hub, socket: ServerConnection) -> None:
        await hub.admit(socket, name="other")

    async with running(tmp_path, play, code="ABCD") as (hub, _, events):
        down = await anext(events)
        assert down == LinkDown(
            "the hub calls itself 'other': hub_name in terminal.toml says 'demo'", "HUB-04"
        )
    (told,) = [each for each in caplog.records if "link=down" in each.getMessage()]
    assert told.levelno == logging.WARNING
    assert "hub_name in terminal.toml" in told.getMessage()
    assert not any(isinstance(each, Proof) for each in hub.heard)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Challenge(hub="demo", nonce="A"), "the challenge is not base64"),
        (Board(now=1.0), "the hub answered with <board>"),
    ],
)
async def test_a_hub_that_answers_otherwise_is_refused(
    tmp_path: Path, answer: Message, reason: str
) -> None:
    async def play(hub: Hub, socket: ServerConnection) -> None:
        await hub.hear(socket)
        await socket.send(encode(answer))
        await socket.wait_closed()

    async with running(tmp_path, play, code="ABCD") as (_, _, events):
        assert await anext(events) == LinkDown(reason, "HUB-04")


async def test_a_violation_after_the_welcome_is_not_a_refused_terminal(tmp_path: Path) -> None:
    async def play(hub: Hub, socket: ServerConnection) -> None:
        await hub.admit(socket)
        await socket.send(encode(Violation(code="too-fast")))
        await socket.wait_closed()

    async with running(tmp_path, play, code="ABCD") as (_, _, events):
        await anext(events)
        assert await anext(events) == LinkDown("the hub says we broke the protocol: too-fast")


async def test_a_hub_that_takes_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "MAX_OUTGOING", 4)

    async def play(hub: Hub, socket: ServerConnection) -> None:
        await hub.admit(socket)
        await socket.wait_closed()

    async with running(tmp_path, play, code="ABCD") as (_, link, events):
        await anext(events)
        assert [link.send(Ping(sent=1.0)) for _ in range(6)] == [True] * 4 + [False] * 2
        assert await anext(events) == LinkDown("overflow: the hub takes nothing")
    assert link.overflows == 1


def waits_s(caplog: pytest.LogCaptureFixture) -> list[float]:
    """Return how long the link said that it waits, each time."""
    return [float(each) for each in re.findall(r"again_s=([0-9.]+)", caplog.text)]


async def test_a_terminal_whose_key_another_uses_says_so_and_does_not_throw_it_out_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    async def play(hub: Hub, socket: ServerConnection) -> None:
        await hub.admit(socket)
        await socket.close(4001)

    async with running(tmp_path, play, code="ABCD") as (_, _, events):
        await anext(events)
        assert await anext(events) == LinkDown("another terminal uses this key")
    assert "another terminal uses this key" in caplog.text
    assert [wait for wait in waits_s(caplog) if wait >= 5.0] == waits_s(caplog) != []


async def test_a_refused_terminal_says_once_what_to_do_and_backs_off(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(link_module.Backoff, "after_refusal", lambda _: 0.01)

    async def play(hub: Hub, socket: ServerConnection) -> None:
        await hub.hear(socket)
        await socket.send(encode(Violation(code="unauthorised")))
        await socket.wait_closed()

    async with running(tmp_path, play, code="ABCD") as (_, _, events):
        for _ in range(5):
            assert isinstance(await anext(events), LinkDown)
    assert caplog.text.count("link=refused") == 1
    first, *slow = waits_s(caplog)[:4]
    assert first >= 0.2 and slow == [0.0, 0.0, 0.0]


def test_waits_after_a_refusal_double_up_to_a_minute_until_a_link_broke() -> None:
    backoff = Backoff(random.Random(3))
    waits = [backoff.after_refusal() for _ in range(6)]
    for wait_s, least_s in zip(waits, (5, 10, 20, 40, 60, 60), strict=True):
        assert least_s <= wait_s <= least_s * 1.25
    assert backoff.after_failure(was_up=False) < 5
    assert backoff.after_refusal() >= 60
    assert backoff.after_failure(was_up=True) == pytest.approx(0.2)
    assert backoff.after_refusal() < 10


async def test_no_hub_at_all_is_down_without_a_fault_code(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    address = Address(f"ws://127.0.0.1:{unused_tcp_port}", "demo", "t4")
    link = Link(address, TerminalKey.load_or_make(tmp_path), Secret(""), jitter=random.Random(1))
    task = asyncio.create_task(link.run())
    try:
        async with asyncio.timeout(DEADLINE_S):
            for _ in range(3):
                event = await anext(link.events())
                assert isinstance(event, LinkDown) and event.code is None
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_secrets_are_never_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("websockets").setLevel(logging.INFO)
    async with running(tmp_path, admit_and_wait, code="SECRETCODE") as (hub, link, events):
        await anext(events)
        link.send(SignIn(inmate_number="482017", pin="987654"))
        await heard(hub, 3)
    assert "SECRETCODE" not in caplog.text
    assert "987654" not in caplog.text


# -- TLS ----------------------------------------------------------------------------------------


def certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """Return a server's context and the file of the certificate that it shows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test hub")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    file = folder / "hub.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, folder / "key.pem")
    return context, str(file)


async def test_wss_with_the_configured_authority(tmp_path: Path) -> None:
    tls, file = certificate(tmp_path / "tls")
    async with running(tmp_path, admit_and_wait, code="ABCD", tls=tls, ca_file=file) as (_, _, ev):
        assert await anext(ev) == LinkUp(WELCOME)


async def test_a_certificate_of_somebody_else_is_fault_net_04(tmp_path: Path) -> None:
    tls, _ = certificate(tmp_path / "tls")
    _, other = certificate(tmp_path / "other")
    async with running(tmp_path, admit_and_wait, code="ABCD", tls=tls, ca_file=other) as (
        hub,
        _,
        events,
    ):
        event = await anext(events)
    assert isinstance(event, LinkDown)
    assert event.code == "NET-04"
    assert "is ca or ca_file in terminal.toml its authority?" in event.reason
    assert hub.heard == []


# -- the key's file -----------------------------------------------------------------------------


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    first = TerminalKey.load_or_make(folder)
    again = TerminalKey.load_or_make(folder)
    assert first.public_base64() == again.public_base64()
    assert not again.enrolled
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    again.welcomed()
    again.welcomed()
    assert [each.name for each in folder.iterdir()] == ["terminal.key"]
    assert TerminalKey.load_or_make(folder).public_base64() == first.public_base64()
    assert repr(first) == "TerminalKey(enrolled=False)"


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    TerminalKey.load_or_make(tmp_path).welcomed()
    (tmp_path / "terminal.key").chmod(0o640)
    with pytest.raises(BadKeyFile, match="0600"):
        TerminalKey.load_or_make(tmp_path)


@pytest.mark.parametrize("kind", ["rubbish", "another kind"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, kind: str) -> None:
    pem = b"rubbish"
    if kind == "another kind":
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    descriptor = os.open(tmp_path / "terminal.key", os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    with pytest.raises(BadKeyFile, match=r"terminal\.key"):
        TerminalKey.load_or_make(tmp_path)


def test_json_of_a_hello_names_no_more_than_it_must() -> None:
    frame = json.loads(encode(TerminalHello(versions=["1"], terminal="t4")))
    assert frame == {"type": "terminal-hello", "versions": ["1"], "terminal": "t4"}
