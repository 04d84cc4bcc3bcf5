"""Staff list, move and find times for visits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.schema import Facility, Unit, Visiting
from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.messages import Appointments, Health, Ping, Pong
from signalling.visit import Status
from tests.signalling.hub.harness import EMAIL, NUMBER, Hub, eventually, hub_config, running_hub

DAY = (datetime.now(UTC) + timedelta(days=3)).date()


async def test_a_visit_is_moved_for_its_people_and_they_are_told_once(hub: Hub) -> None:
    await hub.people()
    await hub.visitor("eva@example.org", "Eva")
    visit = await hub.book("+900000", 1800.0, visitors=(EMAIL, "eva@example.org"))
    page = await hub.ready_page()
    # Ten minutes later: it overlaps with itself, which stands in nobody's way.
    start = hub.clock() + 900_600 - hub.clock()
    moved = await hub.do(ask.VisitMove(visit=visit, start=f"+{start:.0f}"))
    assert moved["moved_from"] == visit
    assert len(moved["visitors"]) == 2
    assert moved["ends_at"] - moved["starts_at"] == 1800
    await page.until(
        lambda: moved["visit"] in {v.id for v in page.visits if v.status is Status.SCHEDULED}
    )
    before = await hub.do(ask.VisitShow(visit=visit))
    assert (before["ended_by"], before["end_reason"]) == ("staff", "cancelled")
    keys = [each.key for each in await hub.services.store.outbox.all()]
    assert sum(key.endswith("moved") for key in keys) == 2
    assert not any(key.endswith("cancelled") for key in keys)
    assert page.newest(Appointments) is not None
    with pytest.raises(StaffError, match=f"no open visit {visit}"):
        await hub.do(ask.VisitMove(visit=visit, start="+100"))
    other = await hub.book("+300", 600.0)
    with pytest.raises(StaffError, match=f"inmate already has visit {other}"):
        await hub.do(ask.VisitMove(visit=moved["visit"], start="+400"))


async def test_a_visit_that_has_begun_is_not_moved(hub: Hub) -> None:
    _, _, visit = await hub.begun()
    with pytest.raises(StaffError, match="has begun and cannot be moved"):
        await hub.do(ask.VisitMove(visit=visit, start="+400"))


async def test_visits_are_listed_by_all_that_is_asked_for(hub: Hub) -> None:
    await hub.people()
    await hub.visitor("eva@example.org", "Eva")
    first = await hub.book(f"{DAY} 09:00", 600.0)
    second = await hub.book(f"{DAY} 10:00", 600.0, visitors=("eva@example.org",))
    await hub.do(ask.VisitCancel(visit=second))
    tomorrow = f"{DAY + timedelta(days=1)}"
    third = await hub.book(f"{tomorrow} 09:00", 600.0)

    async def listed(**asked: str | Status) -> list[str]:
        rows = await hub.do(ask.VisitList(**asked))  # type: ignore[arg-type]
        return [row["visit"] for row in rows]

    days = {"first": f"{DAY}", "last": f"{DAY}"}
    assert await listed() == [first, second, third]
    assert await listed(**days) == [first, second]
    assert await listed(**days, status=Status.ENDED) == [second]
    assert await listed(first=tomorrow) == [third]
    assert await listed(first=f"{DAY}", visitor="Eva@example.org") == [second]
    assert await listed(visitor="eva@example.org") == [second]
    assert await listed(inmate="404") == []
    assert await listed(inmate=NUMBER, facility="north") == [first, second, third]
    for asked, why in (
        ({"first": "soon"}, '"soon" is no day'),
        ({"first": tomorrow, "last": f"{DAY}"}, "is not after"),
        ({"facility": "west"}, "no facility west"),
        ({"visitor": "x@example.org"}, "has no account"),
    ):
        with pytest.raises(StaffError, match=why):
            await listed(**asked)


async def test_slots_say_what_is_free_for_inmate_terminals_and_visitors(tmp_path: Path) -> None:
    rules = Visiting(hours=("mon-sun 08:00-10:00",), inmate_visits_per_week=1)
    units = (Unit(name="C", terminals=1),)
    north = Facility(id="north", name="N", time_zone="UTC", visiting=rules, unit=units)
    async with running_hub(hub_config(tmp_path, facility=(north,))) as hub:
        await hub.people()
        asked = ask.SlotsList(inmate=NUMBER, visitors=(EMAIL,), day=f"{DAY}")
        with pytest.raises(StaffError, match=r"unit \(not known\) of north has no visiting hours"):
            await hub.do(asked)
        await hub.do(ask.InmateMove(number=NUMBER, unit="C"))
        await hub.book(f"{DAY} 08:30", 1800.0)
        rows = await hub.do(asked)
        assert [(each["start"][11:16], each["why_not"]) for each in rows] == [
            ("08:00", None),
            ("08:30", "unit-full"),
            ("09:00", None),
            ("09:30", None),
        ]
        with pytest.raises(StaffError, match='"tuesday" is no day'):
            await hub.do(ask.SlotsList(inmate=NUMBER, day="tuesday"))


async def test_faults_of_a_terminal_are_known_while_it_is_away(hub: Hub) -> None:
    terminal = await hub.ready_terminal()
    await terminal.send(Health(faults=["CAM-01"]))
    await terminal.ask(Ping(sent=0.0), Pong)
    await terminal.close()
    await eventually(lambda: not hub.services.switchboard.terminals)
    (row,) = await hub.do(ask.TerminalList())
    assert (row["linked"], row["faults"]) == (False, ["CAM-01"])
