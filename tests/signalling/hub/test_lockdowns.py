"""Lockdowns and pauses: both sides read why, nothing begins meanwhile, the time comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from config.schema import Facility, Unit, Visits
from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.scheduling import CELL_S
from signalling.messages import Press, SignIn
from signalling.receipt import Receipt
from signalling.visit import Status
from tests.signalling.hub.harness import EMAIL, NUMBER, PIN, Hub, hub_config, running_hub

REASON = "Count in all units"


async def lock(hub: Hub, unit: str = "C", reason: str = REASON) -> str:
    command = ask.LockdownStart(facility="north", unit=unit, reason=reason)
    return str((await hub.do(command))["lockdown"])


async def receipt(hub: Hub, visit: str) -> Receipt:
    return (await hub.services.receipts.of(visit)).receipt


@pytest.mark.parametrize("unit", ["C", ""])
async def test_a_lockdown_holds_visits_with_its_reason_and_gives_the_time_back(
    hub: Hub, unit: str
) -> None:
    terminal, page, visit = await hub.begun(seconds=600)
    started = await hub.do(ask.LockdownStart(facility="north", unit=unit, reason=REASON))
    assert started["visits"] == [visit]
    for view in (
        await terminal.sees(lambda view: view.paused),
        await page.sees(visit, lambda view: view.paused),
    ):
        assert (view.status, view.pause_reason) == (Status.INTERRUPTED, REASON)
        assert view.paused_since == pytest.approx(hub.clock(), abs=1)
        assert not view.tracks_open
    [listed] = await hub.do(ask.LockdownList())
    assert (listed["reason"], listed["visits"]) == (REASON, [visit])
    hub.pass_time(100)
    await terminal.state(visit, handset_up=False)
    ended = await hub.do(ask.LockdownEnd(facility="north", unit=unit))
    assert ended["visits"] == [visit]
    await terminal.state(visit)
    view = await page.sees(visit, lambda view: view.tracks_open and view.added_s)
    assert view.added_s == pytest.approx(100, abs=2)
    assert (view.pause_reason, view.paused_since) == ("", None)
    assert await hub.do(ask.LockdownList()) == []
    [kept] = await hub.do(ask.LockdownList(all=True))
    assert kept["ended_by"] == "tester"


async def test_a_lockdown_of_another_unit_changes_nothing(hub: Hub) -> None:
    _, page, visit = await hub.begun()
    await hub.do(ask.TerminalAdd(terminal="d1", facility="north", label="D1", unit="D"))
    await lock(hub, "D")
    assert page.visit(visit).status is Status.IN_VISIT
    assert "paused" not in await hub.kinds(visit)


async def test_nobody_signs_in_or_begins_in_a_lockdown(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book()
    terminal, page = await hub.ready_terminal(), await hub.ready_page()
    await terminal.sign_in()
    await page.join(visit)
    lockdown = await lock(hub)
    view = await terminal.sees(lambda view: view.pause_reason)
    assert (view.pause_reason, view.paused) == (REASON, False)
    await page.sees(visit, lambda view: view.pause_reason == REASON)
    refused = await page.refused(Press(visit=visit, page=page.page))
    assert (refused.code, refused.facts) == ("lockdown", {"reason": REASON})
    await terminal.sign_out()
    refused = await terminal.refused(SignIn(inmate_number=NUMBER, pin=PIN))
    assert (refused.code, refused.facts) == ("lockdown", {"reason": REASON})
    await hub.do(ask.LockdownEnd(lockdown=lockdown))
    assert (await terminal.sign_in()) is not None or terminal.seat is None
    await terminal.sees(lambda view: view.signed_in)
    await page.press(visit)
    await page.sees(visit, lambda view: view.status is Status.IN_VISIT)


async def test_an_inmate_who_is_moved_into_a_lockdown_is_in_it(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    await hub.do(ask.InmateAdd(number="2", name="Other", facility="north", unit="D"))
    lockdown = await lock(hub, "D")
    await hub.do(ask.InmateMove(number=NUMBER, unit="D"))
    await terminal.sees(lambda view: view.pause_reason == REASON)
    await hub.do(ask.LockdownEnd(lockdown=lockdown))
    await page.sees(visit, lambda view: view.status is Status.IN_VISIT)


async def test_a_lockdown_outlasts_a_restart_and_one_that_ended_meanwhile_is_over(
    tmp_path: Path,
) -> None:
    config = hub_config(tmp_path / "state")
    async with running_hub(config) as hub:
        _, _, visit = await hub.begun(seconds=600)
        lockdown = await lock(hub)
        keys = hub.keys
    async with running_hub(config, keys=keys) as hub:
        page = await hub.ready_page()
        assert page.visit(visit).pause_reason == REASON
        refused = await (await hub.ready_terminal()).refused(SignIn(inmate_number=NUMBER, pin=PIN))
        assert refused.code == "lockdown"
        # As if the hub were killed between what it keeps and what it does.
        assert await hub.services.store.lockdowns.end(lockdown, "tester")
    async with running_hub(config, keys=keys) as hub:
        page = await hub.ready_page()
        await page.sees(visit, lambda view: not view.paused)


async def test_a_pause_moves_the_end_on_until_somebodys_next_visit(hub: Hub) -> None:
    now = hub.clock()
    cell_at = (now // CELL_S + 2) * CELL_S
    terminal, page, visit = await hub.begun(seconds=cell_at - 30 - now)
    room_s = cell_at - page.visit(visit).ends_at
    await hub.book(f"+{cell_at + 5 - hub.clock():.3f}", 60)
    await hub.do(ask.VisitPause(visit=visit, reason="Fire drill"))
    await terminal.sees(lambda view: view.pause_reason == "Fire drill")
    hub.pass_time(page.visit(visit).ends_at - 1 - hub.clock())
    view = await page.sees(visit, lambda view: view.added_s > 0)
    assert view.added_s == pytest.approx(room_s)
    assert view.paused
    hub.pass_time(view.ends_at + 1 - hub.clock())
    await page.sees(visit, lambda view: view.status is Status.ENDED)
    made = await receipt(hub, visit)
    assert made.not_added_why == "next-visit"
    assert made.not_added_s == pytest.approx(made.paused_s - room_s, abs=2)


async def test_a_pause_ends_with_the_visit_at_its_limit(tmp_path: Path) -> None:
    rules = Visits(link_grace_s=0.2, give_back_max_s=0, pause_max_s=50)
    async with running_hub(hub_config(tmp_path / "s", visits=rules)) as hub:
        _, page, visit = await hub.begun(seconds=100)
        await hub.do(ask.VisitPause(visit=visit, reason="Fire drill"))
        hub.pass_time(99)
        await page.sees(visit, lambda view: view.added_s == pytest.approx(50))
        hub.pass_time(60)
        await page.sees(visit, lambda view: view.status is Status.ENDED)
        assert (await receipt(hub, visit)).not_added_why == "limit"


async def test_staff_pause_one_visit_and_let_it_go_on(hub: Hub) -> None:
    _, page, visit = await hub.begun(seconds=600)
    await hub.do(ask.VisitPause(visit=visit, reason="Fire drill"))
    lockdown = await lock(hub)
    with pytest.raises(StaffError, match=f"lockdown of unit C of north.* end {lockdown}"):
        await hub.do(ask.VisitResume(visit=visit))
    await hub.do(ask.LockdownEnd(lockdown=lockdown))
    assert page.visit(visit).pause_reason == "Fire drill"
    with pytest.raises(StaffError, match="already paused"):
        await hub.do(ask.VisitPause(visit=visit, reason="Again"))
    await hub.do(ask.VisitResume(visit=visit))
    await page.sees(visit, lambda view: view.tracks_open)
    with pytest.raises(StaffError, match="not paused"):
        await hub.do(ask.VisitResume(visit=visit))


async def test_bad_words_are_answered_with_a_sentence(hub: Hub) -> None:
    await hub.people()
    with pytest.raises(StaffError, match=r"no facility west in hub.toml .there is: north"):
        await hub.do(ask.LockdownStart(facility="west", reason="x"))
    with pytest.raises(StaffError, match=r'no housing unit "Z" at north .it has none'):
        await lock(hub, "Z")
    with pytest.raises(StaffError, match=r"north is not locked down .no lockdown goes on"):
        await hub.do(ask.LockdownEnd(facility="north"))
    with pytest.raises(StaffError, match="name the lockdown"):
        await hub.do(ask.LockdownEnd())
    lockdown = await lock(hub, "")
    with pytest.raises(StaffError, match="north is locked down already"):
        await lock(hub, "")
    with pytest.raises(StaffError, match=rf"no lockdown l-0 .there is: {lockdown} \(north\)"):
        await hub.do(ask.LockdownEnd(lockdown="l-0"))
    with pytest.raises(StaffError, match="no open visit nope"):
        await hub.do(ask.VisitPause(visit="nope", reason="x"))
    with pytest.raises(StaffError, match="the visit has not begun"):
        await hub.do(ask.VisitPause(visit=await hub.book("+900"), reason="x"))


async def test_many_visits_are_held_at_once(tmp_path: Path) -> None:
    units = (Unit(name="C", terminals=20),)
    facility = Facility(id="north", name="North", time_zone="America/Chicago", unit=units)
    async with running_hub(hub_config(tmp_path / "s", facility=(facility,))) as hub:
        await hub.people()
        await hub.do(ask.InmateAdd(number="2", name="Two", facility="north", unit="C"))
        await hub.do(ask.VisitorApprove(email=EMAIL, inmate="2"))
        await lock(hub)
        visit = await hub.book("+1", 60, inmate="2")
        hub.pass_time(2)
        page = await hub.ready_page()
        await asyncio.sleep(0)
        assert page.visit(visit).pause_reason == REASON
