"""Letters about visits are kept with what they tell, or neither is: on both databases."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from signalling.hub.store.booking_plan import Plan, Wish
from signalling.hub.store.letters import Letters, News
from signalling.hub.store.records import Approval, Draft, Mail
from signalling.hub.store.stored import StoredStore
from signalling.hub.visiting_rules import Slot
from signalling.visit_events import (
    Begun,
    Booked,
    By,
    Ended,
    EndReason,
    InmateSignedIn,
    VisitorDeclined,
    VisitorInvited,
)
from tests.signalling.hub.store.conftest import START, FakeClock

BOOKED = Booked("north", "i1", ("v1",), START, START + 1800, START - 600)
CANCELLED = Ended(By.VISITOR, EndReason.CANCELLED, "v1")


class Writer:
    """Writes one letter per news, whose key says what it was told."""

    def __init__(self, store: StoredStore) -> None:
        self.news: list[News] = []
        self.fails = False
        store.write_letters_with(self.write)

    def write(self, news: News) -> Letters:
        if self.fails:
            raise ValueError("no words")
        self.news.append(news)
        mail = Mail(f"{news.visit.id}.{news.visit.length}", "v1@x.y", news.inmate, "b")
        return Letters((mail,), ("reminder",))


async def keys(store: StoredStore) -> set[str]:
    return {mail.key for mail in await store.outbox.all()}


async def test_what_is_news_is_written_with_its_event(
    peopled: StoredStore, clock: FakeClock
) -> None:
    writer, visits = Writer(peopled), peopled.visits
    visit = await visits.book("a", BOOKED, "x")
    await peopled.outbox.put(Mail("reminder", "v1@x.y", "s", "b", None, START + 9))
    await peopled.outbox.put(Mail("reminder.2", "v1@x.y", "s", "b", None, START + 9))
    visit = await visits.append(visit, [Draft(VisitorInvited("v2"), "x")])
    assert await keys(peopled) == {"a.1", "a.2", "reminder.2"}
    visit = await visits.append(visit, [Draft(VisitorDeclined("v2"), "x")])
    visit = await visits.append(visit, [Draft(InmateSignedIn("c4"), "x")])
    await visits.append(visit, [Draft(CANCELLED, "x")])
    assert await keys(peopled) == {"a.1", "a.2", "a.3", "a.5", "reminder.2"}
    assert [news.inmate for news in writer.news] == ["One"] * 4
    assert [sorted(news.people) for news in writer.news] == [
        ["v1"], ["v1", "v2"], ["v1", "v2"], ["v1"],
    ]  # fmt: skip


async def test_the_end_of_a_visit_that_began_is_no_news(
    peopled: StoredStore, clock: FakeClock
) -> None:
    writer, visits = Writer(peopled), peopled.visits
    clock.now = START
    visit = await visits.book("a", BOOKED, "x")
    ended = Ended(By.STAFF, EndReason.STAFF, "x")
    drafts = [Draft(what, "x") for what in (InmateSignedIn("c4"), Begun("v1"), ended)]
    await visits.append(visit, drafts)
    assert len(writer.news) == 1


async def test_a_move_is_told_once_to_those_who_move_along(
    peopled: StoredStore, clock: FakeClock
) -> None:
    writer = Writer(peopled)
    await peopled.people.approve(Approval("v1", "i1", "friend", False, START, START, None))
    await peopled.visits.book("a", replace(BOOKED, visitors=("v1", "v2")), "x")
    wish = Wish("v1", "i1", "north", "UTC", "C", 1, 600.0, START - 86_400, moving="a")
    at = START + 86_400
    booked = replace(BOOKED, starts_at=at, ends_at=at + 1800)
    await peopled.booking.book(
        Plan("b", "q1", wish, booked, lambda _taken, _now: Slot(at, at + 1800))
    )
    _, ended, made = writer.news
    assert (ended.visit.id, ended.moved_with) == ("a", frozenset({"v1"}))
    assert made.instead_of == ended.visit
    assert made.visit.id == "b"


async def test_without_its_letters_nothing_is_kept(peopled: StoredStore, clock: FakeClock) -> None:
    writer = Writer(peopled)
    visit = await peopled.visits.book("a", BOOKED, "x")
    writer.fails = True
    with pytest.raises(ValueError, match="no words"):
        await peopled.visits.append(visit, [Draft(CANCELLED, "x")])
    with pytest.raises(ValueError, match="no words"):
        await peopled.visits.book("b", replace(BOOKED, inmate="i2", visitors=("v2",)), "x")
    assert await peopled.visits.load("a") == visit
    assert await peopled.visits.load("b") is None
    assert await keys(peopled) == {"a.1"}
