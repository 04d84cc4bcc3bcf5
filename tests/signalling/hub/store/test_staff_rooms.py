"""Lockdowns and blackouts, on both databases."""

from __future__ import annotations

import pytest

from signalling.hub.audit_chain import AuditFilter
from signalling.hub.staff_records import Blackout, Lockdown
from signalling.hub.store.interface import Duplicate, Store
from signalling.hub.store.records import Approval, Inmate, PinRules, RosterPlan, Terminal
from signalling.hub.store.stored import StoredStore
from signalling.visit_events import Booked


async def test_a_unit_is_locked_down_once_at_a_time(store: Store) -> None:
    first = Lockdown("l-1", "north", "C", "Count", "officer", 10.0)
    await store.lockdowns.start(first)
    with pytest.raises(Duplicate):
        await store.lockdowns.start(Lockdown("l-2", "north", "C", "Again", "officer", 11.0))
    await store.lockdowns.start(Lockdown("l-3", "north", "", "All", "officer", 12.0))
    assert [each.id for each in await store.lockdowns.all(ended_too=False)] == ["l-3", "l-1"]
    assert await store.lockdowns.end("l-1", "sergeant")
    assert not await store.lockdowns.end("l-1", "sergeant")
    assert [each.id for each in await store.lockdowns.all(ended_too=False)] == ["l-3"]
    ended = (await store.lockdowns.all(ended_too=True))[1]
    assert (ended.reason, ended.ended_by) == ("Count", "sergeant")
    assert ended.ended_at is not None
    await store.lockdowns.start(Lockdown("l-4", "north", "C", "Again", "officer", 13.0))


async def test_blackouts_are_kept_until_they_are_removed(store: Store) -> None:
    later = Blackout("b-2", "north", "", 500.0, 600.0, "Feast", "officer", 1.0)
    first = Blackout("b-1", "north", "C", 100.0, 200.0, "Painting", "officer", 2.0)
    for each in (later, first):
        await store.blackouts.add(each)
    assert await store.blackouts.all(0.0) == [first, later]
    assert await store.blackouts.all(200.0) == [later]
    assert await store.blackouts.remove("b-2") == later
    assert await store.blackouts.remove("b-2") is None


async def test_visits_of_a_time_are_read_some_at_a_time(peopled: StoredStore) -> None:
    for number in range(5):
        start = 1_000_000.0 + 3600 * number
        booked = Booked("north", "i1", ("v1", "v2"), start, start + 600, start - 600)
        await peopled.visits.book(f"w{number}", booked, "staff:o")
    other = Booked("south", "i1", ("v1",), 1_050_000.0, 1_050_600.0, 1_050_000.0)
    await peopled.visits.book("elsewhere", other, "staff:o")
    period = ("north", 1_003_600.0, 1_014_400.0)
    assert await peopled.periods.count(*period) == 3
    first = await peopled.periods.logs(*period, (float("-inf"), ""), 2)
    assert [each.events[0].visit for each in first] == ["w1", "w2"]
    rest = await peopled.periods.logs(*period, (1_007_200.0, "w2"), 2)
    assert [each.events[0].visit for each in rest] == ["w3"]
    assert set(rest[0].names) == {"i1", "v1", "v2"}
    assert await peopled.periods.logs(*period, (1_010_800.0, "w3"), 2) == []


async def test_a_roster_is_kept_whole_or_not_at_all(peopled: StoredStore) -> None:
    before = await peopled.people.inmates()
    clash = [(Inmate("i3", "north", "3", "Three"), b"m"), (Inmate("i4", "north", "1", "X"), b"m")]
    with pytest.raises(Duplicate):
        await peopled.people.apply_roster(RosterPlan("staff:o", "r.csv", added=tuple(clash)))
    assert await peopled.people.inmates() == before
    moved = Inmate("i1", "north", "1", "Uno", "D")
    plan = RosterPlan("staff:o", "r.csv", added=tuple(clash[:1]), changed=(moved,))
    assert await peopled.people.apply_roster(plan) == []
    assert [each.name for each in await peopled.people.inmates()] == ["Uno", "Two", "Three"]
    kept = await peopled.audit.newest(AuditFilter(kind="inmate-*"))
    assert [(each.kind, each.who, each.about) for each in kept] == [
        ("inmate-changed", "staff:o", "inmate:i1"),
        ("inmate-added", "staff:o", "inmate:i3"),
    ]
    assert kept[0].facts == '{"unit":"D","roster":"r.csv"}'


async def test_who_left_has_no_pin_and_no_approval_until_they_are_back(
    peopled: StoredStore,
) -> None:
    (one,) = [each for each in await peopled.people.inmates() if each.id == "i1"]
    rules = PinRules(3, 9, 60.0, 99)
    mac = b"0123456789abcdef0123456789abcdef"
    await peopled.people.try_pin("north", "1", b"wrong" * 6 + b"no", "t1", rules)
    await peopled.people.set_pin(one, mac)
    attempt = await peopled.people.try_pin("north", "1", mac, "t1", rules)
    assert attempt.inmate == one
    await peopled.people.approve(Approval("v1", "i1", "mother", False, 1.0, 1.0, None, ""))
    assert await peopled.people.without_pin() == frozenset()
    assert await peopled.people.apply_roster(RosterPlan("staff:o", "r", released=(one,))) == ["v1"]
    assert await peopled.people.without_pin() == {"i1"}
    attempt = await peopled.people.try_pin("north", "1", mac, "t1", rules)
    assert attempt.inmate is None
    (approval,) = await peopled.people.approved("i1")
    assert not approval.holds(peopled.clock())
    again = RosterPlan("staff:o", "r", released=(one,))
    assert await peopled.people.apply_roster(again) == []  # nobody is told twice
    await peopled.people.apply_roster(RosterPlan("staff:o", "r", back=((one, mac),)))
    assert await peopled.people.without_pin() == frozenset()
    attempt = await peopled.people.try_pin("north", "1", mac, "t1", rules)
    assert attempt.inmate == one


async def test_the_faults_that_a_terminal_reported_last_are_kept(store: StoredStore) -> None:
    await store.terminals.add_terminal(Terminal("t1", "north", "1", "C"))
    await store.faults.keep("t1", ["CAM-01", "NET-02"])
    assert await store.faults.all() == {"t1": ["CAM-01", "NET-02"]}
    await store.faults.keep("t1", [])
    assert await store.faults.all() == {"t1": []}
