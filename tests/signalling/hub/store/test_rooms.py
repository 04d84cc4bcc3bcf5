"""Every room of the store on both databases: each statement is run, and says the same."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from pathlib import Path

import pytest

from signalling.hub.keeping import preferred
from signalling.hub.store import interface
from signalling.hub.store.booking_plan import NotApproved, Plan, Wish
from signalling.hub.store.interface import Duplicate, SlotRefused, Stale
from signalling.hub.store.records import (
    Approval,
    Draft,
    Inmate,
    Kept,
    Mail,
    MailToken,
    Photo,
    PinAttempt,
    PinRules,
    Rating,
    Request,
    SeatRow,
    Session,
    Terminal,
    TicketRow,
    Visitor,
    VisitPeople,
)
from signalling.hub.store.stored import StoredStore
from signalling.hub.visiting_rules import Slot, Taken
from signalling.visit_events import Booked, By, Ended, EndReason, VisitorInvited
from tests.signalling.hub.store.conftest import START, FakeClock, OpenStore

RULES = PinRules(inmate_tries=3, terminal_tries=5, lockout_s=900.0, facility_tries=100)


async def test_visitors_sessions_and_approvals(peopled: StoredStore, clock: FakeClock) -> None:
    people = peopled.people
    eva = Visitor("v3", "eva@x.y", 'Eva "Ñ" O\'Hara', "hash", START, START, "es")
    await people.add_visitor(eva)
    with pytest.raises(Duplicate):
        await people.add_visitor(dataclasses.replace(eva, id="v4"))
    assert await people.visitor("v3") == await people.visitor_by_email("eva@x.y") == eva
    assert await people.visitor("v4") is None
    assert [each.id for each in await people.visitors()] == ["v3", "v1", "v2"]
    approval = Approval("v3", "i1", "aunt", True, START, START + 1, None, "")
    await people.approve(approval)
    await people.approve(dataclasses.replace(approval, private=False, expires_at=START + 9))
    await people.approve(Approval("v3", "i2", "aunt", decided_at=START))
    assert [(each.inmate, each.private, each.expires_at, inmate.name)
            for each, inmate in await people.approvals("v3")] == [
        ("i2", False, None, "Two"), ("i1", False, START + 9, "One"),
    ]  # fmt: skip
    await people.add_session(Session("h1", "v3", START + 5, id="s1"), None)
    await people.add_session(Session("h2", "v3", START + 9, id="s2", browser="Firefox"), "h1")
    assert await people.session("h1") is None
    await people.open_facility("h2", "north", START + 4, START + 8)
    session = await people.session("h2")
    assert session == Session("h2", "v3", START + 8, "north", START + 4, "s2", 0, 0, "Firefox")
    await people.drop_session("h2")
    assert await people.session("h2") is None


async def test_inmates_and_their_pins(peopled: StoredStore, clock: FakeClock) -> None:
    people = peopled.people
    await people.move_inmate("i2", "C")
    assert await people.inmate("i2") == Inmate("i2", "north", "2", "Two", "C")
    assert await people.inmate("i9") is None
    assert [each.id for each in await people.inmates()] == ["i1", "i2"]
    assert [each.id for each in await people.inmates("2")] == ["i2"]

    async def attempt(mac: bytes, terminal: str = "c4", number: str = "1") -> PinAttempt:
        return await people.try_pin("north", number, mac, terminal, RULES)

    assert await attempt(b"m" * 32) == PinAttempt(inmate=Inmate("i1", "north", "1", "One"))
    assert await attempt(b"x" * 32) == PinAttempt(tries_left=2)
    assert await attempt(b"x" * 32, "c5", "unknown") == PinAttempt(tries_left=2)
    assert await attempt(b"x" * 32) == PinAttempt(tries_left=1)
    assert await attempt(b"x" * 32) == PinAttempt(locked_until=START + 900, locked="inmate")
    assert await attempt(b"m" * 32) == PinAttempt(locked_until=START + 900)
    assert await people.release("north", "1")
    assert not await people.release("north", "1")
    assert (await attempt(b"m" * 32)).inmate is not None


async def test_accounts(peopled: StoredStore, clock: FakeClock) -> None:
    accounts, people = peopled.accounts, peopled.people

    async def issue(token: str, kind: str, email: str = "v1@x.y") -> None:
        mail = Mail(f"{kind}.{token}", email, "s", "b")
        await accounts.issue(MailToken(token, kind, "v1", email, START + 60), mail)

    await issue("a", "verify")
    assert await accounts.token("a") == MailToken("a", "verify", "v1", "v1@x.y", START + 60)
    verified = await accounts.verify("a")
    assert verified is not None
    assert verified.verified_at == START
    assert await accounts.verify("a") is None
    await accounts.wish_email("v1", "new@x.y")
    await issue("b", "change-email", "new@x.y")
    changed = await accounts.verify("b")
    assert changed is not None
    assert (changed.email, changed.new_email) == ("new@x.y", None)
    await issue("c", "change-email", "v2@x.y")
    assert await accounts.verify("c") is None
    await people.add_session(Session("h1", "v1", START + 60, id="s1", created_at=1), None)
    await people.add_session(Session("h2", "v1", START + 60, id="s2", created_at=2), None)
    await accounts.seen("h1", START + 3)
    assert [(each.id, each.seen_at) for each in await accounts.sessions("v1")] == [
        ("s2", 0), ("s1", START + 3),
    ]  # fmt: skip
    assert await accounts.end_sessions("v1", "h1", "s1") == []
    assert await accounts.end_sessions("v1", "h1", "s2") == ["h2"]
    assert await accounts.set_password("v1", "other", "h1") == []
    await issue("d", "reset")
    assert await accounts.reset("d", "third") == ["h1"]
    assert await accounts.reset("d", "third") is None
    await accounts.set_language("v1", "es")
    assert [await people.visitor("v1")] == [
        Visitor("v1", "new@x.y", "Name v1", "third", START, START, "es", None)
    ]
    await people.add_session(Session("h3", "v1", START + 60, id="s3"), None)
    assert await accounts.erase("v1") == ["h3"]
    assert await people.visitor("v1") is None
    left = {each.key for each in await peopled.outbox.all()}
    assert left == {"verify.a", "change-email.c", "reset.d"}  # none of them to new@x.y


async def test_requests_photos_and_rules(peopled: StoredStore, clock: FakeClock) -> None:
    requests = peopled.requests
    for n in range(5):
        await requests.keep_photo(Photo(f"p{n}", "v1", START + n, bytes([n]) * 3))
    assert await requests.photo("p1") is None
    assert await requests.photo("p4") == Photo("p4", "v1", START + 4, b"\4\4\4")
    asked = Request("r1", "v1", "north", "7", "son", True, "p4", "pending", START)
    await requests.add(asked)
    with pytest.raises(Duplicate):
        await requests.add(dataclasses.replace(asked, id="r2"))
    await requests.add(dataclasses.replace(asked, id="r3", number="8", asked_at=START + 1))
    assert [each.id for each in await requests.of_visitor("v1")] == ["r3", "r1"]
    decided = dataclasses.replace(
        asked, status="approved", decided_at=START + 2, decided_by="staff:x", reason="ok"
    )
    await requests.decide(decided, Approval("v1", "i1", "son", True, START, START + 2))
    with pytest.raises(Stale):
        await requests.decide(decided, None)
    assert await requests.request("r1") == decided
    assert await requests.request("r9") is None
    assert not await requests.put_away("r1")  # approved
    assert not await requests.put_away("r3")  # nobody decided it
    assert [each.id for each in await requests.all(pending_only=True)] == ["r3"]
    assert [each.id for each in await requests.all(pending_only=False)] == ["r1", "r3"]
    ((approval, inmate),) = await peopled.people.approvals("v1")
    assert (approval.private, inmate.id) == (True, "i1")
    assert await requests.sweep(START, START + 3) == 1  # p2: loose and too old
    assert await requests.sweep(START + 3, START) == 1  # p4: its request was decided long ago
    assert await requests.accepted_at("v1", "north", "1") is None
    await requests.accept("v1", "north", "1")
    clock.now += 1
    await requests.accept("v1", "north", "1")
    assert await requests.accepted_at("v1", "north", "1") == START


async def test_terminals(peopled: StoredStore, clock: FakeClock) -> None:
    terminals = peopled.terminals
    made = Terminal("c4", "north", "C 4", "C", None, "code", START + 60)
    await terminals.add_terminal(made)
    assert [await terminals.terminal("c4")] == await terminals.terminals() == [made]
    assert not await terminals.try_code("c4", "wrong")
    assert await terminals.try_code("c4", "code")
    assert not await terminals.try_code("c5", "code")
    key = bytes(range(32))
    assert await terminals.enrol("c4", "code", key)
    assert not await terminals.enrol("c4", "code", key)
    with pytest.raises(Duplicate):
        await terminals.add_terminal(made)
    enrolled = await terminals.terminal("c4")
    assert enrolled is not None
    assert enrolled.public_key == key
    assert await terminals.report("c4") is None
    await terminals.keep_report("c4", "{}")
    await terminals.keep_report("c4", '{"a": 1}')
    assert await terminals.report("c4") == (START, '{"a": 1}')
    await terminals.sit(SeatRow("c4", "i1", None), None)
    assert await terminals.seats() == [SeatRow("c4", "i1", None)]
    await terminals.stand("c4", None)
    assert await terminals.revoke("c4")
    assert not await terminals.revoke("c5")


async def test_the_outbox(store: StoredStore, clock: FakeClock) -> None:
    outbox = store.outbox
    assert await outbox.next_due_at() is None
    assert await outbox.counts() == (0, 0)
    mail = Mail("a.1", "x@y.z", "s", "b", b"BEGIN:VCALENDAR", START)
    assert await outbox.put(mail)
    assert not await outbox.put(mail)
    await outbox.put(Mail("a.2", "x@y.z", "s", "b", None, START + 9))
    await outbox.put(Mail("b.1", "x@y.z", "s", "b", None, START - 1))
    assert await outbox.next_due_at() == START - 1
    assert [each.key for each in await outbox.claim(1, 60.0)] == ["b.1"]
    assert [each.key for each in await outbox.claim(9, 60.0)] == ["a.1"]
    assert await outbox.claim(9, 60.0) == []
    assert await outbox.next_due_at() == START + 9
    await outbox.failed("b.1", "busy", START + 5)
    await outbox.failed("a.1", "refused", None)
    assert await outbox.counts() == (2, 1)
    (first, second, third) = await outbox.all()
    assert (first.calendar, first.failed_at, first.tries) == (b"BEGIN:VCALENDAR", START, 1)
    assert (second.due_at, second.error, second.failed_at) == (START + 5, "busy", None)
    assert await outbox.counts() == (2, 1)
    assert await outbox.retry("a.1") == ["a.1"]
    assert await outbox.retry(None) == ["a.1", "b.1"]
    await outbox.sent("b.1")
    assert third.key == "a.2"


async def test_booking(peopled: StoredStore, clock: FakeClock) -> None:
    at = START + 86_400
    wish = Wish("v1", "i1", "north", "UTC", "C", 1, 600.0, START - 86_400, ("v2",))

    def plan(visit: str, request: str, wish: Wish, starts_at: float = at) -> Plan:
        def judge(taken: Taken, _now: float) -> Slot:
            return Slot(starts_at, starts_at + 1800, "quota" if taken.visitor else "")

        booked = Booked("north", "i1", ("v1",), starts_at, starts_at + 1800, starts_at - 600)
        return Plan(visit, request, wish, booked, judge)

    with pytest.raises(NotApproved):
        await peopled.booking.book(plan("a", "q1", wish))
    await peopled.people.approve(Approval("v1", "i1", "friend", False, START, START, None))
    made, ended = await peopled.booking.book(plan("a", "q1", wish))
    assert ended is None
    again, _ = await peopled.booking.book(plan("b", "q1", wish))
    assert again == made
    taken = await peopled.booking.taken(wish)
    assert len(taken.inmate) == len(taken.visitor) == len(taken.seats[1]) == 1
    assert [*taken.visitor_weeks.values()] == [1]
    assert taken.guests == ()
    with pytest.raises(SlotRefused):
        await peopled.booking.book(plan("b", "q2", wish, at + 3600))
    moving = dataclasses.replace(wish, moving="a")
    moved, ended = await peopled.booking.book(plan("b", "q2", moving, at + 900))
    assert ended is not None
    assert ended.ended is not None
    assert await peopled.visits.load("b") == moved
    assert await peopled.visits.room_after(moved) == 86_400
    invitation = [Draft(VisitorInvited("v2"), "visitor:v1")]
    theirs = dataclasses.replace(wish, visitor="v1", guests=())
    full = Slot(0.0, 1.0, "guest-week")
    with pytest.raises(SlotRefused):
        await peopled.booking.invite(
            moved, invitation, theirs, lambda taken: full if taken.visitor_weeks else Slot(0.0, 1.0)
        )
    free = await peopled.booking.invite(moved, invitation, theirs, lambda _: Slot(0.0, 1.0))
    assert free.visitors == ("v1", "v2")
    with pytest.raises(Stale):
        await peopled.booking.invite(moved, invitation, theirs, lambda _: Slot(0.0, 1.0))


async def test_tickets_are_spent_once(peopled: StoredStore, clock: FakeClock) -> None:
    tickets = peopled.tickets
    for n in range(3):
        row = TicketRow(f"t{n}", "v1", START + 9 + n, bytes([n]) * 10)
        assert await tickets.issue(row, 2, 25)
    assert not await tickets.issue(TicketRow("t3", "v2", START + 9, b"x" * 10), 2, 25)
    assert await tickets.take("t0", spend=True) is None
    assert await tickets.take("t1", spend=False) == b"\1" * 10
    assert await tickets.take("t1", spend=True) == b"\1" * 10
    assert await tickets.take("t1", spend=True) is None
    clock.now += 60
    assert await tickets.take("t2", spend=True) is None


async def test_hubs_keep_what_nobody_else_does(
    store: StoredStore, open_store: OpenStore, clock: FakeClock
) -> None:
    keeping, other = store.keeping, (await open_store(clock)).keeping
    assert await keeping.beat("h1", ("north",), frozenset(), 5.0) == Kept(("h1",), {"north": "h1"})
    both = await other.beat("h2", ("north",), frozenset(), 5.0)
    assert both == Kept(("h1", "h2"), {"north": "h1"})
    await keeping.leave("h1")
    assert await other.beat("h2", ("north",), frozenset(), 5.0) == Kept(("h2",), {"north": "h2"})
    clock.now += 6
    assert await keeping.beat("h1", ("north",), frozenset(), 5.0) == Kept(("h1",), {"north": "h1"})
    assert await keeping.same_key("pin", "a")
    assert not await other.same_key("pin", "b")


async def test_a_facility_that_another_hub_should_keep_goes_when_it_is_given(
    store: StoredStore, open_store: OpenStore, clock: FakeClock
) -> None:
    keeping, other = store.keeping, (await open_store(clock)).keeping
    had, wants = sorted(("h1", "h2"), key=lambda hub: preferred("north", ("h1", "h2")) == hub)
    await keeping.beat(had, ("north",), frozenset(), 5.0)
    assert not (await other.beat(wants, ("north",), frozenset(), 5.0)).elsewhere
    asked = await keeping.beat(had, ("north",), frozenset(), 5.0)
    assert (asked.keepers["north"], asked.elsewhere) == (had, frozenset({"north"}))
    given = await keeping.beat(had, ("north",), frozenset({"north"}), 5.0)
    assert (given.keepers["north"], given.elsewhere) == (wants, frozenset())


async def test_the_past(peopled: StoredStore, clock: FakeClock) -> None:
    booked = Booked("north", "i1", ("v1", "v2"), START, START + 1800, START - 600)
    visit = await peopled.visits.book("a", booked, "staff:x", "C", 2)
    await peopled.visits.append(visit, [Draft(Ended(By.STAFF, EndReason.CANCELLED), "staff:x")])
    await peopled.past.rate(Rating("a", "v1", 5, ("late",)))
    ((past,),) = [await peopled.past.visits("v1", "north", START + 1, 9)]
    assert (past.inmate, past.stars, past.people[1]) == ("One", 5, ("Name v2", ""))
    assert await peopled.past.ratings("a") == [Rating("a", "v1", 5, ("late",), START)]


async def test_who_visits_are_of(peopled: StoredStore) -> None:
    await peopled.people.approve(Approval("v1", "i1", "sister", decided_at=START))
    await peopled.accounts.erase("v2")
    await peopled.people.move_inmate("i2", "C")
    ended = Booked("north", "i1", ("v1", "v2"), START, START + 1800, START - 600)
    a = await peopled.visits.book("a", ended, "staff:x", "C", 2)
    a = await peopled.visits.append(a, [Draft(Ended(By.STAFF, EndReason.CANCELLED), "staff:x")])
    await peopled.past.rate(Rating("a", "v1", 5, ()))
    later = Booked("north", "i2", ("v1",), START + 3600, START + 5400, START + 3000)
    b = await peopled.visits.book("b", later, "staff:x", "C", 2)
    assert await peopled.visits.people([a, b]) == {
        "a": VisitPeople("One", "", (("Name v1", "sister"), ("v2", "")), {"v1": 5}),
        "b": VisitPeople("Two", "C", (("Name v1", ""),), {}),
    }
    assert await peopled.visits.people([]) == {}


async def test_what_the_store_says_of_itself(store: StoredStore) -> None:
    told: list[tuple[int, float]] = []
    store.watch(lambda tasks, seconds: told.append((tasks, seconds)))
    assert await store.up_to_date()
    assert store.waiting() == 0
    assert told[0][0] == 1
    assert told[0][1] > 0


def test_every_call_of_the_interface_is_made_on_both() -> None:
    """A statement that only one database was asked may be one that only that one understands."""
    here = Path(__file__).parent
    text = "".join(each.read_text() for each in here.glob("test_*.py"))
    rooms = {
        name: typing.get_type_hints(each.fget)["return"]
        for name, each in inspect.getmembers(interface.Store, lambda it: isinstance(it, property))
    }
    rooms = {name: each for name, each in rooms.items() if hasattr(each, "_is_protocol")}
    calls = [
        f"{room}.{name}("
        for room, protocol in rooms.items()
        for name in vars(protocol)
        if not name.startswith("_")
    ]
    missing = [call for call in calls if call not in text]
    assert missing == [], "call it in a test here, with the fixture `store`"


async def test_a_copied_key_and_a_replacement(peopled: StoredStore, clock: FakeClock) -> None:
    terminals, key = peopled.terminals, bytes(range(32))
    await terminals.add_terminal(Terminal("c4", "north", "C 4", "C", None, "code", START + 60))
    assert await terminals.enrol("c4", "code", key)
    await terminals.second_link("c4")
    await terminals.second_link("c4")
    await terminals.second_link("c9")
    assert await terminals.doubled() == 1
    doubled = await terminals.terminal("c4")
    assert doubled is not None
    assert (doubled.second_links, doubled.second_link_at) == (2, clock())
    assert await terminals.renew_code("c4", "other", clock() + 60, at_once=False)
    assert not await terminals.renew_code("c9", "other", clock() + 60, at_once=False)
    kept = await terminals.terminal("c4")
    assert kept is not None
    assert (kept.public_key, kept.second_links) == (key, 2)
    assert await terminals.enrol("c4", "other", bytes(32))
    assert await terminals.doubled() == 0
    assert await terminals.renew_code("c4", "third", clock() + 60, at_once=True)
    without = await terminals.terminal("c4")
    assert without is not None
    assert (without.public_key, without.code_tries) == (None, 0)


async def test_a_denied_request_is_put_away_and_stays_denied_to_staff(peopled: StoredStore) -> None:
    requests = peopled.requests
    asked = Request("r1", "v1", "north", "7", "son", False, None, "pending", START)
    await requests.add(asked)
    denied = dataclasses.replace(asked, status="denied", decided_at=START, decided_by="o")
    await requests.decide(denied, None)
    assert await requests.put_away("r1")
    assert not await requests.put_away("r1")
    (kept,) = await requests.of_visitor("v1")
    assert (kept.put_away, kept.decided_by, kept.decided_at) == (True, "o", START)
    assert not dataclasses.replace(asked, status="withdrawn").put_away
