"""What is too old goes, with all that belongs to it; what an open visit needs stays."""

from __future__ import annotations

from typing import Any

import pytest

from signalling.hub.store.audit_interface import Old, StillNeeded
from signalling.hub.store.guessing_interface import FAMILIAR_S, Counted
from signalling.hub.store.records import (
    Approval,
    Draft,
    Inmate,
    Mail,
    Photo,
    PinRules,
    Rating,
    Request,
    SeatRow,
    Session,
    Terminal,
    Visitor,
)
from signalling.hub.store.stored import StoredStore
from signalling.visit_events import Booked, By, Ended, EndReason
from tests.signalling.hub.store.conftest import START, FakeClock

DAY_S = 86_400.0


async def book(store: StoredStore, name: str, clock: FakeClock, *, end: bool = True) -> None:
    booked = Booked("north", "i1", ("v1",), clock.now, clock.now + 600, clock.now)
    visit = await store.visits.book(name, booked, "visitor:v1")
    if end:
        await store.visits.append(visit, [Draft(Ended(By.STAFF, EndReason.STAFF), "staff:x")])


async def rows(store: StoredStore, table: str) -> int:
    return await store._writer.read(
        lambda db: int(db.execute(f"select count(*) from {table}").fetchone()[0])
    )


async def test_old_visits_go_with_all_that_is_of_them(
    peopled: StoredStore, clock: FakeClock
) -> None:
    for number in range(4):
        clock.now = START + number * DAY_S
        await book(peopled, f"old{number}", clock)
    await peopled.past.rate(Rating("old0", "v1", 5))
    await peopled.terminals.add_terminal(Terminal("c4", "north", "C4", "C"))
    await peopled.terminals.sit(SeatRow("c4", "i1", "old1"), None)
    clock.now += DAY_S
    await book(peopled, "open", clock, end=False)
    before = START + 2.5 * DAY_S
    assert await peopled.retention.old("visits", before) == Old(2, START)
    assert await peopled.retention.forget("visits", before, 1) == ["old0"]
    assert await peopled.retention.forget("visits", before, 9) == ["old2"]
    assert await peopled.retention.forget("visits", before, 9) == []
    for table, left in (("events", 5), ("visit_visitors", 3), ("visits", 3), ("ratings", 0)):
        assert await rows(peopled, table) == left, table
    assert await peopled.retention.forget("visits", clock.now + 99 * DAY_S, 9) == ["old3"]
    assert await peopled.visits.load("open") is not None


def request(name: str, status: str, at: float, photo: str | None = None) -> Request:
    return Request(name, "v1", "north", name, "aunt", False, photo, status, at, at)


async def test_requests_photos_mails_and_log_ins(peopled: StoredStore, clock: FakeClock) -> None:
    await peopled.requests.keep_photo(Photo("p1", "v1", START, b"jpeg"))
    await peopled.requests.add(request("q1", "denied", START, "p1"))
    await peopled.requests.add(request("q2", "pending", START))
    await peopled.requests.add(request("q3", "approved", START + 2 * DAY_S))
    for key in ("sent", "waits", "failed"):
        await peopled.outbox.put(Mail(key, "v1@x.y", "S", "B", due_at=START))
    await peopled.outbox.sent("sent")
    await peopled.outbox.failed("failed", "no", None)
    for name, at in (("h1", START), ("h2", START + 2 * DAY_S)):
        session = Session(name, "v1", START + 90 * DAY_S, id=name, created_at=at, seen_at=at)
        await peopled.people.add_session(session, None)
    before = START + DAY_S

    async def forgotten(what: str) -> list[str]:
        count = (await peopled.retention.old(what, before)).count
        gone = await peopled.retention.forget(what, before, 99)
        assert len(gone) == count
        return sorted(gone)

    assert await forgotten("photos") == ["p1"]
    assert await forgotten("requests") == ["q1"]
    assert await forgotten("mails") == ["failed", "sent"]
    assert await forgotten("sessions") == ["h1"]
    assert [each.id for each in await peopled.requests.all(pending_only=False)] == ["q2", "q3"]
    assert [each.key for each in await peopled.outbox.all()] == ["waits"]


async def test_accounts_that_nobody_uses_are_erased(peopled: StoredStore, clock: FakeClock) -> None:
    await peopled.people.add_visitor(Visitor("v3", "v3@x.y", "New", "h", START + 9 * DAY_S))
    await peopled.people.add_visitor(Visitor("v4", "v4@x.y", "Used", "h", START))
    await peopled.people.add_session(
        Session("h4", "v4", START + 99 * DAY_S, created_at=START + DAY_S, id="s4"), None
    )
    await peopled.accounts.seen("h4", START + 8 * DAY_S)
    await book(peopled, "open", clock, end=False)
    before = START + 5 * DAY_S
    assert (await peopled.retention.old("accounts", before)).count == 1
    assert await peopled.retention.forget("accounts", before, 9) == ["v2"], "v1 has an open visit"
    assert [each.id for each in await peopled.people.visitors()] == ["v1", "v3", "v4"]
    assert await rows(peopled, "visitors") == 4
    await peopled.retention.tidy()
    assert await rows(peopled, "visitors") == 3, "no visit refers to v2"


async def test_a_visitor_is_erased_but_for_their_id(peopled: StoredStore, clock: FakeClock) -> None:
    await peopled.people.approve(Approval("v1", "i1", "aunt"))
    await peopled.people.add_session(Session("h1", "v1", START + DAY_S, id="s1"), None)
    await book(peopled, "a", clock, end=False)
    with pytest.raises(StillNeeded) as caught:
        await peopled.retention.erase_visitor("v1")
    assert caught.value.visits == ["a"]
    visit = await peopled.visits.load("a")
    assert visit is not None
    await peopled.visits.append(visit, [Draft(Ended(By.STAFF, EndReason.STAFF), "s")])
    assert await peopled.retention.erase_visitor("v1") == ["h1"]
    assert await peopled.people.visitor("v1") is None
    kept = await peopled.visits.load("a")
    assert kept is not None
    assert kept.visitors == ("v1",)
    await peopled.retention.tidy()
    assert await rows(peopled, "visitors") == 2, "the log of a visit refers to v1"


async def test_an_inmate_is_erased_but_for_their_id(peopled: StoredStore, clock: FakeClock) -> None:
    inmate = Inmate("i1", "north", "1", "One")
    await peopled.people.approve(Approval("v1", "i1", "aunt"))
    await peopled.requests.add(request("1", "pending", START))
    await peopled.people.try_pin("north", "1", b"x" * 32, "c4", PinRules(3, 9, 900, 99))
    await peopled.terminals.add_terminal(Terminal("c4", "north", "C4", "C"))
    await peopled.terminals.sit(SeatRow("c4", "i1", None), None)
    await book(peopled, "a", clock)
    for key in ("visit.a.1.v1.booked", "remind.a.v1.day", "visit.b.1.v1.booked"):
        await peopled.outbox.put(Mail(key, "v1@x.y", "With One", "One", due_at=START))
    with pytest.raises(StillNeeded) as caught:
        await peopled.retention.erase_inmate(inmate)
    assert (caught.value.visits, caught.value.terminal) == ([], "c4")
    await peopled.terminals.stand("c4", None)
    assert await peopled.retention.erase_inmate(inmate) == ["v1"]
    assert [each.id for each in await peopled.people.inmates()] == ["i2"]
    erased = await peopled.people.inmate("i1")
    assert erased is not None
    assert (erased.name, erased.number) == ("—", "erased i1")
    assert [each.key for each in await peopled.outbox.all()] == ["visit.b.1.v1.booked"]
    assert await peopled.people.approvals("v1") == []
    assert await peopled.requests.all(pending_only=False) == []
    again = Inmate("i9", "north", "1", "Another")
    await peopled.people.add_inmate(again, b"n" * 32)  # the number is free
    found = await peopled.people.try_pin("north", "1", bytes(32), "c4", PinRules(3, 9, 900, 99))
    assert found.inmate is None
    await peopled.retention.tidy()
    assert await peopled.people.inmate("i1") is not None
    await peopled.retention.forget("visits", clock.now + 1, 9)
    await peopled.retention.tidy()
    assert await peopled.people.inmate("i1") is None


async def test_old_counts_of_wrong_pins_are_tidied(peopled: StoredStore, clock: FakeClock) -> None:
    rules: Any = PinRules(3, 9, 900, 99)
    await peopled.people.try_pin("north", "999", b"x" * 32, "c4", rules)
    clock.now += 8 * DAY_S
    assert await peopled.retention.tidy() >= 1
    assert await rows(peopled, "pin_failures") == 0


async def test_addresses_and_tries_that_count_no_more_are_tidied(
    peopled: StoredStore, clock: FakeClock
) -> None:
    await peopled.guessing.keep_familiar("v1", b"old", 20)
    await peopled.guessing.count_tries([Counted(b"a", 3, 900.0)])
    clock.now += FAMILIAR_S - DAY_S
    await peopled.guessing.keep_familiar("v1", b"new", 20)
    assert await peopled.retention.tidy() == 1
    assert (await rows(peopled, "tries"), await rows(peopled, "familiar")) == (0, 2)
    clock.now += 2 * DAY_S
    assert await peopled.retention.tidy() == 1
    assert await peopled.guessing.is_familiar("v1", b"new", START)
    assert await rows(peopled, "familiar") == 1
