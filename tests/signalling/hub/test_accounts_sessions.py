"""Log-ins as their owner sees them: listed, ended, gone by themselves."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from signalling.account_messages import (
    Account,
    ChangePassword,
    DeleteAccount,
    EndSession,
    ListSessions,
    PasswordChanged,
    Sessions,
)
from signalling.hub.own_account import SEEN_EVERY_S
from signalling.messages import LoggedOut, LogIn, Message, Ping, Pong
from tests.signalling.hub.harness import EMAIL, PASSWORD, Hub, Page

FIREFOX = "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0"


async def logged_in(hub: Hub, email: str = EMAIL, agent: str = "") -> Page:
    page = await hub.page(user_agent_header=agent or None)
    await page.hello()
    await page.log_in(email)
    return page


async def test_who_is_logged_in_is_told_after_log_in_and_when_the_page_comes_back(
    hub: Hub,
) -> None:
    await hub.people()
    page = await hub.page()
    await page.hello()
    assert page.newest(Account) is None
    token = (await page.log_in()).token
    again = await hub.page()
    await again.hello(token)
    for each in (page, again):
        await each.until(partial(each.newest, Account))
        assert each.newest(Account) == Account(name="Ana", email=EMAIL)


async def test_log_ins_are_listed_with_the_newest_first(hub: Hub) -> None:
    await hub.people()
    await hub.visitor("other@example.org", "Other")
    await logged_in(hub, "other@example.org")
    first = await logged_in(hub, agent=FIREFOX)
    second = await logged_in(hub)
    listed = (await first.ask(ListSessions(), Sessions)).sessions
    assert [(each.browser, each.this) for each in listed] == [
        ("", False),
        ("Firefox, Android", True),
    ]
    assert listed[0].created_at >= listed[1].created_at
    ended = await first.ask(EndSession(session=listed[0].id), Sessions)
    assert [each.id for each in ended.sessions] == [listed[1].id]
    await second.until(lambda: second.newest(LoggedOut))
    assert first.newest(LoggedOut) is None


@pytest.mark.parametrize(
    ("change", "done"),
    [
        (ChangePassword(password=PASSWORD, new_password="another long one"), PasswordChanged),
        (DeleteAccount(password=PASSWORD), LoggedOut),
    ],
)
async def test_no_log_in_outlasts_the_password_that_it_was_made_with(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, change: Message, done: type[Message]
) -> None:
    await hub.people()
    page, other = await logged_in(hub), await hub.page()
    await other.hello()
    people = hub.services.store.people
    add = people.add_session

    async def late(*args: Any) -> None:
        await page.ask(change, done)
        await add(*args)

    monkeypatch.setattr(people, "add_session", late)
    assert (await other.refused(LogIn(email=EMAIL, password=PASSWORD))).code == "wrong-log-in"


async def test_all_others_end_at_once_and_nobody_elses(hub: Hub) -> None:
    await hub.people()
    await hub.visitor("other@example.org", "Other")
    stranger = await logged_in(hub, "other@example.org")
    pages = [await logged_in(hub) for _ in range(3)]
    (theirs,) = (await stranger.ask(ListSessions(), Sessions)).sessions
    refused = await pages[0].refused(EndSession(session=theirs.id))
    assert (refused.about, refused.code) == ("end-session", "unknown-session")
    (mine,) = (await pages[0].ask(EndSession(), Sessions)).sessions
    assert mine.this
    for each in pages[1:]:
        await each.until(partial(each.newest, LoggedOut))
    assert stranger.newest(LoggedOut) is None
    # Log-out is what ends the asking one.
    assert (await pages[0].refused(EndSession(session=mine.id))).code == "unknown-session"


async def test_when_somebody_was_there_last_is_kept_once_a_minute(hub: Hub) -> None:
    await hub.people()
    page = await logged_in(hub)
    (first,) = (await page.ask(ListSessions(), Sessions)).sessions
    assert first.seen_at == first.created_at
    hub.pass_time(SEEN_EVERY_S / 2)
    await page.ask(Ping(sent=1.0), Pong)
    assert (await page.ask(ListSessions(), Sessions)).sessions == (first,)
    hub.pass_time(SEEN_EVERY_S)
    (later,) = (await page.ask(ListSessions(), Sessions)).sessions
    assert later.seen_at >= first.seen_at + 1.5 * SEEN_EVERY_S


@pytest.mark.parametrize("message", [ListSessions(), EndSession()])
async def test_log_ins_are_told_only_to_whom_they_belong(
    hub: Hub, message: ListSessions | EndSession
) -> None:
    page = await hub.page()
    await page.hello()
    assert (await page.refused(message)).code == "not-logged-in"
