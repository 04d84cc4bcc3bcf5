"""One contract for both buses; NATS by a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from signalling.hub.bus import nats as nats_module
from signalling.hub.bus.interface import (
    AccountChanged,
    Bus,
    Change,
    Ended,
    Frame,
    Opening,
    Parcel,
    PeopleChanged,
    SessionEnded,
    TerminalChanged,
    TerminalRevoked,
    VisitChanged,
)
from signalling.hub.bus.local import LocalBus
from signalling.hub.bus.nats import NatsBus
from signalling.hub.errors import StartError
from tests.signalling.hub.bus.nats_server import NatsServer, nats_server
from tests.signalling.hub.hub_process import until

CHANGES: list[Change] = [
    VisitChanged("v1", "i1", ("a", "b"), "north", 3),
    TerminalChanged("t1", "north"),
    TerminalRevoked("t1"),
    SessionEnded("ff00"),
    PeopleChanged("a"),
    AccountChanged("a", "ana@example.org", None),
]
PARCELS: list[Parcel] = [
    Opening(1, "page", "", '{"type":"hello"}', "127.0.0.1", "Firefox"),
    Frame(1, True, "ñ"),
    Ended(1, False, 1012, "come back"),
]
OpenBus = Callable[[], Awaitable[Bus]]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with nats_server(tmp_path) as running:
        yield running


@asynccontextmanager
async def hubs(server: NatsServer, count: int = 2) -> AsyncIterator[list[NatsBus]]:
    buses = [await NatsBus.open(server.url, "main") for _ in range(count)]
    try:
        yield buses
    finally:
        for bus in buses:
            await bus.close()


@pytest.mark.parametrize("kind", ["local", "nats"])
async def test_a_hub_hears_its_own_changes_at_once_in_order_and_once(
    kind: str, server: NatsServer
) -> None:
    bus: Bus = LocalBus() if kind == "local" else await NatsBus.open(server.url, "main")
    heard: list[Change] = []
    of_others: list[Change | None] = []
    bus.subscribe(heard.append)
    bus.subscribe_others(of_others.append)
    for change in CHANGES:
        bus.publish(change)
    bus.publish_here(CHANGES[0])
    assert heard == [*CHANGES, CHANGES[0]]
    await bus.close()
    await bus.close()
    assert of_others == []


async def test_other_hubs_hear_what_is_published_and_not_what_stays_here(
    server: NatsServer,
) -> None:
    async with hubs(server, 3) as (one, two, three):
        heard: dict[str, list[Change | None]] = {"two": [], "three": []}
        own: list[Change] = []
        two.subscribe_others(heard["two"].append)
        two.subscribe(own.append)
        three.subscribe_others(heard["three"].append)
        one.publish_here(PeopleChanged("nobody's business"))
        for change in CHANGES:
            one.publish(change)
        await until(lambda: all(len(each) == len(CHANGES) for each in heard.values()))
        assert heard == {"two": CHANGES, "three": CHANGES}
        assert own == [], "what others say is handed on by who has read the store for it"


async def test_parcels_reach_one_hub_in_order(server: NatsServer) -> None:
    async with hubs(server, 3) as (one, two, three):
        got: list[tuple[str, Parcel]] = []
        wrong: list[tuple[str, Parcel]] = []
        two.receive(lambda hub, parcel: got.append((hub, parcel)))
        three.receive(lambda hub, parcel: wrong.append((hub, parcel)))
        many = [*PARCELS, *(Frame(7, True, str(number)) for number in range(500))]
        for parcel in many:
            one.tell(two.hub, parcel)
        await until(lambda: len(got) == len(many))
        assert got == [(one.hub, parcel) for parcel in many]
        assert wrong == []


async def test_two_deployments_on_one_server_hear_nothing_of_each_other(
    server: NatsServer,
) -> None:
    ours, theirs = [await NatsBus.open(server.url, name) for name in ("main", "other")]
    async with hubs(server, 1) as (third,):
        heard: list[Change | None] = []
        third.subscribe_others(heard.append)
        theirs.publish(CHANGES[1])
        ours.publish(CHANGES[0])
        await until(lambda: heard)
        assert heard == [CHANGES[0]]
    await ours.close()
    await theirs.close()


async def test_a_hub_that_is_silent_is_lost_once(
    server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nats_module, "BEAT_EVERY_S", 0.02)
    monkeypatch.setattr(nats_module, "SILENT_S", 1.0)  # a busy machine is silent for less
    async with hubs(server) as (one, two):
        lost: list[str] = []
        one.subscribe_lost(lost.append)
        two.publish(CHANGES[0])
        await until(lambda: one.hears(two.hub))
        await two.close()
        await until(lambda: not one.hears(two.hub))
        await asyncio.sleep(0.3)
        assert lost == [two.hub]


async def test_what_was_lost_on_the_way_is_noticed(
    server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nats_module, "BEAT_EVERY_S", 0.02)
    async with hubs(server) as (one, two):
        heard: list[Change | None] = []
        lost: list[str] = []
        got: list[Parcel] = []
        two.subscribe_others(heard.append)
        two.subscribe_lost(lost.append)
        two.receive(lambda _hub, parcel: got.append(parcel))
        one.publish(CHANGES[0])
        one.tell(two.hub, PARCELS[0])
        await until(lambda: heard and got)
        await drop(one, CHANGES[1], PARCELS[1], two.hub)
        await until(lambda: heard[-1] is None and lost == [one.hub])
        one.publish(CHANGES[2])
        one.tell(two.hub, PARCELS[2])
        await until(lambda: heard[-1] == CHANGES[2] and got[-1] == PARCELS[2])
        assert heard == [CHANGES[0], None, CHANGES[2]]
        assert (lost, got) == ([one.hub], [PARCELS[0], PARCELS[2]])


async def test_much_at_once_is_no_message_that_the_server_refuses(server: NatsServer) -> None:
    async with hubs(server) as (one, two):
        got: list[Parcel] = []
        two.receive(lambda _hub, parcel: got.append(parcel))
        frames: list[Parcel] = [
            Frame(n, False, letter * 40_000) for n in range(64) for letter in "añ"
        ]
        for frame in frames:
            one.tell(two.hub, frame)
        await until(lambda: len(got) == len(frames))
        assert got == frames


async def test_a_hub_whose_first_words_were_lost_is_not_believed_to_have_said_nothing(
    server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nats_module, "BEAT_EVERY_S", 0.02)
    async with hubs(server, 1) as (old,):
        heard: list[Change | None] = []
        old.subscribe_others(heard.append)
        new = await NatsBus.open(server.url, "main")
        await drop(new, CHANGES[0], PARCELS[0], old.hub)
        await until(lambda: heard)
        assert heard == [None]
        await new.close()


async def test_a_fault_in_one_letter_ends_neither_the_speaking_nor_the_hearing(
    server: NatsServer,
) -> None:
    async with hubs(server) as (one, two):
        got: list[Parcel] = []

        def take(_hub: str, parcel: Parcel) -> None:
            if parcel == PARCELS[1]:
                raise RuntimeError("a fault of ours")
            got.append(parcel)

        two.receive(take)
        for parcel in PARCELS:
            one.tell(two.hub, parcel)
        await until(lambda: len(got) == len(PARCELS) - 1)
        one.publish(SessionEnded("\ud800"))  # no text that can be sent
        one.tell(two.hub, PARCELS[0])
        await until(lambda: got[-1] == PARCELS[0])


async def drop(bus: NatsBus, change: Change, parcel: Parcel, hub: str) -> None:
    """Have a bus say something while its connection to the server loses all."""
    publish = bus._client.publish
    swallowed = 0

    async def swallow(*_args: object) -> None:
        nonlocal swallowed
        swallowed += 1

    bus._client.publish = swallow  # type: ignore[method-assign,assignment]
    bus.publish(change)
    bus.tell(hub, parcel)
    await until(lambda: swallowed >= 2)
    bus._client.publish = publish  # type: ignore[method-assign]  # played


async def test_a_server_that_was_away_is_found_again(tmp_path: Path) -> None:
    async with nats_server(tmp_path) as first:
        port = int(first.url.rpartition(":")[2])
        async with hubs(first) as (one, two):
            heard: list[Change | None] = []
            two.subscribe_others(heard.append)
            one.publish(CHANGES[0])
            await until(lambda: heard)
            first.process.kill()
            await first.process.wait()
            async with nats_server(tmp_path, port):
                await until(lambda: one._client.is_connected and two._client.is_connected)
                # The other one may be connected and not have said again what it listens to.
                await until(lambda: one.publish(CHANGES[1]) or CHANGES[1] in heard)  # type: ignore[func-returns-value]


async def test_no_server_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nats_module, "CONNECT_WITHIN_S", 0.3)
    with pytest.raises(StartError, match=r"no NATS server at 127\.0\.0\.1:9 lets us in") as raised:
        await NatsBus.open("nats://user@127.0.0.1:9", "main", "secret")
    assert "secret" not in str(raised.value)


async def test_a_server_that_asks_who_we_are_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nats_module, "CONNECT_WITHIN_S", 1.5)
    async with nats_server(tmp_path, words=("--user", "hub", "--pass", "s3cret")) as running:
        url = running.url.replace("nats://", "nats://hub@")
        bus = await NatsBus.open(url, "main", "s3cret")
        await bus.close()
        with pytest.raises(StartError, match="Authorization Violation"):
            await NatsBus.open(url, "main", "wrong")
