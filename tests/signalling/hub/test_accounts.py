"""Accounts, log-in, throttling, sessions."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from config.schema import Limits
from signalling.account_messages import EmailVerified, VerifyEmail
from signalling.hub import staff_commands as ask
from signalling.hub.accounts import DAY_S, WINDOW_S
from signalling.hub.passwords import THREADS
from signalling.hub.throttle import MAX_KEYS, Throttle
from signalling.messages import (
    AccountCreated,
    CreateAccount,
    FacilityLogIn,
    Join,
    LoggedOut,
    LogIn,
    LogOut,
    Press,
    Refused,
)
from tests.signalling.hub.harness import EMAIL, PASSWORD, Hub, eventually, hub_config, running_hub
from tests.signalling.hub.mails import token_to

TRIES, ACCOUNT_TRIES = Limits().log_in_tries, Limits().log_in_tries_per_account

NEW = "new@example.org"


async def test_sign_up_answers_alike_for_a_known_mail_and_keeps_the_first_password(
    hub: Hub,
) -> None:
    page = await hub.page()
    await page.hello()
    first = CreateAccount(email=NEW, password=PASSWORD, name="Nia")
    second = CreateAccount(email=NEW.upper(), password="another long password", name="Eve")
    for message in (first, second):
        assert await page.ask(message, AccountCreated) == AccountCreated()
    assert (await page.refused(LogIn(email=NEW, password=second.password))).code == "wrong-log-in"
    await page.ask(VerifyEmail(token=await token_to(hub, NEW)), EmailVerified)
    assert (await page.log_in(NEW)).name == "Nia"


NOT_ONE = [
    ":%b^;&~@;*;;{.ab",
    ",().>`:@*\\.ab",
    "(+):?[$@+}.ab",
    "a,b@example.org",
    "<a@example.org",
]
"""What a mail's header takes for several addresses, or for another one, or fails over."""


@pytest.mark.parametrize(
    "email", ["ana@example", "ana@.org", "ana@example.", "añ@example.org", *NOT_ONE]
)
async def test_an_address_that_no_mail_reaches_is_refused(hub: Hub, email: str) -> None:
    page = await hub.page()
    await page.hello()
    refused = await page.refused(CreateAccount(email=email, password=PASSWORD, name="Ana"))
    assert (refused.about, refused.code) == ("create-account", "bad-email")


async def test_wrong_and_unknown_are_answered_alike_and_shut_alike(hub: Hub) -> None:
    await hub.people()
    page = await hub.page()
    await page.hello()
    for email in (EMAIL, "nobody@example.org"):
        tries = LogIn(email=email, password="wrong password!")
        codes = [(await page.refused(tries)).code for _ in range(TRIES)]
        assert codes == ["wrong-log-in"] * TRIES
        shut = await page.refused(LogIn(email=email, password=PASSWORD))
        assert shut.code == "too-many-tries"
        unlock_at = shut.facts["unlock_at"]
        assert isinstance(unlock_at, float)
        assert 0 < unlock_at - hub.clock() <= WINDOW_S
    hub.pass_time(WINDOW_S + 1)
    await page.log_in()


async def test_a_stranger_shuts_out_himself_and_not_the_family(hub: Hub) -> None:
    await hub.people()
    wrong = LogIn(email=EMAIL, password="wrong password!")
    strangers = ["203.0.113.7", "2001:db8::1", "2001:db8::2:1"]  # the last two are one line
    codes = []
    for address in strangers:
        page = await hub.page(additional_headers={"X-Forwarded-For": address})
        await page.hello()
        codes.append([(await page.refused(wrong)).code for _ in range(TRIES)])
    assert codes == [["wrong-log-in"] * TRIES] * 2 + [["too-many-tries"] * TRIES]
    family = await hub.page(additional_headers={"X-Forwarded-For": "198.51.100.1"})
    await family.hello()
    await family.log_in()


async def test_from_everywhere_an_account_has_its_most_tries(hub: Hub) -> None:
    await hub.people()
    wrong = LogIn(email=EMAIL, password="wrong password!")
    for number in range(ACCOUNT_TRIES // TRIES):
        page = await hub.page(additional_headers={"X-Forwarded-For": f"203.0.113.{number}"})
        await page.hello()
        for _ in range(TRIES):
            assert (await page.refused(wrong)).code == "wrong-log-in"
    page = await hub.page(additional_headers={"X-Forwarded-For": "198.51.100.1"})
    await page.hello()
    assert (await page.refused(wrong)).code == "too-many-tries"


async def test_tries_side_by_side_are_tries_too(hub: Hub) -> None:
    await hub.people()
    pages = [await hub.page() for _ in range(TRIES + 5)]
    for page in pages:
        await page.hello()
    for page in pages:
        await page.send(LogIn(email=EMAIL, password="wrong password!"))
    await eventually(lambda: all(page.newest(Refused) for page in pages))
    codes = [page.newest(Refused).code for page in pages]  # type: ignore[union-attr]
    assert codes.count("wrong-log-in") == TRIES


async def test_log_in_rotates_the_token_and_only_its_hash_is_kept(hub: Hub, tmp_path: Path) -> None:
    await hub.people()
    page = await hub.page()
    await page.hello()
    first, second = await page.log_in(), None
    assert len(first.token) >= 43  # 256 bits in base64
    second = await page.ask(LogIn(email=EMAIL, password=PASSWORD), type(first))
    assert second.token != first.token
    again = await hub.page()
    assert (await again.hello(first.token)).name is None
    again = await hub.page()
    assert (await again.hello(second.token)).name == "Ana"
    everything = b"".join(path.read_bytes() for path in (tmp_path / "state").glob("visits.db*"))
    assert second.token.encode() not in everything
    assert hashlib.sha256(second.token.encode()).hexdigest().encode() in everything
    assert PASSWORD.encode() not in everything


async def test_facility_log_in_asks_again_and_needs_an_approval(hub: Hub) -> None:
    await hub.people()
    await hub.do(ask.VisitorAdd(email=NEW, name="Nia", password=PASSWORD))
    page = await hub.page()
    await page.hello()
    await page.log_in(NEW)
    for facility, password, code in (
        ("south", PASSWORD, "unknown-facility"),
        ("north", "wrong password!", "wrong-log-in"),
        ("north", PASSWORD, "not-approved"),
    ):
        refused = await page.refused(FacilityLogIn(facility=facility, password=password))
        assert refused.code == code


async def test_log_out_reaches_every_page_of_the_session_and_frees_the_visit(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    token = (await page.ask(LogIn(email=EMAIL, password=PASSWORD), type(await page.log_in()))).token
    one, two = await hub.page(), await hub.page()
    for each in (one, two):
        await each.hello(token)
        await each.open()
    await two.join(visit, "page-two")
    await terminal.sees(lambda view: view.page == "page-two")
    await one.ask(LogOut(), LoggedOut)
    await two.until(lambda: two.newest(LoggedOut))
    await terminal.sees(lambda view: view.page is None)
    assert (await two.refused(Join(visit=visit, page="p"))).code == "not-logged-in"
    assert (await (await hub.page()).hello(token)).name is None


async def test_a_session_ends_by_itself(hub: Hub) -> None:
    await hub.people()
    page = await hub.ready_page()
    hub.pass_time(14 * DAY_S + 1)
    assert (await page.refused(LogOut())).code == "not-logged-in"
    assert page.newest(LoggedOut)


async def test_no_session_ends_in_a_visit(hub: Hub) -> None:
    """The facility log-in asks the password again, and the session begins anew."""
    await hub.people()
    page, terminal = await hub.page(), await hub.ready_terminal()
    await page.hello()
    await page.log_in()
    hub.pass_time(14 * DAY_S - 60)
    await page.open()
    visit = await hub.book(seconds=600)
    await terminal.sign_in()
    await page.join(visit)
    hub.pass_time(61)
    await page.press(visit)
    await page.sees(visit, lambda view: view.begun_at is not None)


async def test_a_page_whose_session_ran_out_frees_the_visit(hub: Hub) -> None:
    await hub.people()
    page, visit = await hub.ready_page(), await hub.book()
    await page.join(visit)
    (at_hub,) = hub.services.switchboard.pages
    assert at_hub.session is not None
    at_hub.session = replace(at_hub.session, expires_at=hub.clock())
    await page.ask(Press(visit=visit, page=page.page), LoggedOut)
    live = hub.services.visits.get(visit)
    assert live is not None
    assert (live.holder, live.pages) == (None, {})


async def test_too_many_log_ins_at_once_are_told_so(tmp_path: Path) -> None:
    config = hub_config(tmp_path / "s", limits=Limits(password_hash_queue=1))
    async with running_hub(config) as hub:
        await hub.people()
        pages = [await hub.page() for _ in range(THREADS + 6)]
        for page in pages:
            await page.hello()
        for page in pages:
            await page.send(LogIn(email=EMAIL, password="wrong password!"))
        await eventually(lambda: all(page.newest(Refused) for page in pages))
        codes = sorted(page.newest(Refused).code for page in pages)  # type: ignore[union-attr]
        assert codes[0] == "busy"
        assert codes.count("wrong-log-in") >= THREADS + 1


def test_throttle_forgets_the_oldest_and_the_past() -> None:
    throttle = Throttle(2, 100.0)
    throttle.failed("a", 0.0)
    assert throttle.shut_until("a", 1.0) is None
    throttle.failed("a", 10.0)
    assert throttle.shut_until("a", 99.0) == 100.0
    assert throttle.shut_until("a", 100.0) is None
    throttle.failed("a", 200.0)
    assert throttle.shut_until("a", 200.0) is None
    throttle.failed("a", 201.0)
    assert throttle.shut_until("a", 202.0) == 300.0
    for number in range(MAX_KEYS + 1):
        throttle.failed(str(number), 300.0)
        throttle.failed(str(number), 300.0)
    assert throttle.shut_until("0", 300.0) is None
    assert throttle.shut_until("1", 300.0) == 400.0
