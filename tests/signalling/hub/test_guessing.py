"""Guessing passwords and PINs, and asking for too much: what stops it, and lets the owner in."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest

from config.schema import Inmates, Limits
from signalling.account_messages import (
    AccountCreated,
    CreateAccount,
    ForgotPassword,
    LogIn,
    MailSent,
)
from signalling.device_report import DeviceReport, DeviceState
from signalling.hub import staff_commands as ask
from signalling.hub.account_links import MAILS
from signalling.hub.accounts import DAY_S, WINDOW_S
from signalling.hub.errors import StaffError
from signalling.hub.store.guessing_interface import FAMILIAR_S
from signalling.hub.store.sqlite_tables import connect
from signalling.messages import Ping, Pong, Refused, SignIn
from signalling.people_messages import RequestApproval
from tests.signalling.hub.harness import (
    EMAIL,
    NUMBER,
    PASSWORD,
    PIN,
    Hub,
    Page,
    hub_config,
    running_hub,
)

HOUR_S = 3600.0


@contextlib.asynccontextmanager
async def limited(
    tmp_path: Path, inmates: Inmates | None = None, **limits: Any
) -> AsyncIterator[Hub]:
    more: dict[str, Any] = {"limits": Limits(**limits)}
    if inmates is not None:
        more["inmates"] = inmates
    async with running_hub(hub_config(tmp_path / "s", **more)) as hub:
        await hub.people()
        yield hub


async def from_(hub: Hub, address: str) -> Page:
    page = await hub.page(additional_headers={"X-Forwarded-For": address})
    await page.hello()
    return page


async def wrong(page: Page, email: str = EMAIL) -> str:
    return (await page.refused(LogIn(email=email, password="wrong horse battery"))).code


# -- passwords ------------------------------------------------------------------------------------


async def test_guessing_from_many_addresses_shuts_out_strangers_and_never_the_owner(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with limited(tmp_path, log_in_tries=2, log_in_tries_per_account=6) as hub:
        await (await from_(hub, "198.51.100.1")).log_in()
        for round_ in range(2):  # it goes on for ever: the account is shut again and again
            told = [
                await wrong(await from_(hub, f"203.0.113.{10 * round_ + number}"))
                for number in range(8)
            ]
            assert told == ["wrong-log-in"] * 6 + ["too-many-tries"] * 2
            stranger = await from_(hub, "203.0.113.200")
            right = LogIn(email=EMAIL, password=PASSWORD)
            assert (await stranger.refused(right)).code == "too-many-tries"
            owner = await from_(hub, "198.51.100.1")
            await owner.log_in()
            hub.pass_time(WINDOW_S)
        assert "limits.log_in_tries_per_account: an account" in caplog.text
        assert EMAIL not in caplog.text


async def test_at_a_familiar_address_tries_are_limited_too_and_familiarity_ends(
    tmp_path: Path,
) -> None:
    async with limited(tmp_path, log_in_tries=2, log_in_tries_per_account=4) as hub:
        await (await from_(hub, "198.51.100.1")).log_in()
        page = await from_(hub, "198.51.100.1")
        told = [await wrong(page) for _ in range(3)]
        assert told == ["wrong-log-in", "wrong-log-in", "too-many-tries"]
        hub.pass_time(FAMILIAR_S + 1)
        for number in range(4):
            await wrong(await from_(hub, f"203.0.113.{number}"))
        assert await wrong(await from_(hub, "198.51.100.1")) == "too-many-tries"


async def test_many_accounts_from_one_address_shut_that_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with limited(tmp_path, log_in_tries_per_address=5) as hub:
        page = await from_(hub, "203.0.113.1")
        told = [await wrong(page, f"v{number}@example.org") for number in range(7)]
        assert told == ["wrong-log-in"] * 5 + ["too-many-tries"] * 2
        assert await wrong(await from_(hub, "203.0.113.2")) == "wrong-log-in"
        assert "limits.log_in_tries_per_address: 203.0.113.1" in caplog.text


async def test_a_restart_gives_nobody_more_tries_of_passwords_or_mails(tmp_path: Path) -> None:
    right = LogIn(email=EMAIL, password=PASSWORD)
    async with limited(tmp_path, log_in_tries=2) as hub:
        page = await from_(hub, "203.0.113.1")
        for _ in range(2):
            assert await wrong(page) == "wrong-log-in"
        for _ in range(MAILS.most):
            await page.ask(ForgotPassword(email=EMAIL), MailSent)
    config = hub_config(tmp_path / "s", limits=Limits(log_in_tries=2))
    async with running_hub(config) as hub:
        page = await from_(hub, "203.0.113.1")
        assert (await page.refused(right)).code == "too-many-tries"
        assert (await page.refused(ForgotPassword(email=EMAIL))).code == "too-many-tries"
        await (await from_(hub, "203.0.113.2")).log_in()
    database = connect(tmp_path / "s" / "visits.db")
    assert "203.0.113.1" not in str(database.execute("select * from tries").fetchall())


# -- PINs -----------------------------------------------------------------------------------------


async def test_one_pin_on_every_number_locks_the_facility_until_staff_release_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rules = Inmates(pin_tries=3, terminal_tries=2, facility_tries=4)
    async with limited(tmp_path, rules) as hub:
        first, second, third = [await hub.ready_terminal(name) for name in ("c1", "c2", "c3")]
        codes = [
            (await each.refused(SignIn(inmate_number=str(number), pin="000000"))).code
            for number, each in enumerate((first, first, second, second), start=100)
        ]
        assert codes == ["wrong-sign-in", "locked", "wrong-sign-in", "locked"]
        assert "terminal c1: locked after wrong PINs of several numbers" in caplog.text
        assert "facility north: sign-ins are locked after 4 wrong PINs" in caplog.text
        right = SignIn(inmate_number=NUMBER, pin=PIN)
        assert (await third.refused(right)).code == "locked"
        rows = await hub.do(ask.LockoutList())
        assert [(row["kind"], row["id"]) for row in rows] == [
            ("facility", "north"), ("terminal", "c1"), ("terminal", "c2"),
        ]  # fmt: skip
        await hub.do(ask.LockoutEnd(kind="facility", id="north"))
        await third.send(right)
        await third.until(lambda: third.seat is not None)
        assert (await first.refused(right)).code == "locked"
        await hub.do(ask.LockoutEnd(kind="terminal", id="c1"))
        with pytest.raises(StaffError, match="terminal c1 is not locked"):
            await hub.do(ask.LockoutEnd(kind="terminal", id="c1"))


async def test_an_inmate_has_one_live_sign_in(hub: Hub) -> None:
    await hub.people()
    first, second = await hub.ready_terminal("c1"), await hub.ready_terminal("c2")
    await first.sign_in()
    right = SignIn(inmate_number=NUMBER, pin=PIN)
    refused = await second.refused(right)
    assert (refused.code, refused.facts) == ("signed-in-elsewhere", {"terminal": "Terminal c1"})
    await first.sign_out()
    await second.send(right)
    await second.until(lambda: second.seat is not None)


# -- too much of anything -------------------------------------------------------------------------


async def test_sign_ups_from_one_address_are_limited_by_the_day(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with limited(tmp_path, sign_ups_per_address_per_day=2) as hub:
        page = await from_(hub, "203.0.113.1")

        def sign_up(number: int) -> CreateAccount:
            return CreateAccount(email=f"n{number}@example.org", password=PASSWORD, name="N")

        for number in range(2):
            await page.ask(sign_up(number), AccountCreated)
        assert (await page.refused(sign_up(3))).code == "too-many-tries"
        assert "limits.sign_ups_per_address_per_day" in caplog.text
        await page.ask(ForgotPassword(email="n1@example.org"), MailSent)
        await (await from_(hub, "203.0.113.2")).ask(sign_up(4), AccountCreated)
        hub.pass_time(DAY_S)
        await page.ask(sign_up(5), AccountCreated)


@pytest.mark.parametrize(
    ("limits", "addresses", "emails"),
    [
        ({"mails_per_email_per_day": 4}, range(5), [0]),
        ({"mails_per_address_per_day": 4}, [1], range(5)),
    ],
)
async def test_mails_are_limited_by_the_day(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    limits: dict[str, Any],
    addresses: Iterable[int],
    emails: Iterable[int],
) -> None:
    async with limited(tmp_path, **limits) as hub:
        codes: list[str] = []
        for address in addresses:
            page = await from_(hub, f"203.0.113.{address}")
            for email in emails:
                refused_before, sent_before = page.count(Refused), page.count(MailSent)
                await page.send(ForgotPassword(email=f"n{email}@example.org"))
                answered = 1 + refused_before + sent_before
                while page.count(Refused) + page.count(MailSent) < answered:
                    await page.ask(Ping(sent=1.0), Pong)
                codes.append("sent" if page.count(MailSent) > sent_before else "refused")
                hub.pass_time(HOUR_S)  # by the hour there is nothing against it
        assert codes == ["sent"] * 4 + ["refused"]
        assert f"limits.{next(iter(limits))}" in caplog.text


async def test_one_more_log_in_ends_the_one_used_longest_ago(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with limited(tmp_path, sessions_per_visitor=2) as hub:
        tokens = []
        for _ in range(3):
            page = await hub.page()
            await page.hello()
            tokens.append((await page.log_in()).token)
            hub.pass_time(1)
        names = [(await (await hub.page()).hello(token)).name for token in tokens]
        assert names == [None, "Ana", "Ana"]
        assert "limits.sessions_per_visitor" in caplog.text


async def test_requests_of_a_visitor_are_limited_by_the_day(tmp_path: Path) -> None:
    async with limited(tmp_path, requests_per_visitor_per_day=2) as hub:
        page = await hub.page()
        await page.hello()
        await page.log_in()

        def request(number: int) -> RequestApproval:
            return RequestApproval(facility="north", inmate_number=str(number), relation="friend")

        for number in range(2):
            await page.send(request(number))
        assert (await page.refused(request(3))).code == "too-many-requests"
        hub.pass_time(DAY_S)
        await page.send(request(3))
        assert (await page.ask(Ping(sent=1.0), Pong)).sent == 1.0
        assert page.count(Refused) == 1


async def test_device_reports_are_limited_by_the_hour(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with limited(tmp_path, device_reports_per_hour=2) as hub:
        terminal = await hub.ready_terminal()
        report = DeviceReport(
            devices=[DeviceState(device="camera", state="pass")], faults=[], facts=[]
        )
        for _ in range(2):
            await terminal.send(report)
        assert (await terminal.refused(report)).code == "busy"
        assert "limits.device_reports_per_hour" in caplog.text
        hub.pass_time(HOUR_S)
        await terminal.send(report)
        assert (await terminal.ask(Ping(sent=1.0), Pong)).sent == 1.0
        assert terminal.count(Refused) == 1


async def test_where_a_visitor_logs_in_from_is_not_in_the_database(
    hub: Hub, tmp_path: Path
) -> None:
    await hub.people()
    await (await from_(hub, "198.51.100.77")).log_in()
    await hub.services.store.ping()
    db = connect(tmp_path / "state" / "visits.db")
    # The audit log says from where, for as long as hub.toml keeps it; nothing else does.
    tables = [name for name in db.table_names() if name != "audit_entries"]
    kept = repr([[*db.execute(f"select * from {name}")] for name in tables])
    db.close()
    assert EMAIL in kept
    assert "198.51.100.77" not in kept
