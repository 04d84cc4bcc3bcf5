"""Candidates that a terminal finds after its offer, on their way to the page."""

from __future__ import annotations

from pathlib import Path

from config.schema import Secret, Turn
from signalling.descriptions import MAX_CANDIDATES
from signalling.messages import Answer, Ice, Offer, Ping, Pong
from tests.signalling.hub.harness import (
    ANSWER_SDP,
    Client,
    Hub,
    Page,
    Terminal,
    hub_config,
    running_hub,
)

HOST = "candidate:1 1 udp 2130706431 10.1.2.3 50000 typ host"
RELAY = "candidate:3 1 udp 16777215 203.0.113.7 50002 typ relay"
TAIL = " raddr 10.1.2.3 rport 50000 generation 0"


def relay(number: int) -> str:
    return f"candidate:3 1 udp 16777215 203.0.113.7 {50_000 + number} typ relay"


def heard(client: Client) -> list[str]:
    return [each.candidate for each in client.received if isinstance(each, Ice)]


async def offered(hub: Hub) -> tuple[Terminal, Page, str]:
    """A visit where the page has the terminal's first offer."""
    await hub.people()
    visit = await hub.book()
    terminal, page = await hub.ready_terminal(), await hub.ready_page()
    await terminal.sign_in()
    await page.join(visit)
    await terminal.sees(lambda view: view.page == page.page)
    await terminal.offer(visit, page.page)
    await page.until(lambda: page.newest(Offer))
    return terminal, page, visit


async def find(terminal: Terminal, visit: str, *candidates: str, connection: int = 1) -> None:
    """Say that these were found, and wait until the hub has carried them."""
    for each in candidates:
        await terminal.send(Ice(visit=visit, connection=connection, candidate=each))
    await terminal.ask(Ping(sent=0.0), Pong)


async def test_they_reach_the_page_of_the_offer_without_their_related_address(hub: Hub) -> None:
    terminal, page, visit = await offered(hub)
    await find(terminal, visit, HOST, RELAY + TAIL, "")
    await page.until(lambda: len(heard(page)) == 3)
    assert heard(page) == [HOST, RELAY, ""]
    ice = page.newest(Ice)
    assert ice is not None
    assert (ice.visit, ice.connection, ice.sdp_m_line_index) == (visit, 1, 0)


async def test_under_relay_a_family_sees_relays_only(tmp_path: Path) -> None:
    turn = Turn(urls=("turn:turn.example:3478",), secret=Secret("s3cret"))
    async with running_hub(hub_config(tmp_path / "s", turn=turn, ice_policy="relay")) as hub:
        terminal, page, visit = await offered(hub)
        reflexive = "candidate:2 1 udp 1 198.51.100.4 9 typ srflx raddr 10.1.2.3 rport 5 typ relay"
        await find(terminal, visit, HOST, reflexive, RELAY + TAIL, "")
        await page.until(lambda: len(heard(page)) == 2)
        assert heard(page) == [RELAY, ""]


async def test_of_other_connections_and_over_the_limit_they_are_dropped(hub: Hub) -> None:
    terminal, page, visit = await offered(hub)
    await find(terminal, visit, relay(99), connection=2)
    many = [relay(number) for number in range(MAX_CANDIDATES + 5)]
    await find(terminal, visit, *many, "")
    await page.until(lambda: "" in heard(page))
    assert heard(page) == [*many[:MAX_CANDIDATES], ""]


async def test_said_again_they_go_on_once_and_do_not_use_the_limit_up(hub: Hub) -> None:
    terminal, page, visit = await offered(hub)
    for _ in range(MAX_CANDIDATES):
        await find(terminal, visit, HOST)
    await find(terminal, visit, RELAY, "")
    await page.until(lambda: "" in heard(page))
    assert heard(page) == [HOST, RELAY, ""]


async def test_a_page_that_comes_back_is_told_them_after_the_offer(hub: Hub) -> None:
    terminal, page, visit = await offered(hub)
    await find(terminal, visit, HOST)
    await page.pull()
    await find(terminal, visit, RELAY, "")
    back = await hub.ready_page()
    await back.join(visit, "page-1")
    await back.until(lambda: "" in heard(back))
    carried = [each for each in back.received if isinstance(each, Offer | Ice)]
    assert isinstance(carried[0], Offer)
    assert heard(back) == [HOST, RELAY, ""]


async def test_they_come_to_a_page_that_has_answered_too(hub: Hub) -> None:
    terminal, page, visit = await offered(hub)
    await page.send(Answer(visit=visit, connection=1, sdp=ANSWER_SDP))
    await terminal.until(lambda: terminal.newest(Answer))
    await find(terminal, visit, RELAY)
    await page.until(lambda: heard(page) == [RELAY])


async def test_another_page_gets_none_of_them(hub: Hub) -> None:
    terminal, page, visit = await offered(hub)
    other = await hub.ready_page()
    await other.join(visit, "page-2")
    await other.press(visit, take_over=True)
    await terminal.sees(lambda view: view.page == "page-2")
    await find(terminal, visit, RELAY)
    await other.ask(Ping(sent=1.0), Pong)
    await page.ask(Ping(sent=1.0), Pong)
    assert heard(page) == heard(other) == []


async def test_what_is_no_candidate_breaks_the_protocol(hub: Hub) -> None:
    terminal, _, visit = await offered(hub)
    await terminal.send(Ice(visit=visit, connection=1, candidate="a=fingerprint:nonsense"))
    assert await terminal.violated() == ("bad-description", 1008)
