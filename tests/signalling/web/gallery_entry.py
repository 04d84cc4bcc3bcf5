"""States of the page before a facility is open: accounts, people, rules."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import msgspec

from signalling.messages import CreateAccount, Hello, LogIn, Refused, Violation
from signalling.wire import Scalar
from tests.signalling.web.fake_accounts import EMAIL, PASSWORD, TOKEN, a_session
from tests.signalling.web.fake_people import a_person
from tests.signalling.web.gallery import Stage, walk


def _fault(field: str) -> str:
    return f'[data-field-error="{field}"]'


@walk("loading", "outdated")
async def loading(stage: Stage) -> AsyncIterator[str]:
    stage.hub.silent = (Hello,)
    await stage.open(screen="loading")
    await stage.see("#language")
    yield "loading"
    await stage.push(Violation(code="unknown-version", detail=""), "body[data-screen=outdated]")
    yield "outdated"


@walk("log-in", "log-in-fields", "log-in-wrong", "log-in-too-many", "log-in-not-verified")
async def log_in(stage: Stage) -> AsyncIterator[str]:
    await stage.open(screen="log-in")
    yield "log-in"
    await stage.type_in("log-in", _fault("email"), email="maria", password="")
    yield "log-in-fields"
    await stage.type_in("log-in", "[data-note=wrong-log-in]", email=EMAIL, password="a guess")
    yield "log-in-wrong"
    stage.hub.silent = (LogIn,)
    await stage.type_in("log-in", email=EMAIL, password=PASSWORD)
    await stage.hub.got(LogIn)
    facts: dict[str, Scalar] = {"unlock_at": time.time() + 7201}
    many = Refused(about="log-in", code="too-many-tries", facts=facts)
    await stage.push(many, "[data-note=too-many-tries]")
    yield "log-in-too-many"
    stage.hub.silent = ()
    stage.hub.accounts.verified = False
    await stage.type_in("log-in", "[data-note=email-not-verified]", email=EMAIL, password=PASSWORD)
    yield "log-in-not-verified"


@walk("log-in-offline")
async def log_in_offline(stage: Stage) -> AsyncIterator[str]:
    await stage.open(screen="log-in")
    await stage.hub.cut()
    await stage.see("#screen .note")
    yield "log-in-offline"


@walk("create-account", "create-account-fields", "create-account-refused", "check-mail")
async def create_account(stage: Stage) -> AsyncIterator[str]:
    await stage.open(screen="log-in")
    await stage.press("#switch-entry", "body[data-screen=create-account]")
    yield "create-account"
    await stage.type_in("create-account", _fault("name"), email="maria", password="short")
    yield "create-account-fields"
    stage.hub.silent = (CreateAccount,)
    await stage.type_in("create-account", name="Maria", email=EMAIL, password=PASSWORD)
    await stage.hub.got(CreateAccount)
    weak = Refused(about="create-account", code="weak-password", facts={"min_length": 15})
    await stage.push(weak, _fault("password"))
    yield "create-account-refused"
    stage.hub.silent = ()
    await stage.type_in("create-account", "body[data-screen=check-mail]")
    yield "check-mail"


@walk("forgot-password", "forgot-password-fields", "check-mail-reset")
async def forgot_password(stage: Stage) -> AsyncIterator[str]:
    await stage.open(screen="log-in")
    await stage.press("#forgot", "body[data-screen=forgot-password]")
    yield "forgot-password"
    await stage.type_in("forgot-password", _fault("email"), email="maria")
    yield "forgot-password-fields"
    await stage.type_in("forgot-password", "body[data-screen=check-mail]", email=EMAIL)
    yield "check-mail-reset"


@walk("new-password", "new-password-fields", "log-in-password-changed")
async def new_password(stage: Stage) -> AsyncIterator[str]:
    await stage.open(fragment=f"#reset={TOKEN}", screen="new-password")
    yield "new-password"
    await stage.type_in("reset-password", _fault("new-password"), new_password="short")
    yield "new-password-fields"
    changed = "[data-note=password-changed]"
    await stage.type_in("reset-password", changed, new_password=PASSWORD)
    yield "log-in-password-changed"


@walk("log-in-old-link")
async def old_link(stage: Stage) -> AsyncIterator[str]:
    await stage.open(fragment=f"#verify={'x' * 43}")
    await stage.see("[data-note=link-not-valid]")
    yield "log-in-old-link"


@walk("facility", "facility-password", "facility-wrong-password")
async def facility(stage: Stage) -> AsyncIterator[str]:
    await stage.open("in", screen="facility")
    await stage.see('[data-facility="lindell"]')
    yield "facility"
    await stage.press('[data-facility="lindell"]', "#facility-password")
    yield "facility-password"
    await stage.type_in("facility-log-in", "[data-note=wrong-log-in]", facility_password="a guess")
    yield "facility-wrong-password"


@walk("people-none", "ask-to-visit", "ask-to-visit-fields", "people-pending", "people-approved")
async def people(stage: Stage) -> AsyncIterator[str]:
    stage.hub.people.people = []
    await stage.open("in", screen="people")
    yield "people-none"
    await stage.press("#to-ask", "body[data-screen=ask-to-visit]")
    yield "ask-to-visit"
    await stage.type_in("request-approval", _fault("inmate-number"), inmate_number="48 20")
    yield "ask-to-visit-fields"
    await stage.page.select_option("#relation", "lawyer")
    await stage.type_in("request-approval", "[data-status=pending]", inmate_number="482017")
    yield "people-pending"
    stage.hub.people.people = [a_person()]
    await stage.push(stage.hub.people.pushed(), "[data-note=approved]")
    yield "people-approved"


@walk("people-answers", "ask-to-visit-again")
async def answers(stage: Stage) -> AsyncIterator[str]:
    stage.hub.people.people = [
        a_person(None, id="q1", inmate_number="482017", status="pending"),
        a_person(
            None, id="q2", inmate_number="51", status="denied", reason="Please send the other side."
        ),
        a_person("Luis", id="p3", inmate_number="33", status="expired"),
        a_person("دانيال", id="p4", inmate_number="4"),
    ]
    await stage.open("in", screen="facility")
    await stage.press("#people", '[data-person="33"]')
    yield "people-answers"
    await stage.press('[data-person="51"] button', "body[data-screen=ask-to-visit]")
    await stage.page.locator("#relation option[value=mother]").wait_for(state="attached")
    await stage.press("#request-approval", _fault("inmate-number"))
    yield "ask-to-visit-again"


@walk("rules")
async def rules(stage: Stage) -> AsyncIterator[str]:
    text = {
        "en": "Dress as for a visit in person.\n\nDo not record. Do not show other people.",
        "es": "Vista como para una visita en persona.\n\nNo grabe. No muestre a otras personas.",
    }
    terms = msgspec.structs.replace(stage.hub.people.terms, rules_version="2", rules=text)
    stage.hub.people.terms = terms
    await stage.facility("rules")
    yield "rules"


@walk("account", "account-email", "account-email-waits", "account-password", "account-delete")
async def account(stage: Stage) -> AsyncIterator[str]:
    stage.hub.accounts.sessions += [
        a_session("phone", "Firefox, Android", 7200),
        a_session("odd", "", 3 * 86400),
    ]
    await stage.facility()
    await stage.press("#account", "body[data-screen=account]")
    await stage.see('[data-session="odd"]')
    yield "account"
    await stage.press("#to-change-email", "#new-email")
    await stage.type_in(
        "change-email", _fault("email-password"), new_email="ana@mail", email_password="no"
    )
    yield "account-email"
    await stage.type_in("change-email", "#pending-email", email_password=PASSWORD)
    yield "account-email-waits"
    await stage.press("#to-change-password", "#old-password")
    await stage.type_in(
        "change-password", _fault("new-password"), old_password=PASSWORD, new_password="short"
    )
    yield "account-password"
    await stage.press("#to-delete", "#delete-password")
    await stage.type_in("delete-account", _fault("delete-password"), delete_password="no")
    yield "account-delete"


WALKS = (
    loading,
    log_in,
    log_in_offline,
    create_account,
    forgot_password,
    new_password,
    old_link,
    facility,
    people,
    answers,
    rules,
    account,
)
