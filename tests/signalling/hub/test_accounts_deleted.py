"""The end of an account: nothing of it stays but its id in the logs of its visits."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from signalling.account_messages import ChangeEmail, DeleteAccount, MailSent
from signalling.errors import UserError
from signalling.hub import staff_commands as ask
from signalling.hub.store.sqlite_tables import connect
from signalling.messages import AccountCreated, CreateAccount, LoggedOut, LogIn
from tests.signalling.hub.harness import EMAIL, NUMBER, PASSWORD, Hub, hub_config, running_hub
from tests.signalling.hub.mails import mails_to

DELETE = DeleteAccount(password=PASSWORD)
GUEST = "guest@example.org"


async def test_an_account_ends_with_what_it_booked_and_others_visits_go_on_without_it(
    hub: Hub,
) -> None:
    await hub.people()
    await hub.visitor(GUEST, "Gil")
    own = await hub.book(start="+600", visitors=(EMAIL, GUEST))
    invited = await hub.book(start="+6000", visitors=(GUEST, EMAIL))
    page, elsewhere = await hub.ready_page(), await hub.ready_page()
    await page.ask(DELETE, LoggedOut)
    await elsewhere.until(partial(elsewhere.newest, LoggedOut))
    assert (await page.refused(LogIn(email=EMAIL, password=PASSWORD))).code == "wrong-log-in"
    assert (await hub.kinds(own))[-1] == "ended"
    assert await hub.kinds(invited) == ["booked", "visitor-declined"]
    live = hub.services.visits.get(invited)
    assert live is not None
    assert [person.name for person in live.people] == ["Gil"]
    (left,) = await hub.do(ask.VisitorList())
    assert left["email"] == GUEST
    # The address may be used for another account, which has nothing of the first.
    again = CreateAccount(email=EMAIL, password=PASSWORD, name="Another")
    await page.ask(again, AccountCreated)
    assert [each["approved"] for each in await hub.do(ask.VisitorList())] == [[], left["approved"]]


async def test_who_wished_for_anothers_email_takes_none_of_its_mails_along(hub: Hub) -> None:
    await hub.people()
    await hub.visitor(GUEST, "Gil")
    await hub.book(start="+200000")
    page = await hub.page()
    await page.hello()
    await page.log_in(GUEST)
    await page.ask(ChangeEmail(password=PASSWORD, email=EMAIL), MailSent)
    before = await mails_to(hub, EMAIL)
    assert sum(each.key.startswith("remind.") for each in before) == 2
    await page.ask(DELETE, LoggedOut)
    kept = await mails_to(hub, EMAIL)
    assert [each.key for each in kept] == [each.key for each in before]


async def test_the_mail_to_a_new_email_goes_with_the_account(hub: Hub) -> None:
    await hub.people()
    page = await hub.page()
    await page.hello()
    await page.log_in()
    await page.ask(ChangeEmail(password=PASSWORD, email="other@example.org"), MailSent)
    assert await mails_to(hub, "other@example.org")
    await page.ask(DELETE, LoggedOut)
    assert await mails_to(hub, "other@example.org") == []


async def test_no_account_ends_in_a_visit(hub: Hub) -> None:
    _, page, visit = await hub.begun()
    refused = await page.refused(DELETE)
    assert (refused.about, refused.code) == ("delete-account", "in-a-visit")
    assert (await hub.kinds(visit))[-1] != "ended"
    await hub.do(ask.VisitTerminate(visit=visit))
    await page.ask(DELETE, LoggedOut)


async def test_a_visit_that_begins_meanwhile_keeps_the_account(hub: Hub) -> None:
    _, _, visit = await hub.begun()
    live = hub.services.visits.get(visit)
    assert live is not None
    with pytest.raises(UserError, match="in-a-visit"):
        await hub.services.own_account._take_off(live, live.visit.visitors[0])


async def test_name_and_mail_are_gone_from_the_database(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with running_hub(hub_config(state)) as hub:
        await hub.people()
        await hub.book(start="+600")
        page = await hub.ready_page()
        await page.ask(DELETE, LoggedOut)
        shown = next(iter(await hub.do(ask.VisitList())))["visitors"]
    db = connect(state / "visits.db")
    # The audit, too, knows people by their ids.
    tables = db.table_names()
    ((who,),) = db.execute("select id from visitors")
    rows = {name: [tuple(row) for row in db.execute(f"select * from {name}")] for name in tables}
    db.close()
    text = repr(rows)
    assert EMAIL not in text
    assert "Ana" not in text
    assert NUMBER in text
    assert rows["sessions"] == rows["mail_tokens"] == rows["approvals"] == rows["familiar"] == []
    assert shown == ["(erased)"]
    assert who in repr(rows["events"])
