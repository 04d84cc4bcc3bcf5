"""TURN allocations end with their visit, at a real coturn."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signalling.booking_messages import CheckNetwork, NetworkCheck
from signalling.hub import staff_commands as ask
from signalling.hub import turn_keeper
from signalling.hub.network_check import CREDENTIALS_S
from signalling.hub.turn_console import ConsoleError, TurnConsole, TurnSession, sessions_in
from signalling.messages import Joined
from signalling.wire import IceServer
from tests.signalling.hub.coturn_server import HOST, Coturn, Relayed, allocate, coturn
from tests.signalling.hub.harness import Hub, Page, hub_config, running_hub

SECONDS = 3.0
"""Within which nothing may pass any more."""


@pytest.fixture
async def turn(tmp_path: Path) -> AsyncIterator[Coturn]:
    async with coturn(tmp_path) as running:
        yield running


@contextlib.asynccontextmanager
async def hub_with(tmp_path: Path, turn: Coturn, password: str = "") -> AsyncIterator[Hub]:
    settings = turn.config(password) if password else turn.config()
    async with running_hub(hub_config(tmp_path / "s", turn=settings)) as hub:
        yield hub


def server_told(page: Page, kind: type[Joined] | type[NetworkCheck] = Joined) -> IceServer:
    told = page.newest(kind)
    assert told is not None
    return next(each for each in told.ice_servers if each.username)


async def stops(relayed: Relayed) -> None:
    async with asyncio.timeout(SECONDS):
        while await relayed.passes():
            pass


async def test_what_is_relayed_stops_within_seconds_of_the_visits_end(
    tmp_path: Path, turn: Coturn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_keeper, "LOOK_EVERY_S", 0.3)
    async with hub_with(tmp_path, turn) as hub:
        _, page, visit = await hub.begun(seconds=600.0)
        server = server_told(page)
        relayed = await allocate(turn.port, server)
        assert await relayed.passes()
        await asyncio.sleep(0.7)  # two looks: it goes on while the visit does
        assert await relayed.passes()
        await hub.do(ask.VisitTerminate(visit=visit))
        await stops(relayed)
        # The credentials still hold, for nearly ten minutes: a new allocation ends as soon.
        again = await allocate(turn.port, server)
        await stops(again)
        for each in (relayed, again):
            each.close()


async def test_the_clocks_end_is_an_end_too_and_a_check_is_no_visit(
    tmp_path: Path, turn: Coturn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_keeper, "LOOK_EVERY_S", 0.2)
    async with hub_with(tmp_path, turn) as hub:
        _, page, _ = await hub.begun(seconds=600.0)
        relayed = await allocate(turn.port, server_told(page))
        await page.ask(CheckNetwork(), NetworkCheck)
        checked = await allocate(turn.port, server_told(page, NetworkCheck))
        assert await checked.passes()
        hub.pass_time(CREDENTIALS_S + 1)
        await stops(checked)
        assert await relayed.passes()
        hub.pass_time(600.0)
        await stops(relayed)
        for each in (relayed, checked):
            each.close()


async def test_a_hub_that_starts_ends_what_an_earlier_one_left(
    tmp_path: Path, turn: Coturn
) -> None:
    silent = turn.config()
    config = hub_config(tmp_path / "s", turn=silent)
    async with running_hub(config) as hub:
        _, page, visit = await hub.begun(seconds=600.0)
        relayed = await allocate(turn.port, server_told(page))
    async with running_hub(config) as hub:
        assert await relayed.passes(), "the visit goes on"
        await hub.do(ask.VisitTerminate(visit=visit))
        await stops(relayed)
    relayed.close()


async def test_a_console_that_refuses_or_is_gone_is_told_and_tried_again(
    tmp_path: Path, turn: Coturn, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = TurnConsole(f"{HOST}:{turn.console}", "wrong")
    with pytest.raises(ConsoleError, match=r"refuses turn\.console_password|hung up"):
        await wrong.sessions()
    gone = TurnConsole(f"{HOST}:1", "x")
    with pytest.raises(ConsoleError):
        await gone.sessions()
    async with hub_with(tmp_path, turn, password="wrong") as hub:
        page = await hub.page()
        await page.hello()
        async with asyncio.timeout(5):
            while "allocations may outlive their visits" not in caplog.text:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


ANSWER = """
    1) id=000000000000000001, user <1795799860:visit-1>:
      realm: visits.example
      peers:
          127.0.0.1:43524

    2) id=000000000000000002, user <1795799860:check>:
      realm: visits.example

  Total sessions: {total}

> """


def test_sessions_are_read_from_what_the_console_says() -> None:
    assert sessions_in(ANSWER.format(total=2)) == [
        TurnSession("000000000000000001", "1795799860:visit-1"),
        TurnSession("000000000000000002", "1795799860:check"),
    ]
    assert sessions_in("\n  Total sessions: 0\n\n> ") == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (ANSWER.format(total=3), "2 of 3 sessions: raise cli-max-output-sessions"),
        ("Unknown command\n> ", "something else than sessions"),
    ],
)
def test_half_an_answer_is_none(answer: str, why: str) -> None:
    with pytest.raises(ConsoleError, match=why):
        sessions_in(answer)
