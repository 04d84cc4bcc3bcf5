"""What one hub did and another was not told: lost by NATS, or its hub died before it spoke."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from signalling.hub import carrying
from signalling.hub import staff_commands as ask
from signalling.hub.bus.interface import PeopleChanged
from signalling.hub.store.stored_keeping import SETTLED_S
from signalling.hub.switchboard import REPLACED
from signalling.messages import LoggedOut
from tests.signalling.hub.bus.nats_server import NatsServer
from tests.signalling.hub.harness import Hub, begin
from tests.signalling.hub.hub_process import until
from tests.signalling.hub.tcp_relay import cable
from tests.signalling.hub.test_several_hubs import (
    Hubs,
    ended,
    keeps,
    token_of,
)
from tests.signalling.hub.test_several_hubs import (
    hubs as hubs,  # a fixture
)
from tests.signalling.hub.test_several_hubs import (
    server as server,  # a fixture
)


@contextmanager
def mute(hub: Hub) -> Iterator[None]:
    """Have nobody hear what a hub says meanwhile; its counts go on."""
    bus: Any = hub.services.bus
    publish = bus._client.publish

    async def swallow(*_args: object) -> None:
        pass

    bus._client.publish = swallow
    try:
        yield
    finally:
        bus._client.publish = publish


async def unsent(hub: Hub) -> None:
    bus: Any = hub.services.bus
    await until(lambda: not bus._waiting.letters)


async def test_a_log_in_whose_end_was_not_heard_ends(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    page = await keeper.ready_page()
    second = await other.page()
    await second.hello()
    await second.log_in()
    session = keeper.services.switchboard.pages.copy().pop().session
    assert session is not None
    with mute(other):
        await other.services.accounts.log_out(session)
        await unsent(other)
    await page.until(lambda: page.newest(LoggedOut))


async def test_a_terminal_whose_revocation_was_not_heard_is_closed(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    terminal = await keeper.ready_terminal()
    with mute(other):
        await other.do(ask.TerminalRevoke(terminal="c4"))
        await unsent(other)
    assert await terminal.ended() == (1008, "revoked")


async def test_what_a_hub_did_just_before_it_died_is_read(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    visit = await other.book(start="+7200", seconds=600)
    await until(lambda: keeper.services.visits.get(visit))
    bus: Any = other.services.bus
    bus._put = lambda *_what: None  # killed: not even its counts are heard any more
    await other.do(ask.VisitCancel(visit=visit))
    keeper.services.others.rooms.hub_gone(bus.hub)
    await until(lambda: ended(keeper.services.visits, visit))


async def test_a_hub_that_lost_its_session_and_lives_is_not_replaced_before_it_stops(
    tmp_path: Path,
    postgres_url: str,
    server: NatsServer,
) -> None:
    there = urlsplit(postgres_url)
    both = Hubs(tmp_path, postgres_url, server.url)
    try:
        async with cable(str(there.hostname), there.port or 0) as database:
            behind = there._replace(
                netloc=there.netloc.replace(str(there.port), str(database.port))
            )
            first = await both.start("a", store=behind.geturl())
            await until(lambda: keeps(first))
            second = await both.start("b")
            await second.people()
            visit = await second.book()
            terminal, page = await first.ready_terminal(), await first.ready_page()
            await begin(terminal, page, visit)  # so that it does not move
            await asyncio.sleep(SETTLED_S)
        # The server hung up and lets it in no more.
        await until(lambda: keeps(second))
        assert not keeps(first), "two hubs serve one facility"
    finally:
        await both.close()


async def test_a_fault_of_one_room_does_not_end_the_following(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()

    def fails(change: object) -> None:
        assert not isinstance(change, PeopleChanged), "a fault of ours"

    keeper.services.bus.subscribe(fails)
    other.services.bus.publish(PeopleChanged("v-nobody"))
    await asyncio.sleep(0.05)
    visit = await other.book(start="+7200", seconds=600)
    await until(lambda: keeper.services.visits.get(visit))


async def test_hubs_that_take_much_at_once_read_it_once(
    hubs: Hubs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keeper = await hubs.keeper()
    rooms, visits = keeper.services.others.mirror, keeper.services.store.visits
    readings, read = 0, visits.load_since

    async def counted(since: float) -> Any:
        nonlocal readings
        readings += 1
        return await read(since)

    monkeypatch.setattr(visits, "load_since", counted)
    await asyncio.gather(*(rooms.read_again() for _ in range(50)))
    assert 1 <= readings <= 2
    assert keeps(keeper)


async def test_while_nats_is_away_clients_are_sent_on_to_the_hub_that_serves_them(
    hubs: Hubs,
    server: NatsServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(carrying, "UNHEARD_S", 1.0, raising=False)
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    token = token_of(await keeper.ready_page())
    await keeper.ready_terminal()
    server.process.kill()
    await server.process.wait()
    await asyncio.sleep(1.2)
    page, terminal = await other.page(), await other.terminal()
    with pytest.raises(ConnectionError, match="1013"):
        await page.hello(token)
    with pytest.raises(ConnectionError, match="1013"):
        await terminal.hello(keeper.keys["c4"], "c4")
    again = await keeper.page()
    assert (await again.hello(token)).opened == "north"


async def test_who_may_stay_stays_when_all_is_looked_up_again(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    page, terminal = await keeper.ready_page(), await other.ready_terminal()
    for hub in (keeper, other):
        hub.services.others.mirror.look_again()
    visit = await other.book()  # heard after all of that
    await until(lambda: keeper.services.visits.get(visit))
    await begin(terminal, page, visit)
    assert page.newest(LoggedOut) is None


async def test_a_copied_key_is_noticed_at_whichever_hubs_its_machines_are(
    hubs: Hubs,
) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    first = await other.ready_terminal()
    await keeper.ready_terminal()
    assert (await first.ended())[0] == REPLACED
    async with asyncio.timeout(5):
        while not await keeper.services.store.terminals.doubled():  # noqa: ASYNC110 - the store has no event
            await asyncio.sleep(0.01)
