"""Booking, moving, cancelling and inviting, by pages of a real hub; and races for one slot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from config.schema import Facility, Unit, Visiting
from signalling.booking_messages import (
    Book,
    CancelVisit,
    Invite,
    Invited,
    ListSlots,
    Slots,
    VisitBooked,
    VisitCancelled,
)
from signalling.hub import booking_endpoint
from signalling.hub import staff_commands as ask
from signalling.hub.store.booking_plan import Plan, Wish
from signalling.hub.store.interface import SlotRefused
from signalling.hub.store.records import Approval, Inmate, Visitor
from signalling.hub.store.sqlite import SqliteStore
from signalling.hub.visiting_rules import Judge, Rules
from signalling.messages import Appointments, Refused
from signalling.visit_events import Booked
from tests.signalling.hub.harness import EMAIL, NUMBER, Hub, Page, hub_config, running_hub

EVA = "eva@example.org"
HOURS = ("mon-sun 00:00-24:00",)


def north(unit: tuple[Unit, ...] = (), **visiting: Any) -> Facility:
    rules = Visiting(**{"hours": HOURS, "book_ahead_h": 1.0, "cancel_before_h": 2.0, **visiting})
    return Facility(id="north", name="North", time_zone="UTC", visiting=rules, unit=unit)


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Hub]:
    """A hub where Ana and Eva may book visits with Daniel."""
    async with running_hub(hub_config(tmp_path, facility=(north(),))) as hub:
        await hub.people()
        await hub.visitor(EVA, "Eva")
        yield hub


async def inmate_id(hub: Hub) -> str:
    (inmate,) = await hub.services.store.people.inmates(NUMBER)
    return inmate.id


async def free(hub: Hub, page: Page, moving: str | None = None) -> list[float]:
    """What is free the day after tomorrow: both reminders lie ahead then."""
    day = datetime.fromtimestamp(hub.clock(), UTC).date() + timedelta(days=2)
    wish = ListSlots(inmate=await inmate_id(hub), day=day.isoformat(), moving=moving)
    slots = await page.ask(wish, Slots)
    return [each.starts_at for each in slots.slots if not each.rule]


async def booked(hub: Hub, page: Page, starts_at: float, **more: Any) -> str:
    request = more.pop("request", f"r{starts_at}")
    book = Book(request=request, inmate=await inmate_id(hub), starts_at=starts_at, **more)
    return (await page.ask(book, VisitBooked)).visit


async def refusal(hub: Hub, page: Page, starts_at: float, **more: Any) -> dict[str, Any]:
    book = Book(request="again", inmate=await inmate_id(hub), starts_at=starts_at, **more)
    refused = await page.refused(book)
    return {"code": refused.code, **refused.facts}


def sees(page: Page, visit: str) -> bool:
    newest = page.newest(Appointments)
    return newest is not None and any(each.id == visit for each in newest.visits)


def answered(page: Page) -> bool:
    return bool(page.newest(VisitBooked) or page.newest(Refused))


async def mails(hub: Hub, email: str) -> list[str]:
    every = await hub.services.store.outbox.all()
    return [each.key.rpartition(".")[2] for each in every if each.recipient == email]


async def test_a_slot_is_booked_once_however_often_it_is_asked(books: Hub) -> None:
    page = await books.ready_page()
    starts_at = (await free(books, page))[0]
    visit = await booked(books, page, starts_at, request="r1")
    assert await booked(books, page, starts_at, request="r1") == visit
    await page.until(lambda: sees(page, visit))
    said = await refusal(books, page, starts_at)
    assert (said["code"], said["rule"]) == ("slot-refused", "inmate-busy")
    assert said["next_at"] == starts_at + 1800
    assert starts_at not in await free(books, page)
    assert sorted(await mails(books, EMAIL)) == ["booked", "soon", "tomorrow"]


async def test_of_many_who_take_one_slot_one_gets_it(books: Hub) -> None:
    pages = [await books.ready_page(EMAIL if n % 2 else EVA) for n in range(6)]
    starts_at = (await free(books, pages[0]))[0]
    inmate = await inmate_id(books)
    for number, page in enumerate(pages):
        await page.send(Book(request=f"race{number}", inmate=inmate, starts_at=starts_at))
    for page in pages:
        await page.until(partial(answered, page))
    assert sum(page.count(VisitBooked) for page in pages) == 1


async def test_a_visit_is_moved_and_its_old_time_is_free_again(books: Hub) -> None:
    page = await books.ready_page()
    first, second = (await free(books, page))[:2]
    old = await booked(books, page, first, invite=[EVA])
    assert first in await free(books, page, moving=old)
    new = await booked(books, page, second, moving=old)
    assert await booked(books, page, second, moving=old) == new  # the answer was lost, say
    await page.until(lambda: sees(page, new))
    assert first in await free(books, page)
    shown = await books.do(ask.VisitShow(visit=old))
    assert (shown["ended_by"], shown["end_reason"]) == ("visitor", "cancelled")
    assert "moved" in await mails(books, EMAIL)
    assert "moved" in await mails(books, EVA)
    assert (await books.do(ask.VisitShow(visit=new)))["visitors"] == ["Ana", "Eva"]
    assert "cancelled" not in await mails(books, EMAIL)
    # A hub that starts again reads the moved visit as one that was cancelled: nobody is told so.
    moved = books.services.visits.get(old)
    assert moved is not None
    await books.services.visits.adopt(moved.visit)
    for _ in range(20):  # turns of the store's writer: a mail would be in it by then
        await books.services.store.ping()
    assert "cancelled" not in await mails(books, EVA)
    # What cannot be booked leaves the visit where it was.
    said = await refusal(books, page, first + 60.0, moving=new)
    assert said["rule"] == "not-a-slot"
    assert (await books.do(ask.VisitShow(visit=new)))["status"] == "scheduled"


async def test_a_visit_is_cancelled_in_time_only(books: Hub) -> None:
    page = await books.ready_page()
    starts_at = (await free(books, page))[0]
    visit = await booked(books, page, starts_at)
    await page.until(lambda: sees(page, visit))
    newest = page.newest(Appointments)
    assert newest is not None and newest.own[visit].cancel_until == starts_at - 7200.0
    other = await books.ready_page(EVA)
    assert (await other.refused(CancelVisit(visit=visit))).code == "unknown-visit"
    await page.ask(CancelVisit(visit=visit), VisitCancelled)
    assert (await page.refused(CancelVisit(visit=visit))).code == "ended"
    assert await mails(books, EMAIL) == ["booked"]  # the reminders are gone
    late = await booked(books, page, starts_at, request="r2")
    books.pass_time(starts_at - books.clock() - 3600.0)
    page = await books.ready_page()
    refused = await page.refused(CancelVisit(visit=late))
    assert (refused.code, refused.facts) == ("too-late", {"until": starts_at - 7200.0})


async def test_guests_are_invited_if_they_are_approved_and_may_decline(books: Hub) -> None:
    ana, eva = await books.ready_page(), await books.ready_page(EVA)
    starts_at, later = (await free(books, ana))[:2]
    said = await refusal(books, ana, starts_at, invite=["nobody@example.org"])
    assert said == {"code": "guest-refused", "email": "nobody@example.org"}
    visit = await booked(books, ana, starts_at, invite=[EVA])
    await eva.until(lambda: sees(eva, visit))
    newest = eva.newest(Appointments)
    assert newest is not None and not newest.own[visit].by_me
    assert (await refusal(books, eva, starts_at))["rule"] == "inmate-busy"
    await eva.ask(CancelVisit(visit=visit), VisitCancelled)
    await eva.until(lambda: not sees(eva, visit))
    assert (await books.do(ask.VisitShow(visit=visit)))["visitors"] == ["Ana"]
    await ana.ask(Invite(visit=visit, email=EVA), Invited)
    await eva.until(lambda: sees(eva, visit))
    assert any(each.endswith("declined") for each in await mails(books, EMAIL))
    assert (await mails(books, EVA)).count("invited") == 2
    assert (await eva.refused(Invite(visit=visit, email=EMAIL))).code == "unknown-visit"
    # Whoever staff leave without their visit hears of it.
    own = await ana.refused(Invite(visit=visit, email=EMAIL))
    assert (own.code, own.facts) == ("guest-refused", {"email": EMAIL})
    alone = await booked(books, ana, later)
    await books.do(ask.VisitCancel(visit=alone))

    async with asyncio.timeout(5):
        while "cancelled" not in await mails(books, EMAIL):
            pass


async def test_with_the_last_lawyer_who_declines_goes_the_privacy(tmp_path: Path) -> None:
    lawyers = ("law@example.org", "law2@example.org")
    async with running_hub(hub_config(tmp_path, facility=(north(visitors_per_visit=4),))) as hub:
        await hub.people()
        for email in (EVA, *lawyers):
            await hub.visitor(email, "Guest")
        for email in lawyers:
            await hub.do(ask.VisitorApprove(email=email, inmate=NUMBER, private=True))
        ana, *guests = [await hub.ready_page(email) for email in (EMAIL, EVA, *lawyers)]
        starts_at = (await free(hub, ana))[0]
        visit = await booked(hub, ana, starts_at, invite=[EVA, *lawyers])
        await ana.sees(visit, lambda view: view.private)
        for page, private in zip(guests, (True, True, False), strict=True):
            await page.ask(CancelVisit(visit=visit), VisitCancelled)
            assert (await hub.do(ask.VisitShow(visit=visit)))["private"] is private
        await ana.sees(visit, lambda view: not view.private)
        again = await ana.refused(Invite(visit=visit, email=lawyers[0]))
        assert (again.code, again.facts) == ("guest-refused", {"email": lawyers[0]})


async def test_too_many_guests_and_busy_ones_are_refused(tmp_path: Path) -> None:
    facility = north(visitors_per_visit=1)
    async with running_hub(hub_config(tmp_path, facility=(facility,))) as hub:
        await hub.people()
        await hub.visitor(EVA, "Eva")
        ana = await hub.ready_page()
        starts_at = (await free(hub, ana))[0]
        said = await refusal(hub, ana, starts_at, invite=[EVA])
        assert (said["rule"], said["count"]) == ("too-many-visitors", 1)
        visit = await booked(hub, ana, starts_at)
        said = (await ana.refused(Invite(visit=visit, email=EVA))).facts
        assert said["rule"] == "too-many-visitors"


async def test_a_cancelled_visit_counts_for_no_quota(tmp_path: Path) -> None:
    facility = north(visitor_visits_per_week=1)
    async with running_hub(hub_config(tmp_path, facility=(facility,))) as hub:
        await hub.people()
        page = await hub.ready_page()
        first = (await free(hub, page))[0]
        visit = await booked(hub, page, first)
        said = await refusal(hub, page, first + 1800.0)
        assert (said["rule"], said["count"]) == ("visitor-week", 1)
        await page.ask(CancelVisit(visit=visit), VisitCancelled)
        await booked(hub, page, first, request="r2")


async def test_each_terminal_of_a_unit_is_held_once(tmp_path: Path) -> None:
    facility = north((Unit(name="C", terminals=1),))
    async with running_hub(hub_config(tmp_path, facility=(facility,))) as hub:
        await hub.people()
        await hub.do(ask.InmateAdd(number="8", name="Max", facility="north", unit="C"))
        await hub.do(ask.InmateMove(number=NUMBER, unit="C"))
        await hub.visitor(EVA, "Eva", number="8")
        ana, eva = await hub.ready_page(), await hub.ready_page(EVA)
        starts_at = (await free(hub, ana))[0]
        await booked(hub, ana, starts_at)
        (max_,) = await hub.services.store.people.inmates("8")
        refused = await eva.refused(Book(request="r", inmate=max_.id, starts_at=starts_at))
        assert (refused.code, refused.facts["rule"]) == ("slot-refused", "unit-full")


async def test_slots_cannot_be_asked_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booking_endpoint, "LISTS", 3)
    async with running_hub(hub_config(tmp_path, facility=(north(),))) as books:
        await books.people()
        await lists_are_bounded(books)


async def lists_are_bounded(books: Hub) -> None:
    page = await books.ready_page()
    wish = ListSlots(inmate=await inmate_id(books))
    for _ in range(3):
        await page.ask(wish, Slots)
    assert (await page.refused(wish)).code == "busy"
    books.pass_time(61.0)
    await page.ask(wish, Slots)


async def test_nobody_books_and_cancels_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booking_endpoint, "BOOKINGS", 2)
    async with running_hub(hub_config(tmp_path, facility=(north(),))) as books:
        await books.people()
        await books.visitor(EVA, "Eva")
        await bookings_are_bounded(books)


async def bookings_are_bounded(books: Hub) -> None:
    page = await books.ready_page()
    first, second, third = (await free(books, page))[:3]
    visit = await booked(books, page, first, invite=[EVA])
    visit = await booked(books, page, second, moving=visit)
    await page.ask(CancelVisit(visit=visit), VisitCancelled)
    refused = await page.refused(Book(request="3", inmate=await inmate_id(books), starts_at=third))
    assert refused.code == "too-many-tries"
    books.pass_time(3601.0)
    page = await books.ready_page()
    await booked(books, page, third)


async def test_where_only_staff_book_a_page_is_told_so(hub: Hub) -> None:
    await hub.people()
    page = await hub.ready_page()
    slots = await page.ask(ListSlots(inmate=await inmate_id(hub)), Slots)
    assert (slots.day, slots.slots) == (None, ())
    assert {each.rule for each in slots.days} == {"by-staff"}
    other = await page.refused(ListSlots(inmate="i-nobody"))
    assert other.code == "not-approved"


@pytest.mark.parametrize("day", ["2026-02-30", "0001-01-01", "9999-12-31"])
async def test_a_day_that_never_comes_has_no_slots(books: Hub, day: str) -> None:
    page = await books.ready_page()
    odd = await page.ask(ListSlots(inmate=await inmate_id(books), day=day), Slots)
    assert odd.slots == ()


# -- several hubs on one file -----------------------------------------------------------------


async def test_stores_that_share_a_file_book_a_slot_once(tmp_path: Path) -> None:
    path, now = tmp_path / "visits.db", 1_800_000_000.0
    stores = [await SqliteStore.open(path, lambda: now) for _ in range(4)]
    people = stores[0].people
    await people.add_inmate(Inmate("i1", "north", "1", "One"), b"m" * 32)
    rules = Rules(north(), "")
    starts_at = next(each for each in rules.starts(rules.days(now)[1]))
    plans = []
    for number in range(16):
        who = f"v{number}"
        await people.add_visitor(Visitor(who, f"{who}@x.y", who, "hash", now, verified_at=now))
        await people.approve(Approval(who, "i1", "friend", False, now, now, None))
        wish = Wish(who, "i1", "north", "UTC", "", 0, 0.0, now)
        booked = Booked("north", "i1", (who,), starts_at, starts_at + 1800, starts_at)
        plans.append(
            Plan(
                f"visit{number}",
                "r",
                wish,
                booked,
                lambda taken, at: Judge(rules, taken, at).slot(starts_at),
            )
        )
    results = await asyncio.gather(
        *(stores[n % 4].booking.book(plan) for n, plan in enumerate(plans)),
        return_exceptions=True,
    )
    refused = [each for each in results if isinstance(each, SlotRefused)]
    assert len(refused) == 15
    assert {each.slot.rule for each in refused} == {"inmate-busy"}
    for store in stores:
        await store.close()
