"""Sign-up and the mails about accounts: links that only the owner of an address can follow."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from signalling.account_messages import EmailVerified, VerifyEmail
from signalling.hub import staff_commands as ask
from signalling.hub.account_links import DAY_S, HOUR_S, MAILS, MAILS_FROM_ADDRESS, MAILS_TO_ONE
from signalling.hub.account_mail_texts import LETTERS, letter_text, mail_language
from signalling.hub.mail_links import link_token, links_key, page_url, with_links
from signalling.messages import AccountCreated, CreateAccount
from tests.signalling.hub.harness import EMAIL, PASSWORD, Hub, Page
from tests.signalling.hub.mails import mails_to, token_to

NEW = "new@example.org"


async def greeted(hub: Hub, address: str = "127.0.0.1") -> Page:
    page = await hub.page(additional_headers={"X-Forwarded-For": address})
    await page.hello()
    return page


def sign_up(email: str = NEW, language: str = "en") -> CreateAccount:
    return CreateAccount(email=email, password=PASSWORD, name="Nia Eve", language=language)


async def test_signing_up_mails_a_link_in_the_visitors_language(hub: Hub) -> None:
    page = await greeted(hub)
    await page.ask(sign_up(language="es-MX"), AccountCreated)
    (mail,) = await mails_to(hub, NEW)
    assert mail.subject == "Confirme su correo electrónico"
    body = hub.services.outbox.body(mail)
    assert re.search(rf"^{hub.url}/#verify=[A-Za-z0-9_-]{{43}}$", body, re.MULTILINE)
    assert "Nia" not in body  # whoever signs up with a stranger's address writes him nothing


async def test_following_the_link_verifies_once(hub: Hub) -> None:
    page = await greeted(hub)
    await page.ask(sign_up(), AccountCreated)
    token = await token_to(hub, NEW)
    verify = VerifyEmail(token=token)
    assert await page.ask(verify, EmailVerified) == EmailVerified(email=NEW)
    assert (await page.refused(verify)).code == "link-not-valid"
    assert (await page.refused(VerifyEmail(token="x" * 43))).code == "link-not-valid"


async def test_a_link_ends_after_three_days(hub: Hub) -> None:
    page = await greeted(hub)
    await page.ask(sign_up(), AccountCreated)
    token = await token_to(hub, NEW)
    hub.pass_time(3 * DAY_S)
    assert (await page.refused(VerifyEmail(token=token))).code == "link-not-valid"


async def test_the_owner_of_a_known_address_is_told_and_nobody_else(hub: Hub) -> None:
    await hub.people()
    page = await greeted(hub)
    assert await page.ask(sign_up(EMAIL.upper()), AccountCreated) == AccountCreated()
    (mail,) = await mails_to(hub, EMAIL)
    assert mail.subject == "You have an account already"
    await token_to(hub, EMAIL, "reset")


async def test_no_token_is_in_the_database(hub: Hub, tmp_path: Path) -> None:
    page = await greeted(hub)
    await page.ask(sign_up(), AccountCreated)
    token = await token_to(hub, NEW)
    everything = b"".join(path.read_bytes() for path in (tmp_path / "state").glob("visits.db*"))
    assert NEW.encode() in everything
    assert token.encode() not in everything
    assert hashlib.sha256(token.encode()).hexdigest().encode() in everything


async def test_nobody_is_bombarded(hub: Hub) -> None:
    page = await greeted(hub, "203.0.113.7")
    for _ in range(MAILS.most):
        await page.ask(sign_up(), AccountCreated)
    refused = await page.refused(sign_up())
    assert refused.code == "too-many-tries"
    unlock_at = refused.facts["unlock_at"]
    assert isinstance(unlock_at, float)
    assert 0 < unlock_at - hub.clock() <= HOUR_S
    # A stranger uses up his own mails, not those that the owner may ask for.
    owner = await greeted(hub, "198.51.100.1")
    await owner.ask(sign_up(), AccountCreated)
    assert len(await mails_to(hub, NEW)) == MAILS.most + 1


async def test_mails_are_bounded_for_one_recipient_and_from_one_address(hub: Hub) -> None:
    links = hub.services.links
    count = links._count_mail
    for number in range(MAILS_TO_ONE.most):
        await count(NEW, f"203.0.113.{number}")
    with pytest.raises(Exception, match="too-many-tries"):
        await count(NEW, "198.51.100.1")
    for number in range(MAILS_FROM_ADDRESS.most):
        await count(f"{number}@example.org", "192.0.2.1")
    with pytest.raises(Exception, match="too-many-tries"):
        await count("one-more@example.org", "192.0.2.1")


async def test_whom_staff_add_needs_no_link(hub: Hub) -> None:
    await hub.do(ask.VisitorAdd(email=NEW, name="Nia", password=PASSWORD))
    added = await hub.services.store.people.visitor_by_email(NEW)
    assert added is not None
    assert added.verified_at == added.created_at


# -- pure -------------------------------------------------------------------------------------


def test_letters_are_plain_and_short_in_both_languages() -> None:
    assert LETTERS["en"].keys() == LETTERS["es"].keys()
    for letters in LETTERS.values():
        for subject, body in letters.values():
            text = with_links(body, "https://visits.example", "t")
            assert "\x01" not in text
            assert not re.search(r"[!¡\n]", subject + body.replace("\n", " "))
            for sentence in re.split(r"[.?:]\s", re.sub(r"https\S+", "", text)):
                assert len(sentence.split()) <= 10, sentence


def test_the_language_of_a_mail_is_one_that_there_is() -> None:
    assert [mail_language(each) for each in ("es", "es-MX", "en", "fr")] == ["es", "es", "en", "en"]
    assert letter_text("reset", "es")[0] == "Ponga una contraseña nueva"


def test_a_token_is_of_its_mail_and_of_the_hubs_key() -> None:
    key, other = links_key(b"a" * 32), links_key(b"b" * 32)
    tokens = {link_token(each, mail) for each in (key, other) for mail in ("verify.1", "verify.2")}
    assert len(tokens) == 4
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)
    assert link_token(key, "verify.1") == link_token(key, "verify.1")


@pytest.mark.parametrize(
    ("public_url", "listening_at", "page"),
    [
        ("https://visits.example", "http://0.0.0.0:8080", "https://visits.example"),
        ("", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("", "http://0.0.0.0:8080", "http://localhost:8080"),
        ("", "http://[::]:8080", "http://localhost:8080"),
        ("", "http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_where_families_open_the_page(public_url: str, listening_at: str, page: str) -> None:
    assert page_url(public_url, listening_at) == page
