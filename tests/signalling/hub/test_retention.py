"""Retention by the ages in hub.toml, and persons who ask to be forgotten."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from config.schema import Retention
from signalling.hub import staff_commands as ask
from signalling.hub.cli_audit import verify
from signalling.hub.cli_check import look_at_all
from signalling.hub.errors import StaffError
from signalling.hub.retention import KINDS, Ages
from signalling.hub.store.sqlite_tables import connect
from signalling.messages import LoggedOut
from tests.signalling.hub.commands import TOML, Cli, first_run
from tests.signalling.hub.harness import EMAIL, NUMBER, Hub, hub_config, running_hub

DAY_S = 86_400.0


def test_zero_days_is_for_ever() -> None:
    ages = Ages(Retention(visits_days=0, mails_days=2))
    assert ages.before("visits", 10 * DAY_S) is None
    assert ages.before("mails", 10 * DAY_S) == 8 * DAY_S
    assert all(ages.days(what) >= 0 for what in (*KINDS, "audit"))


async def test_what_is_too_old_goes_and_the_audit_still_holds(tmp_path: Path) -> None:
    short = Retention(visits_days=30, mails_days=10, accounts_days=0, audit_days=60)
    async with running_hub(hub_config(tmp_path / "state", retention=short)) as hub:
        terminal, page, visit = await hub.begun()
        await hub.do(ask.VisitTerminate(visit=visit))
        await terminal.sign_out()
        await page.close()
        receipt = await hub.do(ask.ReceiptShow(visit=visit))
        assert (await hub.do(ask.RetentionRun())) == {"gone": {}, "done": True}
        hub.pass_time(31 * DAY_S)
        rows = {row["what"]: row for row in await hub.do(ask.RetentionPreview())}
        assert (rows["visits"]["go"], rows["accounts"]["go"], rows["audit"]["go"]) == (1, 0, 0)
        gone = (await hub.do(ask.RetentionRun()))["gone"]
        assert gone["visits"] == 1
        with pytest.raises(StaffError, match="there is no visit"):
            await hub.do(ask.VisitShow(visit=visit))
        assert json.loads(receipt)["visit"] == visit  # what was issued stays valid
        told = await hub.do(ask.AuditList(kind="retention"))
        assert {"what": "visits", "count": 1} in [each["facts"] for each in told]
        hub.pass_time(61 * DAY_S)
        before = (await verify(hub.do))["entries"]
        gone = (await hub.do(ask.RetentionRun()))["gone"]
        assert gone["audit"] > 10
        result = await verify(hub.do)
        assert result["holds"], result
        assert "from " in result["sentence"]
        assert result["entries"] < before
        assert [row["problems"] for row in await look_at_all(hub.do)] == [[]] * 4
    # An insider who cuts more than retention did has no signed anchor for it.
    db = connect(tmp_path / "state" / "visits.db")
    db.execute("delete from audit_entries where seq <= (select min(seq) + 1 from audit_entries)")
    db.close()
    async with running_hub(hub_config(tmp_path / "state", retention=short), hub.clock) as hub:
        result = await verify(hub.do)
        assert (result["holds"], result["what"]) == (False, "missing")


async def test_a_visitor_is_erased_on_request(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book("+600")
    page = await hub.ready_page()
    with pytest.raises(StaffError, match=f"open visits \\({visit}\\)"):
        await hub.do(ask.VisitorErase(email=EMAIL))
    await hub.do(ask.VisitCancel(visit=visit))
    answer = await hub.do(ask.VisitorErase(email=EMAIL))
    assert answer["log_ins_ended"] == 1
    await page.until(lambda: page.newest(LoggedOut))
    receipt = json.loads(await hub.do(ask.ReceiptShow(visit=visit)))
    assert receipt["visitors"] == [""]
    listed, of_days = await hub.do(ask.VisitList()), await hub.do(ask.VisitList(first="2020-01-01"))
    shown = await hub.do(ask.VisitShow(visit=visit))
    for row in (*listed, *of_days, shown):
        assert row["visitors"] == ["(erased)"]
    assert "visitors (erased)" in shown["events"][0]["details"]
    newest = (await hub.do(ask.AuditList(kind="staff-visitor-erase", limit=1)))[0]
    assert newest["about"] == f"visitor:{answer['id']}"
    assert newest["name"] == ""
    with pytest.raises(StaffError, match="has no account"):
        await hub.do(ask.VisitorErase(email=EMAIL))
    await hub.visitor(EMAIL, "Ana again")  # the address is free


async def test_an_inmate_is_erased_on_request(hub: Hub, tmp_path: Path) -> None:
    await hub.people()
    visit = await hub.book("+600")
    with pytest.raises(StaffError, match="open visits"):
        await hub.do(ask.InmateErase(number=NUMBER))
    await hub.do(ask.VisitCancel(visit=visit))
    assert (await hub.do(ask.InmateErase(number=NUMBER)))["approvals_ended"] == 1
    assert await hub.do(ask.InmateList()) == []
    assert json.loads(await hub.do(ask.ReceiptShow(visit=visit)))["inmate"] == "—"
    assert (await hub.do(ask.VisitList()))[0]["inmate"] == "(erased)"
    db = connect(tmp_path / "state" / "visits.db")
    text = repr([[*db.execute(f"select * from {name}")] for name in db.table_names()])
    db.close()
    assert "Daniel" not in text
    assert f"'{NUMBER}'" not in text


def test_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    path.write_text(TOML.format(state=tmp_path / "state"))
    asyncio.run(first_run(path))
    cli = Cli(path)
    code, said = cli.run("retention", "run", "--dry-run")
    assert code == 0
    assert "visits" in said
    rows = cli.json("retention", "run")
    assert {row["what"]: row["gone"] for row in rows}["visits"] == 0
    cli.json("inmate", "add", NUMBER, "Daniel", "--facility", "north")
    assert cli.json("inmate", "erase", NUMBER)["approvals_ended"] == 0
    assert "there is no inmate" in cli.fails("inmate", "erase", NUMBER)
    assert "has no account" in cli.fails("visitor", "erase", "nobody@example.org")
