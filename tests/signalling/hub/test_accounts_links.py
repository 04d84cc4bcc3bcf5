"""Log-in before the link was followed, links again, forgotten passwords."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from config.schema import Limits
from signalling.account_messages import (
    EmailVerified,
    ForgotPassword,
    MailSent,
    PasswordChanged,
    ResendVerification,
    ResetPassword,
    VerifyEmail,
)
from signalling.hub.account_links import HOUR_S
from signalling.hub.tries import Try
from signalling.messages import (
    AccountCreated,
    CreateAccount,
    LoggedOut,
    LogIn,
    Message,
)
from tests.signalling.hub.harness import EMAIL, PASSWORD, Hub, Page
from tests.signalling.hub.mails import mails_to, token_to

ACCOUNT_TRIES = Limits().log_in_tries_per_account

NEW = "new@example.org"
NOBODY = "nobody@example.org"
OTHER_PASSWORD = "another long password"


async def greeted(hub: Hub) -> Page:
    page = await hub.page()
    await page.hello()
    return page


async def signed_up(hub: Hub) -> Page:
    page = await greeted(hub)
    await page.ask(CreateAccount(email=NEW, password=PASSWORD, name="Nia"), AccountCreated)
    return page


async def test_only_the_right_password_is_told_that_the_link_is_missing(hub: Hub) -> None:
    page = await signed_up(hub)
    assert (await page.refused(LogIn(email=NEW, password=OTHER_PASSWORD))).code == "wrong-log-in"
    assert (await page.refused(LogIn(email=NEW, password=PASSWORD))).code == "email-not-verified"
    await page.ask(VerifyEmail(token=await token_to(hub, NEW)), EmailVerified)
    assert (await page.log_in(NEW)).name == "Nia"


async def test_the_first_link_can_be_had_again_and_each_of_them_works(hub: Hub) -> None:
    page = await signed_up(hub)
    first = await token_to(hub, NEW)
    await page.ask(ResendVerification(email=NEW.upper(), language="es"), MailSent)
    mails = await mails_to(hub, NEW)
    assert [each.subject[:7] for each in mails] == ["Confirm", "Confirm"]
    assert mails[1].subject == "Confirme su correo electrónico"
    # A slow mail may come after the one that was asked for later: the older link holds too.
    await page.ask(VerifyEmail(token=first), EmailVerified)
    await page.ask(ResendVerification(email=NEW), MailSent)
    assert len(await mails_to(hub, NEW)) == 2  # nothing is left to verify


@pytest.mark.parametrize("kind", [ForgotPassword, ResendVerification])
async def test_whoever_asks_for_a_mail_learns_nothing(
    hub: Hub, kind: type[ForgotPassword | ResendVerification]
) -> None:
    await hub.people()
    page = await greeted(hub)
    for email in (EMAIL, NOBODY):
        assert await page.ask(kind(email=email), MailSent) == MailSent()
    assert await mails_to(hub, NOBODY) == []
    tokens = await hub.services.store.accounts._writer.run(  # type: ignore[attr-defined]
        lambda db: list(db.query("select email from mail_tokens order by email"))
    )
    # As much was written for both.
    assert [each["email"] for each in tokens] == [EMAIL, NOBODY]


async def test_a_forgotten_password_is_set_anew_and_every_log_in_ends(hub: Hub) -> None:
    await hub.people()
    page, elsewhere = await greeted(hub), await greeted(hub)
    await elsewhere.log_in()
    await page.ask(ForgotPassword(email=EMAIL), MailSent)
    token = await token_to(hub, EMAIL, "reset")
    weak = await page.refused(ResetPassword(token=token, password="aaaaaaaaaaaaaaaa"))
    assert weak.code == "weak-password"
    reset = ResetPassword(token=token, password=OTHER_PASSWORD)
    await page.ask(reset, PasswordChanged)
    await elsewhere.until(lambda: elsewhere.newest(LoggedOut))
    assert (await page.refused(reset)).code == "link-not-valid"
    assert (await page.refused(LogIn(email=EMAIL, password=PASSWORD))).code == "wrong-log-in"
    await page.log_in(EMAIL, OTHER_PASSWORD)


async def test_setting_a_password_by_mail_verifies_and_voids_the_other_links(hub: Hub) -> None:
    """A stranger who signed up with this address first gets nothing of the account."""
    page = await signed_up(hub)
    strangers = await token_to(hub, NEW)
    await page.ask(ForgotPassword(email=NEW), MailSent)
    mine = await token_to(hub, NEW, "reset")
    await page.ask(ResetPassword(token=mine, password=OTHER_PASSWORD), PasswordChanged)
    assert (await page.refused(VerifyEmail(token=strangers))).code == "link-not-valid"
    await page.log_in(NEW, OTHER_PASSWORD)


async def test_a_link_does_only_what_it_says_and_not_for_long(hub: Hub) -> None:
    page = await signed_up(hub)
    verify = await token_to(hub, NEW)
    await page.ask(ForgotPassword(email=NEW), MailSent)
    reset = await token_to(hub, NEW, "reset")
    wrong: list[Message] = [
        VerifyEmail(token=reset),
        ResetPassword(token=verify, password=OTHER_PASSWORD),
    ]
    for message in wrong:
        assert (await page.refused(message)).code == "link-not-valid"
    hub.pass_time(HOUR_S)
    late = ResetPassword(token=reset, password=OTHER_PASSWORD)
    assert (await page.refused(late)).code == "link-not-valid"


async def test_the_owner_gets_in_by_mail_while_guessing_shuts_the_account(hub: Hub) -> None:
    await hub.people()
    accounts = hub.services.accounts
    for _ in range(ACCOUNT_TRIES):
        await accounts.tries.count([Try(accounts._by_account, EMAIL)])
    page = await greeted(hub)
    assert (await page.refused(LogIn(email=EMAIL, password=PASSWORD))).code == "too-many-tries"
    await page.ask(ForgotPassword(email=EMAIL), MailSent)
    token = await token_to(hub, EMAIL, "reset")
    await page.ask(ResetPassword(token=token, password=OTHER_PASSWORD), PasswordChanged)
    await page.log_in(EMAIL, OTHER_PASSWORD)


async def test_who_forgot_the_password_and_guessed_gets_in_at_once_by_mail(hub: Hub) -> None:
    await hub.people()
    page = await greeted(hub)
    for _ in range(Limits().log_in_tries):
        await page.refused(LogIn(email=EMAIL, password="wrong password!"))
    await page.ask(ForgotPassword(email=EMAIL), MailSent)
    token = await token_to(hub, EMAIL, "reset")
    await page.ask(ResetPassword(token=token, password=OTHER_PASSWORD), PasswordChanged)
    await page.log_in(EMAIL, OTHER_PASSWORD)


async def test_known_and_unknown_addresses_take_the_same_path(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes long is hashing and writing: as much of both for either address."""
    await hub.people()
    page = await greeted(hub)
    passwords, writer = hub.services.accounts._passwords, hub.services.store.people._writer  # type: ignore[attr-defined]
    runs: Counter[str] = Counter()

    def count(of: object, name: str) -> None:
        real = getattr(of, name)

        async def counted(*args: object) -> object:
            runs[name] += 1
            return await real(*args)

        monkeypatch.setattr(of, name, counted)

    count(passwords, "_run")
    count(writer, "run")
    monkeypatch.setattr(hub.services.outbox, "look", lambda: None)  # sending comes after the answer
    kinds: list[Callable[[str], Message]] = [
        lambda email: LogIn(email=email, password=OTHER_PASSWORD),
        lambda email: CreateAccount(email=email, password=OTHER_PASSWORD, name="N"),
        lambda email: ForgotPassword(email=email),
        lambda email: ResendVerification(email=email),
    ]
    for hashes, make in zip((1, 1, 0, 0), kinds, strict=True):
        taken = []
        for email in (EMAIL, NOBODY):
            runs.clear()
            await page.ask(make(email), Message)
            taken.append(dict(runs))
        assert taken[0] == taken[1], make
        assert taken[0].get("_run", 0) == hashes, make
