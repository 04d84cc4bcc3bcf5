"""Several hubs as one: a real PostgreSQL, a real NATS server, clients at different hubs."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from config.schema import Facility, MailServer
from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError, StartError
from signalling.hub.keeping import preferred
from signalling.hub.staff_commands_visits import VisitMove
from signalling.hub.store.interface import StoreBusy
from signalling.hub.visits import Visits
from signalling.hub.web_files import File
from signalling.messages import (
    Appointments,
    End,
    FacilityLogIn,
    FacilityOpened,
    LoggedIn,
    LoggedOut,
    LogOut,
    SeatMessage,
)
from signalling.visit import Status
from tests.signalling.hub.bus.nats_server import NatsServer, nats_server
from tests.signalling.hub.harness import (
    EMAIL,
    NUMBER,
    PASSWORD,
    Hub,
    Page,
    begin,
    hub_config,
    running_hub,
)
from tests.signalling.hub.hub_process import until
from tests.signalling.hub.mail_server import Post, post_office

KEYS = ("pin.key", "receipt.key")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    async with nats_server(tmp_path) as running:
        yield running


class Hubs:
    """Opens hubs that are one, and closes those that are still open at the test's end."""

    def __init__(self, folder: Path, store: str, bus: str) -> None:
        self._folder = folder
        self._more = {"store": store, "bus": bus}
        self._open: dict[str, AsyncExitStack] = {}
        self.hubs: dict[str, Hub] = {}

    async def start(self, name: str, **more: Any) -> Hub:
        state = self._folder / name
        state.mkdir()
        keys = {}
        for first, hub in self.hubs.items():
            keys = hub.keys
            for key in KEYS:
                shutil.copy(self._folder / first / key, state / key)
        stack = self._open[name] = AsyncExitStack()
        config = hub_config(state, **{**self._more, **more})
        hub = await stack.enter_async_context(running_hub(config, keys=keys))
        self.hubs[name] = hub
        return hub

    async def stop(self, name: str) -> None:
        await self._open.pop(name).aclose()

    async def close(self) -> None:
        for name in list(self._open):
            await self.stop(name)

    async def keeper(self) -> Hub:
        """The hub that keeps the facility, once it is the one that should."""
        hubs = {hub.services.bus.hub: hub for hub in map(self.hubs.__getitem__, self._open)}
        keeper = hubs[preferred("north", hubs) or ""]
        await until(lambda: keeps(keeper))
        return keeper

    async def other(self) -> Hub:
        """A hub that does not keep it."""
        keeper = await self.keeper()
        return next(self.hubs[each] for each in self._open if self.hubs[each] is not keeper)


def keeps(hub: Hub, facility: str = "north") -> bool:
    return hub.services.others.keeping.keeps(facility)


@pytest.fixture
async def hubs(tmp_path: Path, postgres_url: str, server: NatsServer) -> AsyncIterator[Hubs]:
    both = Hubs(tmp_path, postgres_url, server.url)
    await both.start("a")
    await both.start("b")
    await both.keeper()
    yield both
    await both.close()


def token_of(page: Page) -> str:
    logged_in = page.newest(LoggedIn)
    assert logged_in is not None
    return logged_in.token


@pytest.mark.parametrize("terminal_at_keeper", [True, False])
async def test_a_terminal_and_a_visitor_at_different_hubs_have_their_visit(
    hubs: Hubs, terminal_at_keeper: bool
) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await other.people()
    visit = await other.book()
    at, away = (keeper, other) if terminal_at_keeper else (other, keeper)
    terminal, page = await at.ready_terminal(), await away.ready_page()
    await begin(terminal, page, visit)
    await page.sees(visit, lambda view: view.status is Status.IN_VISIT)
    await page.send(End(visit=visit))
    await terminal.until(lambda: terminal.visit is None or terminal.visit.ended_at)
    await page.sees(visit, lambda view: view.status is Status.ENDED)
    kinds = await other.kinds(visit)
    assert kinds == ["booked", "inmate-signed-in", "visitor-joined", "begun", "ended"]


async def test_both_at_the_hub_that_does_not_keep_the_facility(hubs: Hubs) -> None:
    other = await hubs.other()
    await other.people()
    visit = await other.book()
    terminal, page = await other.ready_terminal(), await other.ready_page()
    await begin(terminal, page, visit)
    await page.sees(visit, lambda view: view.status is Status.IN_VISIT)


async def test_a_hub_stops_in_a_visit_that_goes_on_through_the_other(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await other.people()
    visit = await other.book()
    terminal, page = await keeper.ready_terminal(), await other.ready_page()
    token = token_of(page)
    await begin(terminal, page, visit)
    name = next(each for each, hub in hubs.hubs.items() if hub is keeper)
    await hubs.stop(name)
    assert (await terminal.ended())[0] in (1001, 1012)
    assert (await page.ended())[0] == 1012
    terminal = await other.ready_terminal()
    again = await other.page()
    await again.hello(token)
    await again.until(lambda: again.newest(Appointments))
    again.page = page.page
    await again.join(visit, page.page, pressed=True)
    await terminal.state(visit)
    await again.state(visit)
    await again.sees(visit, lambda view: view.tracks_open and not view.breaks)
    assert keeps(other)


async def test_staff_at_any_hub_change_what_clients_of_another_see(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    page = await keeper.ready_page()
    visit = await other.book(start="+600", seconds=600)
    await page.sees(visit, lambda view: view.status is Status.SCHEDULED)
    assert [row["visit"] for row in await keeper.do(ask.VisitList())] == [visit]
    await other.do(ask.VisitCancel(visit=visit))
    await page.sees(visit, lambda view: view.status is Status.ENDED)
    terminal = await keeper.ready_terminal()
    await other.do(ask.TerminalRevoke(terminal="c4"))
    assert await terminal.ended() == (1008, "revoked")


async def test_a_visit_that_ends_is_mailed_by_the_hub_that_ended_it(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    for hub in (keeper, other):
        visit = await hub.book(start="+7200", seconds=600)
        await other.do(ask.VisitCancel(visit=visit))
        seen = [each.services.visits for each in (keeper, other)]
        await until(lambda visit=visit, seen=seen: all(ended(each, visit) for each in seen))  # type: ignore[misc]
        mails = await keeper.services.store.outbox.all()
        while sum("cancel" in mail.subject.lower() and visit in mail.key for mail in mails) != 1:
            mails = await keeper.services.store.outbox.all()


async def test_a_visit_that_another_hub_moves_is_not_mailed_as_cancelled(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    visit = await keeper.book(start="+7200", seconds=600)
    await until(lambda: other.services.visits.get(visit))
    await other.do(VisitMove(visit=visit, start="+10800"))
    await until(lambda: ended(keeper.services.visits, visit))
    # What the keeper might have mailed of the end would be committed before this one.
    marker = await keeper.book(start="+20000", seconds=600)
    mails = await keeper.services.store.outbox.all()
    assert any(marker in mail.key for mail in mails)
    letters = [mail.key.rpartition(".")[2] for mail in mails]
    assert letters.count("moved") == 1
    assert letters.count("cancelled") == 0


async def test_a_new_relation_is_shown_by_the_hub_that_keeps_the_visit(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    visit = await keeper.book(start="+7200", seconds=600)
    await until(lambda: other.services.visits.get(visit))
    await other.do(ask.VisitorApprove(email=EMAIL, inmate=NUMBER, relation="sibling"))
    page = await keeper.ready_page()
    await page.sees(visit, lambda view: view.visitors[0].relation == "sibling")


def ended(visits: Visits, visit: str) -> bool:
    live = visits.get(visit)
    return live is not None and live.visit.ended is not None


async def test_a_hub_says_of_its_own_facilities_whether_terminals_are_linked(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    terminal = await other.ready_terminal()
    await terminal.sign_in()
    (known,), (unknown,) = [await hub.do(ask.TerminalList()) for hub in (keeper, other)]
    assert (known["linked"], unknown["linked"]) == (True, None)
    assert known["signed_in"] and unknown["signed_in"]


async def test_a_lockdown_that_is_said_at_one_hub_holds_visits_at_another(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    visit = await keeper.book(seconds=600)
    terminal, page = await keeper.ready_terminal(), await keeper.ready_page()
    await begin(terminal, page, visit)
    started = await other.do(ask.LockdownStart(facility="north", reason="Count"))
    held = await page.sees(visit, lambda view: view.paused)
    assert held.pause_reason == "Count"
    await terminal.sees(lambda view: view.paused)
    await other.do(ask.LockdownEnd(lockdown=started["lockdown"]))
    await page.sees(visit, lambda view: not view.paused)


async def test_log_ins_end_at_every_hub(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    page = await other.ready_page()
    token = token_of(page)
    second = await keeper.page()
    await second.hello(token)
    await second.ask(LogOut(), LoggedOut)
    await page.until(lambda: page.newest(LoggedOut))


async def test_a_ticket_of_one_hub_is_fetched_from_another(hubs: Hubs) -> None:
    one, two = hubs.hubs.values()
    path = await one.services.tickets.issue("v1", File("text/plain", b"mine"))
    found = await two.services.tickets.take(path, spend=True)
    assert found == File("text/plain", b"mine")
    assert await one.services.tickets.take(path, spend=True) is None


async def test_a_facility_that_another_hub_keeps_is_opened_without_a_new_connection(
    hubs: Hubs,
) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    page = await other.page()
    await page.hello()
    await page.log_in(EMAIL)
    await page.ask(FacilityLogIn(facility="north", password=PASSWORD), FacilityOpened)
    await page.until(lambda: page.newest(Appointments))
    assert page.closed is None
    assert len(keeper.services.switchboard.pages) == 1
    assert not other.services.switchboard.pages


async def test_facilities_are_shared_out_and_none_is_kept_twice(
    tmp_path: Path, postgres_url: str, server: NatsServer
) -> None:
    facilities = tuple(
        Facility(id=f"f{number}", name=f"Jail {number}", time_zone="UTC") for number in range(24)
    )
    several = Hubs(tmp_path, postgres_url, server.url)
    try:
        for name in ("a", "b", "c"):
            await several.start(name, facility=facilities)

        def shares() -> list[int]:
            return [
                sum(keeps(hub, each.id) for each in facilities) for hub in several.hubs.values()
            ]

        await until(lambda: sum(shares()) == len(facilities) and min(shares()) > 0)
        kept = [sum(keeps(hub, each.id) for hub in several.hubs.values()) for each in facilities]
        assert kept == [1] * len(facilities)
        await several.stop("b")
        del several.hubs["b"]
        await until(lambda: sum(shares()) == len(facilities))
    finally:
        await several.close()


async def test_another_hubs_keys_are_asked_for(hubs: Hubs, tmp_path: Path) -> None:
    stranger = Hubs(tmp_path / "x", "", "")
    (tmp_path / "x").mkdir()
    stranger._more = hubs._more
    with pytest.raises(StartError, match=r"pin\.key is not the key that this database is used"):
        await stranger.start("c")


async def test_a_hub_cut_off_from_the_store_keeps_nothing(
    hubs: Hubs, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    terminal = await keeper.ready_terminal()

    async def cut_off(*_args: object) -> None:
        raise StoreBusy("cut off")

    with monkeypatch.context() as cut:
        cut.setattr(keeper.services.store.keeping, "beat", cut_off)
        await until(lambda: keeps(other))
        assert not keeps(keeper)
        assert (await terminal.ended())[0] == 1012
    await until(lambda: keeps(keeper))
    back = await keeper.ready_terminal()
    await back.until(lambda: back.newest(SeatMessage))


@pytest.fixture
async def four(
    tmp_path: Path, postgres_url: str, server: NatsServer
) -> AsyncIterator[tuple[Hubs, Post]]:
    """Four hubs with one mail server."""
    with post_office() as (post, port):
        several = Hubs(tmp_path, postgres_url, server.url)
        mail = MailServer(host="127.0.0.1", port=port, tls="none", public_url="https://x.test")
        try:
            for name in ("a", "b", "c", "d"):
                await several.start(name, mail=mail)
            yield several, post
        finally:
            await several.close()


async def test_of_four_hubs_that_end_a_visit_one_does(four: tuple[Hubs, object]) -> None:
    hubs, _ = four
    every = list(hubs.hubs.values())
    await every[0].people()
    visit = await every[0].book(start="+600", seconds=600)
    for hub in every:
        await until(lambda hub=hub: hub.services.visits.get(visit))  # type: ignore[misc]
    answers = await asyncio.gather(
        *(hub.do(ask.VisitTerminate(visit=visit)) for hub in every), return_exceptions=True
    )
    assert sum(isinstance(each, dict) for each in answers) == 1, answers
    assert sum(isinstance(each, StaffError) for each in answers) == 3, answers
    assert await every[3].kinds(visit) == ["booked", "ended"]


async def test_four_hubs_send_each_mail_once(four: tuple[Hubs, Post]) -> None:
    hubs, post = four
    outboxes = [hub.services.outbox for hub in hubs.hubs.values()]
    await asyncio.gather(
        *(
            outbox.put(f"key-{number}", f"v{number}@example.org", f"Mail {number}", "Hello")
            for number in range(40)
            for outbox in outboxes
        )
    )
    await until(lambda: len(post.mails) >= 40)
    store = hubs.hubs["a"].services.store.outbox
    async with asyncio.timeout(8.0):
        while not all(mail.sent_at for mail in await store.all()):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
    assert len(post.mails) == 40
