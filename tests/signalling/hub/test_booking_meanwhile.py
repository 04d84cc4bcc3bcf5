"""Booking and inviting while somebody else invites, an approval ends, or an account does."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from signalling.account_messages import DeleteAccount
from signalling.booking_messages import CancelVisit, Invite, Invited, VisitCancelled
from signalling.hub import staff_commands as ask
from signalling.hub.store.booking_plan import Plan
from signalling.messages import LoggedOut, Refused
from tests.signalling.hub.harness import EMAIL, NUMBER, PASSWORD, Hub, Page, hub_config, running_hub
from tests.signalling.hub.test_booking import EVA, booked, free, north, refusal
from tests.signalling.hub.test_booking import books as books  # a fixture


def invited_or_not(page: Page) -> bool:
    return bool(page.newest(Invited) or page.newest(Refused))


async def test_invitations_side_by_side_let_no_more_come_than_may(tmp_path: Path) -> None:
    async with running_hub(hub_config(tmp_path, facility=(north(visitors_per_visit=2),))) as hub:
        await hub.people()
        emails = [f"guest{number}@example.org" for number in range(3)]
        for email in emails:
            await hub.visitor(email, "Guest")
        pages = [await hub.ready_page() for _ in emails]
        visit = await booked(hub, pages[0], (await free(hub, pages[0]))[0])
        for page, email in zip(pages, emails, strict=True):
            await page.send(Invite(visit=visit, email=email))
        for page in pages:
            await page.until(partial(invited_or_not, page))
        assert sum(page.count(Invited) for page in pages) == 1
        assert len((await hub.do(ask.VisitShow(visit=visit)))["visitors"]) == 2


async def test_whoever_has_no_visit_left_that_week_cannot_be_invited_later(tmp_path: Path) -> None:
    facility = north(visitor_visits_per_week=1)
    async with running_hub(hub_config(tmp_path, facility=(facility,))) as hub:
        await hub.people()
        await hub.visitor(EVA, "Eva")
        ana, eva = await hub.ready_page(), await hub.ready_page(EVA)
        first, second = (await free(hub, ana))[:2]
        own = await booked(hub, eva, first)
        visit = await booked(hub, ana, second)
        said = (await ana.refused(Invite(visit=visit, email=EVA))).facts
        assert (said["rule"], said["count"]) == ("guest-week", 1)
        await eva.ask(CancelVisit(visit=own), VisitCancelled)
        await ana.ask(Invite(visit=visit, email=EVA), Invited)


async def test_two_invitations_at_once_give_nobody_more_visits_a_week_than_may(
    tmp_path: Path,
) -> None:
    facility = north(visitor_visits_per_week=1)
    async with running_hub(hub_config(tmp_path, facility=(facility,))) as hub:
        await hub.people()
        await hub.do(ask.InmateAdd(number="2", name="Noah", facility="north", pin="246810"))
        await hub.visitor(EVA, "Eva")
        await hub.visitor("bo@example.org", "Bo", number="2")
        await hub.do(ask.VisitorApprove(email=EVA, inmate="2", relation="aunt"))
        pages = [await hub.ready_page(), await hub.ready_page("bo@example.org")]
        first, *_, later = (await free(hub, pages[0]))[:6]
        start = f"+{later - hub.clock():.0f}"
        theirs = await hub.book(start, 1800.0, inmate="2", visitors=("bo@example.org",))
        visits = [await booked(hub, pages[0], first), theirs]
        for page, visit in zip(pages, visits, strict=True):
            await page.send(Invite(visit=visit, email=EVA))
        for page in pages:
            await page.until(partial(invited_or_not, page))
        assert sum(page.count(Invited) for page in pages) == 1


async def test_whose_approval_ended_invites_nobody(books: Hub) -> None:
    page = await books.ready_page()
    visit = await booked(books, page, (await free(books, page))[0])
    await books.do(ask.VisitorRevoke(email=EMAIL, inmate=NUMBER))
    assert (await page.refused(Invite(visit=visit, email=EVA))).code == "not-approved"


async def test_an_approval_that_ends_in_the_moment_of_booking_books_nothing(
    books: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await books.ready_page()
    starts_at = (await free(books, page))[0]
    store = books.services.store.booking
    book = store.book

    async def late(plan: Plan) -> Any:
        await books.do(ask.VisitorRevoke(email=EVA, inmate=NUMBER))
        return await book(plan)

    monkeypatch.setattr(store, "book", late)
    assert (await refusal(books, page, starts_at, invite=[EVA]))["code"] == "not-approved"
    assert await books.do(ask.VisitList()) == []


async def test_no_visit_is_left_of_an_account_that_ends_meanwhile(
    books: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, other = await books.ready_page(), await books.ready_page()
    starts_at = (await free(books, page))[0]
    store = books.services.store.accounts
    erase = store.erase

    async def late(visitor: str) -> list[str]:
        monkeypatch.undo()
        await booked(books, other, starts_at)
        return await erase(visitor)

    monkeypatch.setattr(store, "erase", late)
    await page.ask(DeleteAccount(password=PASSWORD), LoggedOut)
    (live,) = books.services.visits.all()
    assert live.visit.ended is not None
