"""Mails that do not go out: tried again, given up, listed, sent by hand. Over real SMTP."""

from __future__ import annotations

import asyncio
import ssl
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from config.schema import MailServer
from signalling.account_messages import EmailVerified, VerifyEmail
from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.outbox import GIVEN_UP_AFTER_S, LONGEST_RETRY_S, as_message, why_refused
from signalling.hub.store.records import Mail
from signalling.messages import AccountCreated
from tests.signalling.hub.commands import Cli
from tests.signalling.hub.harness import EMAIL, NUMBER, Hub, hub_config, running_hub
from tests.signalling.hub.mail_server import make_certificate, post_office
from tests.signalling.hub.mails import token_to
from tests.signalling.hub.test_accounts_mail import NEW, greeted, sign_up
from tests.signalling.hub.test_staff import cli as cli  # a fixture
from tests.signalling.hub.test_staff import seed
from tests.signalling.hub.test_staff import toml as toml

ANA, NOBODY = "ana@example.org", "nobody@example.org"
GONE, LATER = "550 5.1.1 no such person", "451 4.7.1 come back later"


async def tried(hub: Hub, key: str, tries: int) -> Mail:
    """Wait until a mail was tried so often."""
    async with asyncio.timeout(10):
        while True:
            mail = next(each for each in await hub.services.store.outbox.all() if each.key == key)
            if mail.tries >= tries or mail.sent_at is not None:
                return mail
            await asyncio.sleep(0.01)


def server(port: int, tls: str = "none", ca_file: str = "") -> MailServer:
    return MailServer(host="127.0.0.1", port=port, tls=tls, ca_file=ca_file)


async def test_starttls_is_spoken_and_the_certificate_looked_at(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with post_office(certificate) as (post, port):
        trusting = hub_config(tmp_path / "a", mail=server(port, "starttls", str(certificate)))
        async with running_hub(trusting) as hub:
            await hub.services.outbox.put("a", ANA, "Hello", "x")
            assert (await tried(hub, "a", 1)).sent_at is not None
        assert post.arrived == [(ANA, True)]
        wary = hub_config(tmp_path / "b", mail=server(port, "starttls"))
        async with running_hub(wary) as hub:
            await hub.services.outbox.put("a", ANA, "Hello", "x")
            mail = await tried(hub, "a", 1)
        assert "certificate verify failed" in mail.error
        assert mail.failed_at is None  # ca_file is easily mended, and then it goes out
        assert len(post.arrived) == 1


@pytest.mark.parametrize("recipient", [":%b^;&~@;*;;{.ab", "a,b@example.org", "(+):?[$@+}.ab"])
async def test_what_is_not_one_address_gets_no_mail_and_holds_up_no_other(
    tmp_path: Path, recipient: str
) -> None:
    with post_office() as (post, port):
        async with running_hub(hub_config(tmp_path / "s", mail=server(port))) as hub:
            await hub.services.outbox.put("bad", recipient, "Hello", "x")
            assert (await tried(hub, "bad", 1)).failed_at is not None
            await hub.services.outbox.put("good", ANA, "Hello", "x")
            assert (await tried(hub, "good", 1)).sent_at is not None
        assert [each for each, _ in post.arrived] == [ANA]


async def test_a_fault_with_one_mail_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(mail: Mail, sender: str) -> EmailMessage:
        if mail.key == "bad":
            raise AttributeError("the parser of headers")
        return as_message(mail, sender)

    monkeypatch.setattr("signalling.hub.outbox.as_message", fails)
    with post_office() as (_, port):
        async with running_hub(hub_config(tmp_path / "s", mail=server(port))) as hub:
            await hub.services.outbox.put("bad", ANA, "Hello", "x")
            assert "parser" in (await tried(hub, "bad", 1)).error
            await hub.services.outbox.put("good", ANA, "Hello", "x")
            assert (await tried(hub, "good", 1)).sent_at is not None


async def test_a_recipient_who_is_not_there_is_tried_once_until_staff_say_so(
    tmp_path: Path,
) -> None:
    with post_office() as (post, port):
        post.refuses[NOBODY] = GONE
        async with running_hub(hub_config(tmp_path / "s", mail=server(port))) as hub:
            await hub.services.outbox.put("gone", NOBODY, "Hello", "secret words")
            failed = await tried(hub, "gone", 1)
            assert (failed.error, failed.failed_at is not None) == (GONE, True)
            assert await hub.services.store.outbox.next_due_at() is None
            (row,) = await hub.do(ask.MailList())
            assert (row["key"], row["state"], row["tries"]) == ("gone", "failed", 1)
            assert "secret words" not in repr(row)
            post.refuses.clear()
            assert await hub.do(ask.MailRetry(key="gone")) == [{"key": "gone"}]
            assert (await tried(hub, "gone", 2)).sent_at is not None
            assert await hub.do(ask.MailList()) == []
            with pytest.raises(StaffError, match="no mail gone that was not sent"):
                await hub.do(ask.MailRetry(key="gone"))


async def test_who_may_come_back_later_does_for_three_days(tmp_path: Path) -> None:
    with post_office() as (post, port):
        post.refuses[ANA] = LATER
        async with running_hub(hub_config(tmp_path / "s", mail=server(port))) as hub:
            await hub.services.outbox.put("a", ANA, "Hello", "x")
            assert (await tried(hub, "a", 1)).failed_at is None
            hub.pass_time(LONGEST_RETRY_S)
            hub.services.outbox.look()
            assert (await tried(hub, "a", 2)).failed_at is None
            hub.pass_time(GIVEN_UP_AFTER_S)
            hub.services.outbox.look()
            assert (await tried(hub, "a", 3)).failed_at is not None
            post.refuses.clear()
            assert await hub.do(ask.MailRetry()) == [{"key": "a"}]
            assert (await tried(hub, "a", 99)).sent_at is not None


async def test_a_reminder_for_next_week_is_not_given_up_at_its_first_try(tmp_path: Path) -> None:
    with post_office() as (post, port):
        post.refuses[ANA] = LATER
        async with running_hub(hub_config(tmp_path / "s", mail=server(port))) as hub:
            due_at = hub.clock() + 7 * 24 * 3600
            await hub.services.outbox.put("a", ANA, "Hello", "x", due_at=due_at)
            hub.pass_time(7 * 24 * 3600)
            hub.services.outbox.look()
            assert (await tried(hub, "a", 1)).failed_at is None


async def test_the_list_never_shows_a_link(hub: Hub) -> None:
    page = await greeted(hub)
    await page.ask(sign_up(), AccountCreated)
    (mail,) = await hub.services.store.outbox.all()
    token = hub.services.outbox.token(mail.key)
    await tried(hub, mail.key, 1)  # without a server it is in the log at once
    await hub.services.store.outbox._writer.run(  # type: ignore[attr-defined]
        lambda db: db.execute("update outbox set sent_at = null, failed_at = 1.0")
    )
    (row,) = await hub.do(ask.MailList())
    assert row["recipient"] == NEW
    assert token not in repr(row)


def test_the_commands_print_a_table_and_say_what_to_do(cli: Cli) -> None:
    seed(cli)
    cli.json("visit", "book", "--inmate", NUMBER, "--visitor", EMAIL, "--start", "+600")
    (row,) = cli.json("mail", "list")
    assert list(row) == ["key", "state", "recipient", "subject", "due", "due_at", "tries", "error"]
    assert (row["state"], row["recipient"], row["tries"]) == ("waits", EMAIL, 0)
    code, table = cli.run("mail", "list")
    assert (code, row["key"] in table, "UTC" in table) == (0, True, True)
    assert "name one mail" in cli.fails("mail", "retry")
    assert "name one mail" in cli.fails("mail", "retry", row["key"], "--all")
    assert "no mail x" in cli.fails("mail", "retry", "x")
    assert cli.json("mail", "retry", row["key"]) == [{"key": row["key"]}]
    assert cli.json("mail", "retry", "--all") == []


def test_only_what_is_said_of_the_mail_itself_is_for_good() -> None:
    refused = aiosmtplib.SMTPRecipientRefused
    assert why_refused(aiosmtplib.SMTPRecipientsRefused([refused(550, "no", ANA)])) == (
        "550 no",
        True,
    )
    for error, in_vain in (
        (aiosmtplib.SMTPRecipientsRefused([refused(451, "later", ANA)]), False),
        (aiosmtplib.SMTPDataError(554, "looks like spam"), True),
        (aiosmtplib.SMTPDataError(452, "disk full"), False),
        (aiosmtplib.SMTPAuthenticationError(535, "wrong password"), False),
        (aiosmtplib.SMTPSenderRefused(550, "who are you", "visits@localhost"), False),
        (ConnectionRefusedError(111, "refused"), False),
        (ssl.SSLCertVerificationError("not trusted"), False),
        (ValueError("a linefeed in a header"), True),
    ):
        assert why_refused(error)[1] is in_vain, error
    assert why_refused(TimeoutError())[0] == "TimeoutError"


async def test_a_link_that_waited_through_a_restart_still_works(tmp_path: Path) -> None:
    with post_office() as (post, port):
        post.refuses[NEW] = LATER
        config = hub_config(tmp_path / "s", mail=server(port))
        async with running_hub(config) as hub:
            page = await greeted(hub)
            await page.ask(sign_up(), AccountCreated)
            (mail,) = await hub.services.store.outbox.all()
            await tried(hub, mail.key, 1)
        post.refuses.clear()
        async with running_hub(config) as hub:
            await hub.do(ask.MailRetry())
            assert (await tried(hub, mail.key, 2)).sent_at is not None
            page = await greeted(hub)
            await page.ask(VerifyEmail(token=await token_to(hub, NEW)), EmailVerified)
            await page.log_in(NEW)
