"""The audit in the database: entries come with what they are about, or not at all."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from sqlite_utils import Database

from signalling.hub.audit_chain import AuditFilter, Check, Entry, Head, Note
from signalling.hub.state_check import audit_faults, log_faults, occupancy_faults
from signalling.hub.store.chain import ORIGIN, audited, new_note
from signalling.hub.store.interface import Occupied, Stale
from signalling.hub.store.migrations import migrate, migrations
from signalling.hub.store.records import Draft, PinRules
from signalling.hub.store.sqlite_tables import connect
from signalling.hub.store.stored import StoredStore
from signalling.visit_events import Booked, By, Ended, EndReason, InmateSignedIn
from tests.signalling.hub.store.conftest import START


def booked(visitor: str = "v1") -> Booked:
    return Booked("north", "i1", (visitor,), START, START + 600, START)


async def entries(peopled: StoredStore) -> list[Entry]:
    return await peopled.audit.page(0, 1000)


async def test_a_visit_event_is_kept_whole_and_from_where(peopled: StoredStore) -> None:
    ORIGIN.set("192.0.2.7")
    visit = await peopled.visits.book("a", booked(), "visitor:v1")
    draft = Draft(InmateSignedIn("c4"), "terminal:c4", START - 5)
    await peopled.visits.append(visit, [draft])
    first, second = await entries(peopled)
    assert (first.kind, first.who, first.about) == ("visit-booked", "visitor:v1", "visit:a")
    assert (second.kind, second.who, second.origin) == (
        "visit-inmate-signed-in",
        "terminal:c4",
        "192.0.2.7",
    )
    facts = msgspec.json.decode(second.facts)
    assert facts == {
        "seq": 2,
        "id": draft.id,
        "happened_at": START - 5,
        "what": {"kind": "inmate-signed-in", "terminal": "c4"},
    }
    check = Check()
    check.read([first, second])
    assert await peopled.audit.head() == check.head


async def test_what_fails_leaves_no_entry_and_no_hole(peopled: StoredStore) -> None:
    visit = await peopled.visits.book("a", booked(), "s")
    results = await asyncio.gather(
        peopled.visits.append(visit, [Draft(InmateSignedIn("c4"), "s")]),
        peopled.visits.append(visit, [Draft(InmateSignedIn("c5"), "s")]),
        peopled.visits.book("b", booked(), "s"),
        peopled.audit.add([Note(0, "x", "hub", "hub")]),
        return_exceptions=True,
    )
    assert [type(each) for each in results[1:]] == [Stale, Occupied, type(None)]
    found = await entries(peopled)
    assert [each.kind for each in found] == ["visit-booked", "visit-inmate-signed-in", "x"]
    Check().read(found)


async def test_a_repeated_event_is_kept_once(peopled: StoredStore) -> None:
    visit = await peopled.visits.book("a", booked(), "s")
    draft = Draft(InmateSignedIn("c4"), "s")
    visit = await peopled.visits.append(visit, [draft])
    await peopled.visits.append(visit, [draft])
    assert len(await entries(peopled)) == 2


async def test_a_note_along_a_call_is_of_its_result_and_only_of_it(peopled: StoredStore) -> None:
    async def release(number: str) -> bool:
        call = peopled.people.release("north", number)
        return await audited(call, lambda done: new_note(START, "released", "x") if done else None)

    await peopled.people.try_pin("north", "1", b"wrong" * 6, "c4", PinRules(3, 5, 900, 99))
    assert await release("1")
    assert not await release("1")
    await peopled.people.move_inmate("i1", "D")  # after it: nothing is kept along
    assert [each.kind for each in await entries(peopled)] == ["inmate-wrong-pin", "released"]


async def test_wrong_pins_are_kept_without_the_number_typed(peopled: StoredStore) -> None:
    rules = PinRules(2, 5, 900, 99)
    for number in ("1", "1", "246810"):
        await peopled.people.try_pin("north", number, b"x" * 32, "c4", rules)
    found = await entries(peopled)
    assert [(each.kind, each.who, each.about) for each in found] == [
        ("inmate-wrong-pin", "terminal:c4", "inmate:i1"),
        ("inmate-locked", "terminal:c4", "inmate:i1"),
        ("inmate-wrong-pin", "terminal:c4", "inmate:unknown"),
    ]
    assert "246810" not in repr(found)


async def test_entries_are_found_by_what_is_asked(peopled: StoredStore) -> None:
    for n in range(50):
        kind, about = ("visit-begun", "visit:a") if n % 2 else ("staff-visit-book", "visit:b")
        await peopled.audit.add([Note(1000 * n, kind, f"staff:{n % 5}", "x", about)])

    async def seqs(**asked: object) -> list[int]:
        return [each.seq for each in await peopled.audit.newest(AuditFilter(**asked))]  # type: ignore[arg-type]

    assert await seqs(limit=3) == [50, 49, 48]
    assert await seqs(since_ms=47_500) == [50, 49]
    assert await seqs(since_ms=47_000) == [50, 49, 48]
    assert await seqs(since_ms=99_000) == []
    assert await seqs(who="staff:1", about="visit:a", limit=2) == [42, 32]
    assert await seqs(kind="visit-*", limit=2) == [50, 48]
    assert await seqs(kind="staff-visit-book", limit=2) == [49, 47]
    assert await seqs(kind="visit-") == []


async def test_a_beginning_is_cut_behind_an_anchor(peopled: StoredStore) -> None:
    await peopled.audit.add([Note(1000 * n, "x", "hub", "hub") for n in range(10)])
    count, anchor = await peopled.audit.old(before_ms=6000, limit=4)
    assert count == 6
    assert anchor is not None
    assert anchor.seq == 4
    assert await peopled.audit.cut(anchor, "signed") == 4
    assert await peopled.audit.anchor() == "signed"
    check = Check(anchor)
    check.read(await entries(peopled))
    assert check.head == await peopled.audit.head()
    assert (await peopled.audit.old(6000, 100))[0] == 2
    count, anchor = await peopled.audit.old(before_ms=99_000, limit=100)
    assert count == 5, "the newest one stays"
    assert anchor is not None
    await peopled.audit.cut(anchor, "signed again")
    assert [each.seq for each in await entries(peopled)] == [10]


async def test_an_empty_audit_has_nothing_old(peopled: StoredStore) -> None:
    assert await peopled.audit.old(99_000, 10) == (0, None)
    assert await peopled.audit.head() == Head()


async def test_what_a_check_reads(peopled: StoredStore) -> None:
    assert await peopled.checks.count(only_open=True) == 0
    assert await peopled.checks.audited_since() == 0
    visit = await peopled.visits.book("a", booked(), "s", "C", 1)
    (kept,) = await peopled.checks.visits("", 9, only_open=True)
    held = ("a", START + 600, None, "north/C#1")
    assert (kept.id, kept.ends_at, kept.closed_at, kept.seat) == held
    assert kept.visitors == {"v1"}
    assert len(kept.cells) == 3 * 2
    assert [each.what for each in kept.events] == [booked()]
    assert [each.kind for each in kept.entries] == ["visit-booked"]
    assert [*log_faults(kept), *occupancy_faults(kept), *audit_faults(kept, 0)] == []
    await peopled.visits.append(visit, [Draft(Ended(By.STAFF, EndReason.STAFF), "s")])
    assert await peopled.checks.visits("", 9, only_open=True) == []
    assert await peopled.checks.visits("a", 9, only_open=False) == []
    (kept,) = await peopled.checks.visits("", 9, only_open=False)
    assert kept.cells == frozenset()
    assert [*log_faults(kept), *audit_faults(kept, 0)] == []
    assert await peopled.checks.strays(9) == []


def test_what_staff_did_before_there_was_a_chain_is_carried_over(tmp_path: Path) -> None:
    db: Database = connect(tmp_path / "x.db")
    migrations.apply(db, stop_before="0008-audit")
    db.execute(
        "insert into visitors (id, email, name, password_hash, created_at)"
        " values ('v1', 'ana@x.y', 'Ana', '', 0)"
    )
    db.execute(
        "insert into inmates (id, facility, number, name, pin_mac)"
        " values ('i1', 'north', '40713', 'Daniel', x'00')"
    )
    facts = '{"email":"Ana@x.y","inmate":"40713","relation":"mother","facility":null}'
    db.execute(
        "insert into audit (at, who, command, facts) values"
        " (1.5, 'ada', 'visitor approve', ?), (2.0, 'bob', 'visitor add', ?)",
        (facts, '{"email":"gone@x.y","name":"Gone"}'),
    )
    migrate(db)
    rows = list(db.query("select * from audit_entries order by seq"))
    found = [Entry(**row) for row in rows]
    Check().read(found)
    assert [(each.at_ms, each.kind, each.who, each.about) for each in found] == [
        (1500, "staff-visitor-approve", "staff:ada", "visitor:v1"),
        (2000, "staff-visitor-add", "staff:bob", ""),
    ]
    assert msgspec.json.decode(found[0].facts) == {
        "command": "visitor approve",
        "visitors": ["v1"],
        "inmate": "i1",
        "relation": "mother",
    }
    assert "@" not in repr(found)
    assert "Gone" not in repr(found)
    assert "audit" not in db.table_names()
    assert db.execute("select seen_at > 0 from visitors").fetchone()[0] == 1
    db.close()
