"""Another password, another e-mail, another language; each with the password where it matters."""

from __future__ import annotations

from functools import partial

import pytest

from config.schema import Limits
from signalling.account_messages import (
    Account,
    ChangeEmail,
    ChangePassword,
    DeleteAccount,
    EmailVerified,
    ForgotPassword,
    MailSent,
    PasswordChanged,
    ResetPassword,
    UseLanguage,
    VerifyEmail,
)
from signalling.hub.account_links import DAY_S
from signalling.messages import LoggedOut, LogIn, Message
from tests.signalling.hub.harness import EMAIL, PASSWORD, Hub, Page
from tests.signalling.hub.mails import mails_to, token_to

TRIES = Limits().log_in_tries

NEW = "new@example.org"
OTHER_PASSWORD = "another long password"


async def logged_in(hub: Hub) -> Page:
    page = await hub.page()
    await page.hello()
    await page.log_in()
    return page


async def test_another_password_ends_the_other_log_ins_and_every_mailed_link(hub: Hub) -> None:
    await hub.people()
    page, elsewhere = await logged_in(hub), await logged_in(hub)
    await page.ask(ForgotPassword(email=EMAIL), MailSent)
    link = await token_to(hub, EMAIL, "reset")
    change = ChangePassword(password=PASSWORD, new_password=OTHER_PASSWORD)
    await page.ask(change, PasswordChanged)
    await elsewhere.until(partial(elsewhere.newest, LoggedOut))
    assert page.newest(LoggedOut) is None
    reset = ResetPassword(token=link, password=PASSWORD)
    assert (await page.refused(reset)).code == "link-not-valid"
    assert (await elsewhere.refused(LogIn(email=EMAIL, password=PASSWORD))).code == "wrong-log-in"
    await elsewhere.log_in(EMAIL, OTHER_PASSWORD)
    assert (await mails_to(hub, EMAIL))[-1].subject == "Your password was changed"


async def test_a_weak_password_is_refused_before_the_old_one_counts(hub: Hub) -> None:
    await hub.people()
    page = await logged_in(hub)
    for _ in range(TRIES + 1):
        weak = await page.refused(ChangePassword(password="wrong", new_password="short"))
        assert (weak.code, weak.facts) == ("weak-password", {"min_length": 15})


@pytest.mark.parametrize(
    "message",
    [
        ChangePassword(password="wrong", new_password=OTHER_PASSWORD),
        ChangeEmail(password="wrong", email=NEW),
        DeleteAccount(password="wrong"),
    ],
)
async def test_guessing_is_slowed_wherever_the_password_is_asked(
    hub: Hub, message: Message
) -> None:
    await hub.people()
    page = await logged_in(hub)
    codes = [(await page.refused(message)).code for _ in range(TRIES + 1)]
    assert codes == ["wrong-log-in"] * TRIES + ["too-many-tries"]
    # It is one count with log-in.
    other = await hub.page()
    await other.hello()
    assert (await other.refused(LogIn(email=EMAIL, password=PASSWORD))).code == "too-many-tries"


async def test_another_email_holds_once_its_link_was_followed(hub: Hub) -> None:
    await hub.people()
    page, elsewhere = await logged_in(hub), await logged_in(hub)
    await page.ask(ChangeEmail(password=PASSWORD, email=NEW.upper()), MailSent)
    waiting = Account(name="Ana", email=EMAIL, new_email=NEW)
    for each in (page, elsewhere):
        await each.until(lambda: each.newest(Account) == waiting)  # noqa: B023 - awaited here
    assert (await mails_to(hub, EMAIL))[-1].subject == "Your e-mail address will change"
    nobody = await hub.page()
    await nobody.hello()
    refused = await nobody.refused(LogIn(email=NEW, password=PASSWORD))
    assert refused.code == "wrong-log-in"
    followed = VerifyEmail(token=await token_to(hub, NEW))
    assert await nobody.ask(followed, EmailVerified) == EmailVerified(email=NEW)
    held = Account(name="Ana", email=NEW)
    for each in (page, elsewhere):
        await each.until(lambda: each.newest(Account) == held)  # noqa: B023 - awaited here
    assert (await nobody.refused(LogIn(email=EMAIL, password=PASSWORD))).code == "wrong-log-in"
    await nobody.log_in(NEW)
    # The page that asked knows its new address where the password is asked for.
    await page.open()


async def test_the_password_that_holds_is_no_new_one(hub: Hub) -> None:
    await hub.people()
    page, elsewhere = await logged_in(hub), await logged_in(hub)
    same = await page.refused(ChangePassword(password=PASSWORD, new_password=PASSWORD))
    assert same.code == "same-password"
    assert elsewhere.newest(LoggedOut) is None
    assert not [each for each in await mails_to(hub, EMAIL) if "password" in each.key]


async def test_reminders_that_wait_go_to_the_new_email(hub: Hub) -> None:
    await hub.people()
    page = await logged_in(hub)
    await hub.book(start="+200000")
    await page.ask(ChangeEmail(password=PASSWORD, email=NEW), MailSent)
    await page.ask(VerifyEmail(token=await token_to(hub, NEW)), EmailVerified)
    for email, count in ((EMAIL, 0), (NEW, 2)):
        mails = await mails_to(hub, email)
        assert sum(each.key.startswith("remind.") for each in mails) == count


async def test_only_the_newest_wish_can_be_followed_and_ones_own_takes_it_back(hub: Hub) -> None:
    await hub.people()
    page = await logged_in(hub)
    await page.ask(ChangeEmail(password=PASSWORD, email="first@example.org"), MailSent)
    first = await token_to(hub, "first@example.org")
    await page.ask(ChangeEmail(password=PASSWORD, email=NEW), MailSent)
    second = await token_to(hub, NEW)
    assert (await page.refused(VerifyEmail(token=first))).code == "link-not-valid"
    await page.ask(ChangeEmail(password=PASSWORD, email=EMAIL), MailSent)
    assert (await page.refused(VerifyEmail(token=second))).code == "link-not-valid"
    assert page.newest(Account) == Account(name="Ana", email=EMAIL)


async def test_whether_the_other_email_is_known_is_told_to_its_owner_alone(hub: Hub) -> None:
    await hub.people()
    await hub.visitor("maria@example.org", "Maria")
    page = await logged_in(hub)
    taken = ChangeEmail(password=PASSWORD, email="maria@example.org")
    assert await page.ask(taken, MailSent) == MailSent()
    waiting = Account(name="Ana", email=EMAIL, new_email="maria@example.org")
    await page.until(lambda: page.newest(Account) == waiting)
    (mail,) = await mails_to(hub, "maria@example.org")
    assert mail.subject == "Your address stays with your account"
    assert "http" not in hub.services.outbox.body(mail)


async def test_who_is_first_has_an_email_that_two_wish_for(hub: Hub) -> None:
    await hub.people()
    await hub.visitor("maria@example.org", "Maria")
    ana = await logged_in(hub)
    await ana.ask(ChangeEmail(password=PASSWORD, email=NEW), MailSent)
    anas = await token_to(hub, NEW)
    maria = await hub.page()
    await maria.hello()
    await maria.log_in("maria@example.org")
    await maria.ask(ChangeEmail(password=PASSWORD, email=NEW), MailSent)
    await maria.ask(VerifyEmail(token=await token_to(hub, NEW)), EmailVerified)
    assert (await ana.refused(VerifyEmail(token=anas))).code == "link-not-valid"


async def test_a_wish_ends_with_its_link(hub: Hub) -> None:
    await hub.people()
    page = await logged_in(hub)
    await page.ask(ChangeEmail(password=PASSWORD, email=NEW), MailSent)
    hub.pass_time(3 * DAY_S)
    await page.ask(ForgotPassword(email="anybody@example.org"), MailSent)
    await page.log_in()
    await page.until(lambda: page.newest(Account) == Account(name="Ana", email=EMAIL))


async def test_mails_are_in_the_language_that_the_page_is_read_in(hub: Hub) -> None:
    await hub.people()
    page = await logged_in(hub)
    await page.send(UseLanguage(language="es"))
    change = ChangePassword(password=PASSWORD, new_password=OTHER_PASSWORD)
    await page.ask(change, PasswordChanged)
    assert (await mails_to(hub, EMAIL))[-1].subject == "Su contraseña fue cambiada"
