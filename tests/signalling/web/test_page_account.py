"""The visitor's account on the family's page, in a real Chromium: from sign-up to its end."""

from __future__ import annotations

import time

import pytest
from playwright.async_api import Page, expect

from signalling.account_messages import (
    ChangeEmail,
    ChangePassword,
    CreateAccount,
    DeleteAccount,
    EndSession,
    ForgotPassword,
    LoggedOut,
    LogIn,
    ResendVerification,
    ResetPassword,
    UseLanguage,
    VerifyEmail,
)
from signalling.messages import Hello, Refused
from tests.signalling.web.fake_accounts import TOKEN, a_session
from tests.signalling.web.fake_hub import EMAIL, PASSWORD, FakeHub
from tests.signalling.web.steps import log_in, on_screen, picture, type_in

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def wrong(page: Page, field: str, fault: str) -> None:
    """The fault stands beside the field, the field says so, and is where one types next."""
    said = page.locator(f'[data-field-error="{field}"]')
    await expect(said).to_have_attribute("data-code", fault)
    typed = page.locator(f"#{field}")
    await expect(typed).to_be_focused()
    await expect(typed).to_have_attribute("aria-invalid", "true")
    described = await typed.get_attribute("aria-describedby") or ""
    assert await said.get_attribute("id") in described.split()


async def test_a_form_names_what_is_wrong_beside_the_field(hub: FakeHub, page: Page) -> None:
    for email, password, field, fault in (
        ("", PASSWORD, "email", "empty"),
        ("maria", PASSWORD, "email", "email"),
        (EMAIL, "", "password", "empty"),
    ):
        await type_in(page, "log-in", email=email, password=password)
        await wrong(page, field, fault)
        await expect(page.locator("[data-field-error]")).to_have_count(1)
        await expect(page.locator("#email")).to_have_value(email)
    await page.click("#switch-entry")
    await expect(page.locator("[data-field-error]")).to_have_count(0)
    await type_in(page, "create-account", name=" ", email="", password="short")
    await wrong(page, "name", "empty")
    await expect(page.locator("[data-field-error]")).to_have_count(3)
    await picture(page, "a-create-wrong")
    await type_in(page, "create-account", name="M" * 81, email=EMAIL, password="ab" * 10)
    await wrong(page, "name", "long")
    await expect(page.locator("[data-field-error=password]")).to_have_attribute("data-code", "weak")
    await expect(page.locator("[data-field-error]")).to_have_count(2)
    assert not [each for each in hub.received if isinstance(each, LogIn | CreateAccount)]
    assert await page.locator("[data-note]").count() == 0


async def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(
    hub: FakeHub, page: Page
) -> None:
    hub.silent = (CreateAccount,)
    await page.click("#switch-entry")
    for code, field, fault in (
        ("bad-email", "email", "email"),
        ("weak-password", "password", "weak"),
    ):
        hub.received.clear()
        await type_in(page, "create-account", name="\u200fمريم", email=EMAIL, password=PASSWORD)
        await hub.got(CreateAccount)
        await hub.send(Refused(about="create-account", code=code, facts={"min_length": 15}))
        await wrong(page, field, fault)
        await expect(page.locator("#email")).to_have_value(EMAIL)
        await expect(page.locator("#password")).to_have_value(PASSWORD)


async def test_an_account_waits_for_the_link_in_the_mail(hub: FakeHub, page: Page) -> None:
    hub.accounts.verified = False
    await page.click("#switch-entry")
    await type_in(
        page, "create-account", name="Maria", email="mari@mail.example", password=PASSWORD
    )
    await on_screen(page, "check-mail")
    await expect(page.locator("#mail-to")).to_have_text("mari@mail.example")
    await picture(page, "a-check-mail")
    await page.click("#resend")
    assert (await hub.got(ResendVerification)).email == "mari@mail.example"
    await expect(page.locator('[data-note="mail-sent"]')).to_be_visible()
    # The address was wrong: all that was typed is still there.
    await page.go_back()
    await on_screen(page, "create-account")
    await expect(page.locator("#name")).to_have_value("Maria")
    await expect(page.locator("#password")).to_have_value(PASSWORD)
    await type_in(page, "create-account", email=EMAIL)
    await on_screen(page, "check-mail")
    await page.click("#to-log-in")
    await expect(page.locator("#email")).to_have_value(EMAIL)
    await expect(page.locator("#password")).to_be_focused()
    await type_in(page, "log-in", password=PASSWORD)
    await expect(page.locator('[data-note="email-not-verified"]')).to_be_visible()
    await picture(page, "a-not-verified")
    hub.received.clear()
    await page.click("#resend")
    await on_screen(page, "check-mail")
    assert (await hub.got(ResendVerification)).email == EMAIL
    await page.goto(f"{hub.url}#verify={TOKEN}")
    assert (await hub.got(VerifyEmail)).token == TOKEN
    await on_screen(page, "log-in")
    await expect(page.locator('[data-note="email-verified"]')).to_be_visible()
    assert await page.evaluate("location.href") == hub.url
    await picture(page, "a-verified")
    await type_in(page, "log-in", password=PASSWORD)
    await on_screen(page, "facility")


async def test_a_link_that_is_too_old_says_so(hub: FakeHub, page: Page) -> None:
    for token, asked in (("x" * 43, True), ("damaged by a mail program", False)):
        hub.received.clear()
        await page.goto(f"{hub.url}#verify={token}")
        await expect(page.locator('[data-note="link-not-valid"]')).to_be_visible()
        assert any(isinstance(each, VerifyEmail) for each in hub.received) is asked
        assert await page.evaluate("location.hash") == ""
        await page.reload()
        await on_screen(page, "log-in")


async def test_a_forgotten_password_is_set_anew_by_mail(hub: FakeHub, page: Page) -> None:
    await page.fill("#email", EMAIL)
    await page.click("#forgot")
    await on_screen(page, "forgot-password")
    await expect(page.locator("#email")).to_have_value(EMAIL)
    await picture(page, "a-forgot")
    await type_in(page, "forgot-password", email="maria")
    await wrong(page, "email", "email")
    await type_in(page, "forgot-password", email=EMAIL)
    await on_screen(page, "check-mail")
    assert (await hub.got(ForgotPassword)).email == EMAIL
    await picture(page, "a-check-mail-reset")
    await page.goto(f"{hub.url}#reset={TOKEN}")
    await on_screen(page, "new-password")
    assert await page.evaluate("location.hash") == ""
    await picture(page, "a-new-password")
    await type_in(page, "reset-password", **{"new-password": "short"})
    await wrong(page, "new-password", "short")
    await type_in(page, "reset-password", **{"new-password": PASSWORD})
    assert (await hub.got(ResetPassword)).password == PASSWORD
    await on_screen(page, "log-in")
    await expect(page.locator('[data-note="password-changed"]')).to_be_visible()


async def open_account(page: Page) -> None:
    await page.click("#account")
    await on_screen(page, "account")


async def test_the_account_is_changed_with_the_password(hub: FakeHub, page: Page) -> None:
    hub.accounts.name = "\u0645\u0631\u064a\u0645 <b>O'Neil</b>"
    await log_in(page)
    assert (await hub.got(UseLanguage)).language == "en"
    await open_account(page)
    await expect(page.locator("h2 bdi")).to_have_text(hub.accounts.name)
    await page.click("#to-change-email")
    await type_in(page, "change-email", **{"new-email": "ana@mail", "email-password": "no"})
    await wrong(page, "email-password", "wrong")
    await picture(page, "h-change-email")
    await type_in(page, "change-email", **{"email-password": PASSWORD})
    assert (await hub.got(ChangeEmail)).email == "ana@mail"
    await expect(page.locator("#pending-email")).to_contain_text("ana@mail")
    await expect(page.locator("#change-email")).to_have_count(0)
    await page.click("#to-change-password")
    await type_in(page, "change-password", **{"old-password": PASSWORD, "new-password": "short"})
    await wrong(page, "new-password", "short")
    await picture(page, "h-change-password")
    await type_in(page, "change-password", **{"new-password": "the sea runs to the river"})
    assert (await hub.got(ChangePassword)).password == PASSWORD
    await expect(page.locator('[data-note="password-changed"]')).to_be_visible()
    await page.click("#language")
    await expect(page.locator("h1")).to_have_text("Su cuenta")
    assert (await hub.got(UseLanguage)).language == "es"
    await page.go_back()
    await on_screen(page, "appointments")
    await page.goto(f"{hub.url}#verify={TOKEN}")
    await on_screen(page, "account")
    await expect(page.locator('[data-note="email-verified"]')).to_be_visible()


async def test_other_log_ins_are_seen_and_ended(hub: FakeHub, page: Page) -> None:
    hub.accounts.sessions += [
        a_session("phone", "Firefox, Android", 7200),
        a_session("odd", "", 3 * 86400),
    ]
    await log_in(page)
    await open_account(page)
    row = page.locator('[data-session="phone"]')
    await expect(row).to_contain_text("Firefox, Android")
    await expect(row).to_contain_text("2 hours ago")
    await expect(page.locator('[data-session="here"] button')).to_have_count(0)
    await picture(page, "h-account")
    await page.click('[data-end-session="phone"]')
    assert (await hub.got(EndSession)).session == "phone"
    await expect(row).to_have_count(0)
    hub.accounts.sessions.append(a_session("more", "Edge, Windows", 60))
    await page.click("#back")
    await open_account(page)
    await page.click("#end-others")
    await expect(page.locator("[data-session]")).to_have_count(1)
    assert (await hub.got(EndSession)).session is None
    # Now this one is ended elsewhere.
    await hub.send(LoggedOut())
    await on_screen(page, "log-in")
    await expect(page.locator('[data-note="not-logged-in"]')).to_be_visible()
    hub.silent = (LogIn,)
    hub.received.clear()
    await type_in(page, "log-in", email=EMAIL, password=PASSWORD)
    await hub.got(LogIn)
    until = time.time() + 7201
    await hub.send(Refused(about="log-in", code="too-many-tries", facts={"unlock_at": until}))
    await expect(page.locator('[data-note="too-many-tries"]')).to_contain_text("in 2 hours")


async def test_an_account_is_deleted_only_with_the_password(hub: FakeHub, page: Page) -> None:
    await log_in(page)
    await open_account(page)
    await page.click("#to-delete")
    await expect(page.locator("#delete-password")).to_be_focused()
    await type_in(page, "delete-account", **{"delete-password": "no"})
    await wrong(page, "delete-password", "wrong")
    await picture(page, "h-delete")
    await page.click("#keep-account")
    await expect(page.locator("#sheet")).to_be_hidden()
    await page.click("#to-delete")
    await type_in(page, "delete-account", **{"delete-password": PASSWORD})
    assert (await hub.got(DeleteAccount)).password == PASSWORD
    await on_screen(page, "log-in")
    await expect(page.locator('[data-note="account-deleted"]')).to_be_visible()
    await page.reload()
    await on_screen(page, "log-in")


async def test_a_browser_that_keeps_nothing_is_logged_in_as_long_as_the_page(
    hub: FakeHub, page: Page
) -> None:
    await page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name,"
        " { get() { throw new DOMException('blocked', 'SecurityError'); } });"
    )
    await page.reload()
    await on_screen(page, "log-in")
    await log_in(page)
    hub.received.clear()
    await hub.cut()
    hub.answering = True
    assert (await hub.got(Hello)).token == "t" * 43
    await on_screen(page, "appointments")
    await page.click("#log-out")
    await on_screen(page, "log-in")
    await page.reload()
    await on_screen(page, "log-in")
