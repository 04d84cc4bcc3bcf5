"""A hub that goes down and comes back keeps sessions, seats and begun visits."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from config.schema import Visits
from signalling.hub.services import HubRuns, hub_lock, open_services
from signalling.hub.store.records import SeatRow
from signalling.messages import Appointments, Join, Leave, Message, SeatMessage
from signalling.visit import Status
from signalling.visit_events import By, Cause, EndReason, Side
from signalling.wire import VisitView
from tests.signalling.hub.harness import EMAIL, PIN, Clock, hub_config, running_hub


def seat_visits(message: Message) -> tuple[VisitView, ...]:
    return message.seat.visits if isinstance(message, SeatMessage) and message.seat else ()


async def test_everything_is_kept(tmp_path: Path) -> None:
    config, clock = hub_config(tmp_path / "state"), Clock()
    async with running_hub(config, clock) as hub:
        terminal, page, visit = await hub.begun()
        token = (await page.log_in()).token
        await page.open()
        await page.join(visit, "page-1")
        await page.press(visit)
        await terminal.sees(lambda view: view.page == "page-1" and not view.breaks)
        keys = hub.keys
        events = await hub.kinds(visit)
    assert terminal.socket.close_code == 1001
    async with running_hub(config, clock, keys) as hub:
        assert await hub.kinds(visit) == events
        page = await hub.page()
        welcome = await page.hello(token)
        assert (welcome.name, welcome.opened) == ("Ana", "north")
        await page.until(lambda: page.newest(Appointments))
        assert page.visit(visit).status is Status.IN_VISIT
        terminal = await hub.ready_terminal("c4")
        assert terminal.seat is not None
        assert terminal.seat.visit == visit
        assert terminal.visit is not None
        assert terminal.visit.tracks_open
        seats = terminal.count(SeatMessage)
        await page.join(visit, "page-1", pressed=True)
        await page.state(visit)
        await terminal.sees(lambda view: view.page == "page-1" and not view.breaks)
        after = [each for each in terminal.received if isinstance(each, SeatMessage)][seats:]
        assert all(view.tracks_open for each in after for view in seat_visits(each))


async def test_the_page_whose_call_runs_keeps_the_visit(tmp_path: Path) -> None:
    """Whichever page of the visit comes back first."""
    slow = Visits(link_grace_s=2.0, first_picture_s=0.3)
    config, clock = hub_config(tmp_path / "state", visits=slow), Clock()
    async with running_hub(config, clock) as hub:
        _, _, visit = await hub.begun()
        other = await hub.ready_page()
        await other.join(visit, "page-2")
        keys = hub.keys
    async with running_hub(config, clock, keys) as hub:
        terminal = await hub.ready_terminal("c4")
        await terminal.state(visit)
        other = await hub.ready_page()
        await other.join(visit, "page-2")
        await other.state(visit, receiving=False)
        page = await hub.ready_page()
        await page.join(visit, "page-1", pressed=True)
        await page.state(visit)
        seen = await page.sees(visit, lambda view: view.page is not None)
        assert seen.page == "page-1"
        pages = {view.page for each in terminal.received for view in seat_visits(each)}
        assert pages == {None, "page-1"}
        assert seen.tracks_open
        assert "interrupted" not in await hub.kinds(visit)


async def test_a_page_that_comes_back_without_a_call_gets_the_visit_too(tmp_path: Path) -> None:
    config, clock = hub_config(tmp_path / "state"), Clock()
    async with running_hub(config, clock) as hub:
        _, _, visit = await hub.begun()
    async with running_hub(config, clock) as hub:
        page = await hub.ready_page()
        await page.join(visit, "page-3")
        await page.state(visit, connection=0, receiving=False)
        held = await page.sees(visit, lambda view: view.page == "page-3" and view.breaks)
        assert Cause.PAGE in {each.cause for each in held.breaks}
        assert not held.tracks_open
        await page.press(visit)
        await page.sees(visit, lambda view: all(b.cause is not Cause.PAGE for b in view.breaks))


async def test_a_page_that_nobody_had_pressed_is_not_taken_for_one_in_a_call(
    tmp_path: Path,
) -> None:
    config, clock = hub_config(tmp_path / "state"), Clock()
    async with running_hub(config, clock) as hub:
        terminal, page, visit = await hub.begun()
        await page.close(1001)
        await terminal.state(visit, receiving=False)
        await terminal.sees(lambda view: view.status is Status.INTERRUPTED)
        page = await hub.ready_page()
        await page.join(visit, "page-2")
        await terminal.sees(lambda view: view.page == "page-2")
        keys = hub.keys
    async with running_hub(config, clock, keys) as hub:
        terminal, page = await hub.ready_terminal("c4"), await hub.ready_page()
        # Its person may have pressed while nobody heard it; the log says that it was held for that.
        await page.join(visit, "page-2", pressed=True)
        await page.state(visit)
        held = await terminal.sees(lambda view: view.page == "page-2")
        assert (held.breaks[0].side, held.breaks[0].cause) == (Side.VISITOR, Cause.PAGE)
        assert not held.tracks_open


async def test_who_was_away_when_the_hub_went_down_presses_again(tmp_path: Path) -> None:
    config, clock = hub_config(tmp_path / "state"), Clock()
    async with running_hub(config, clock) as hub:
        terminal, page, visit = await hub.begun()
        await page.pull()
        await terminal.state(visit, receiving=False)
        await terminal.sees(lambda view: not view.visitor_here)
        assert "visitor-left" in await hub.kinds(visit)
        keys = hub.keys
    async with running_hub(config, clock, keys) as hub:
        terminal, page = await hub.ready_terminal("c4"), await hub.ready_page()
        await page.join(visit, "page-1", pressed=True)
        held = await page.sees(visit, lambda view: view.page == "page-1" and view.breaks)
        assert (Side.VISITOR, Cause.PAGE) in {(each.side, each.cause) for each in held.breaks}
        assert not held.tracks_open
        await page.press(visit)
        await terminal.sees(lambda view: view.tracks_open)


async def test_only_who_was_in_the_visit_is_believed_to_have_pressed(tmp_path: Path) -> None:
    config, clock = hub_config(tmp_path / "state"), Clock()
    async with running_hub(config, clock) as hub:
        await hub.people()
        await hub.visitor("bo@example.org", "Bo")
        visit = await hub.book(visitors=(EMAIL, "bo@example.org"))
        terminal, page = await hub.ready_terminal(), await hub.ready_page()
        await terminal.sign_in()
        await page.join(visit)
        await page.press(visit)
        await terminal.sees(lambda view: view.tracks_open)
        keys = hub.keys
    async with running_hub(config, clock, keys) as hub:
        terminal = await hub.ready_terminal("c4")
        bo = await hub.ready_page("bo@example.org")
        await bo.join(visit, "page-of-bo", pressed=True)
        held = await terminal.sees(lambda view: view.page == "page-of-bo")
        assert not held.tracks_open
        # Nor is anybody who comes once another page has the visit: they were overtaken.
        ana = await hub.ready_page()
        await ana.join(visit, pressed=True)
        await bo.send(Leave(visit=visit, page="page-of-bo"))
        held = await terminal.sees(lambda view: view.page == "page-1")
        assert not held.tracks_open
        await ana.press(visit)
        await terminal.sees(lambda view: view.tracks_open)


async def test_nobody_says_of_another_s_page_that_it_was_pressed(tmp_path: Path) -> None:
    slow = Visits(link_grace_s=2.0, first_picture_s=0.3)
    config, clock = hub_config(tmp_path / "state", visits=slow), Clock()
    async with running_hub(config, clock) as hub:
        await hub.people()
        await hub.visitor("bo@example.org", "Bo")
        visit = await hub.book(visitors=(EMAIL, "bo@example.org"))
        terminal, ana = await hub.ready_terminal(), await hub.ready_page()
        bo = await hub.ready_page("bo@example.org")
        await terminal.sign_in()
        await ana.join(visit)
        await bo.join(visit, "page-of-bo")
        await ana.press(visit)
        await terminal.sees(lambda view: view.tracks_open)
        keys = hub.keys
    async with running_hub(config, clock, keys) as hub:
        terminal, ana = await hub.ready_terminal("c4"), await hub.ready_page()
        bo = await hub.ready_page("bo@example.org")
        await ana.join(visit, "loaded-again")
        lie = Join(visit=visit, page="loaded-again", pressed=True)
        assert (await bo.refused(lie)).code == "unknown-visit"
        await ana.state(visit)
        held = await terminal.sees(lambda view: view.page == "loaded-again")
        assert not held.tracks_open


async def test_whoever_does_not_come_back_holds_the_visit(tmp_path: Path) -> None:
    config, clock = hub_config(tmp_path / "state"), Clock()
    async with running_hub(config, clock) as hub:
        _, page, visit = await hub.begun()
        token = (await page.log_in()).token
        await page.open()
        keys = hub.keys
    async with running_hub(config, clock, keys) as hub:
        page = await hub.page()
        await page.hello(token)
        held = await page.sees(visit, lambda view: view.status is Status.INTERRUPTED)
        assert {each.cause for each in held.breaks} <= {Cause.LINK, Cause.PAGE}


async def test_a_handset_that_hangs_keeps_the_tracks_shut(tmp_path: Path) -> None:
    slow = Visits(link_grace_s=5.0, first_picture_s=0.3)
    config, clock = hub_config(tmp_path / "state", visits=slow), Clock()
    async with running_hub(config, clock) as hub:
        terminal, page, visit = await hub.begun()
        await terminal.state(visit, handset_up=False)
        await page.sees(visit, lambda view: not view.tracks_open)
        keys = hub.keys
    async with running_hub(config, clock, keys) as hub:
        terminal = await hub.ready_terminal("c4")
        assert terminal.visit is not None
        assert not terminal.visit.tracks_open
        assert Cause.HANDSET in {each.cause for each in terminal.visit.breaks}
        assert "resumed" not in await hub.kinds(visit)
        page = await hub.ready_page()
        await page.join(visit, "page-1")
        await terminal.state(visit, handset_up=True)
        await page.sees(visit, lambda view: view.tracks_open)


async def test_a_visit_that_ran_out_meanwhile_is_ended_by_the_clock(tmp_path: Path) -> None:
    config, clock = hub_config(tmp_path / "state"), Clock()
    async with running_hub(config, clock) as hub:
        _, _, visit = await hub.begun(seconds=60)
    clock.ahead_s += 60
    async with running_hub(config, clock) as hub:
        page = await hub.ready_page()
        ended = await page.sees(visit, lambda view: view.status is Status.ENDED)
        assert (ended.ended_by, ended.end_reason) == (By.CLOCK, EndReason.EXPIRED)

        async def recorded() -> bool:
            return (await hub.kinds(visit))[-1] == "ended"

        async with asyncio.timeout(5):
            while not await recorded():
                pass


async def test_a_seat_and_its_log_that_a_crash_tore_apart_are_mended(tmp_path: Path) -> None:
    config, clock = hub_config(tmp_path / "state"), Clock()
    async with running_hub(config, clock) as hub:
        await hub.people()
        visit = await hub.book()
        terminal = await hub.ready_terminal()
        await terminal.sign_in()
        keys = hub.keys
    async with open_services(config, clock) as services:
        await services.store.terminals.stand("c4", None)
    async with open_services(config, clock) as services:
        live = services.visits.get(visit)
        assert live is not None
        assert not live.visit.signed_in
        await services.store.terminals.sit(SeatRow("c4", live.visit.booked.inmate, visit), None)
    async with running_hub(config, clock, keys) as hub:
        terminal = await hub.ready_terminal("c4")
        await terminal.sees(lambda view: view.signed_in)


async def test_pin_key_outside_the_database_is_needed(tmp_path: Path) -> None:
    config, clock = hub_config(tmp_path / "state"), Clock()
    async with running_hub(config, clock) as hub:
        await hub.people()
    key = tmp_path / "state" / "pin.key"
    assert key.stat().st_mode & 0o777 == 0o600
    everything = b"".join(path.read_bytes() for path in (tmp_path / "state").glob("visits.db*"))
    assert PIN.encode() not in everything
    key.chmod(0o644)
    with pytest.raises(Exception, match="chmod 600"):
        async with running_hub(config, clock):
            pass


def test_one_hub_at_a_time(tmp_path: Path) -> None:
    with hub_lock(tmp_path), pytest.raises(HubRuns), hub_lock(tmp_path):
        pass
    with hub_lock(tmp_path):
        assert (tmp_path / "hub.lock").exists()
