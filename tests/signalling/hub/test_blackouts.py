"""Times without visits: booking refuses them with the reason, staff see what is booked in them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.schema import Facility, Visiting
from signalling.booking_messages import Book, ListSlots, Slots, VisitBooked
from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from tests.signalling.hub.harness import EMAIL, NUMBER, Hub, eventually, hub_config, running_hub

DAY = (datetime.now(UTC) + timedelta(days=3)).date()


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Hub]:
    """A hub whose facility has hours, and a blackout in hub.toml."""
    rules = Visiting(hours=("mon-sun 08:00-12:00",), blackout=(f"{DAY} Holiday",), book_ahead_h=0.0)
    facility = Facility(id="north", name="North", time_zone="UTC", visiting=rules)
    async with running_hub(hub_config(tmp_path, facility=(facility,))) as hub:
        await hub.people()
        yield hub


async def test_a_blackout_refuses_what_is_not_booked_and_cancels_what_is(books: Hub) -> None:
    day = DAY + timedelta(days=1)
    visit = await books.book(f"{day} 09:00", 1800.0)
    later = await books.book(f"{day} 11:30", 1800.0)
    page = await books.ready_page()
    (inmate,) = await books.services.store.people.inmates(NUMBER)
    add = ask.BlackoutAdd(
        facility="north", start=f"{day} 08:00", until=f"{day} 10:00", reason="Painting"
    )
    added = await books.do(add)
    assert ([each["visit"] for each in added["booked"]], added["cancelled"]) == ([visit], 0)
    slots = await page.ask(ListSlots(inmate=inmate.id, day=f"{day}"), Slots)
    assert [each.facts.get("reason") for each in slots.slots if each.rule == "blackout"] == [
        "Painting"
    ] * 4
    book = Book(request="r", inmate=inmate.id, starts_at=slots.slots[0].starts_at)
    refused = await page.refused(book)
    assert (refused.facts["rule"], refused.facts["reason"]) == ("blackout", "Painting")
    cancelled = await books.do(ask.BlackoutCancel(blackout=added["blackout"]))
    assert cancelled["cancelled"] == 1
    shown = await books.do(ask.VisitShow(visit=visit))
    assert (shown["end_reason"], shown["ended_by"]) == ("cancelled", "staff")
    assert (await books.do(ask.VisitShow(visit=later)))["status"] == "scheduled"
    kept: list[str] = []

    async def mails() -> None:
        kept[:] = [each.key for each in await books.services.store.outbox.all()]

    await mails()
    assert any(f"visit.{visit}" in key and key.endswith("cancelled") for key in kept)
    await books.do(ask.BlackoutRemove(blackout=added["blackout"]))
    await page.ask(book, VisitBooked)


async def test_one_of_a_unit_holds_for_its_inmates_only(books: Hub) -> None:
    day = DAY + timedelta(days=1)
    await books.do(ask.InmateAdd(number="2", name="Two", facility="north", unit="D"))
    add = ask.BlackoutAdd(facility="north", start=f"{day}", reason="Painting", unit="D")
    await books.do(add)
    page = await books.ready_page()
    (inmate,) = await books.services.store.people.inmates(NUMBER)
    before = await page.ask(ListSlots(inmate=inmate.id, day=f"{day}"), Slots)
    assert not any(each.rule for each in before.slots)
    await books.do(ask.InmateMove(number=NUMBER, unit="D"))
    after = await page.ask(ListSlots(inmate=inmate.id, day=f"{day}"), Slots)
    assert {each.rule for each in after.slots} == {"blackout"}


async def test_the_list_has_those_of_hub_toml_too_and_cancel_may_come_at_once(books: Hub) -> None:
    visit = await books.book(f"{DAY} 09:00", 1800.0, anyway=True)
    add = ask.BlackoutAdd(facility="north", start=f"{DAY}", reason="Closed", cancel=True)
    assert (await books.do(add))["cancelled"] == 1
    await eventually(lambda: books.services.visits.get(visit).visit.ended is not None)  # type: ignore[union-attr]
    listed = await books.do(ask.BlackoutList(facility="north"))
    said = {(each["reason"], each["added_by"], each["visits"]) for each in listed}
    assert said == {("Holiday", "hub.toml", 0), ("Closed", "tester", 0)}


async def test_bad_words_are_answered_with_a_sentence(books: Hub) -> None:
    for command, why in (
        (ask.BlackoutAdd(facility="west", start="2026-12-25", reason="x"), "no facility west"),
        (ask.BlackoutAdd(facility="north", start="2020-12-25", reason="x"), "is over already"),
        (ask.BlackoutAdd(facility="north", start="soon", reason="x"), '"soon" is no day'),
        (ask.BlackoutAdd(facility="north", start=f"{DAY}", unit="Z", reason="x"), "no housing"),
        (ask.BlackoutRemove(blackout="b-0"), "no blackout b-0"),
        (ask.BlackoutCancel(blackout="b-0"), "no blackout b-0"),
        (ask.BlackoutList(facility="west"), "no facility west"),
        (
            ask.VisitBook(inmate=NUMBER, visitors=(EMAIL,), start=f"{DAY} 09:00", length_s=1800.0),
            "takes no visits then: Holiday; add --anyway",
        ),
    ):
        with pytest.raises(StaffError, match=why):
            await books.do(command)
