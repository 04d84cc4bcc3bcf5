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
from signalling.hub.ended_sessions import MOST, REMEMBERED_S, EndedSessions
from signalling.hub.own_account import SEEN_EVERY_S
from signalling.hub.store.records import Session
from signalling.messages import LoggedIn, LoggedOut, LogIn, Message, Ping, Pong
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


async def test_a_log_in_that_ends_before_its_page_knows_of_it_logs_nobody_in(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.people()
    page, other, again = await logged_in(hub), await logged_in(hub), await hub.page()
    people, logged_on = hub.services.store.people, other.newest(LoggedIn)
    assert logged_on is not None
    read, add = people.session, people.add_session

    async def ended_after_reading(token_hash: str) -> Session | None:
        session = await read(token_hash)
        await page.ask(EndSession(session=None), Sessions)
        return session

    with monkeypatch.context() as late:
        late.setattr(people, "session", ended_after_reading)
        assert (await again.hello(logged_on.token)).name is None

    async def ended_after_adding(*args: Any) -> None:
        await add(*args)
        await page.ask(EndSession(session=None), Sessions)

    monkeypatch.setattr(people, "add_session", ended_after_adding)
    assert (await again.refused(LogIn(email=EMAIL, password=PASSWORD))).code == "wrong-log-in"
    assert (await again.refused(ListSessions())).code == "not-logged-in"
    assert len(hub.services.switchboard.pages_of(page_visitor(hub))) == 1


def page_visitor(hub: Hub) -> str:
    (visitor,) = {each.visitor.id for each in hub.services.switchboard.pages if each.visitor}
    return visitor


def test_log_ins_that_ended_are_remembered_for_a_minute_and_not_without_end() -> None:
    ended = EndedSessions()
    ended.add("a", 0.0)
    ended.add("b", REMEMBERED_S)
    assert "a" in ended
    ended.add("c", REMEMBERED_S + 1.0)
    assert "a" not in ended
    assert "b" in ended
    for number in range(MOST):
        ended.add(str(number), REMEMBERED_S + 1.0)
    assert "c" not in ended
    assert "0" in ended


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
