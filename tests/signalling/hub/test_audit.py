"""The audit of a whole hub: who did what, from where; and `visit-hub audit`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.exceptions import ConnectionClosed, InvalidStatus

from config.schema import Limits
from signalling.account_messages import ChangePassword, LogOut, PasswordChanged
from signalling.hub import staff_commands as ask
from signalling.hub.audit_trail import KINDS_A_MINUTE
from signalling.hub.cli_audit import plain, since_time, verify
from signalling.hub.errors import StaffError
from signalling.hub.services import socket_path
from signalling.hub.staff import ask_hub
from signalling.hub.store.sqlite_tables import connect
from signalling.messages import LoggedOut, LogIn, SignIn, Violation
from tests.signalling.hub.commands import OPENED, TOML, Cli, first_run
from tests.signalling.hub.harness import (
    EMAIL,
    NUMBER,
    PASSWORD,
    PIN,
    Hub,
    eventually,
    hub_config,
    running_hub,
)

Rows = list[dict[str, Any]]
HOST = "127.0.0.1"


async def listed(hub: Hub, **asked: Any) -> Rows:
    found: Rows = await hub.do(ask.AuditList(**asked))
    return found[::-1]


async def kinds(hub: Hub, **asked: Any) -> list[str]:
    return [each["kind"] for each in await listed(hub, **asked)]


async def verified(hub: Hub, **more: Any) -> dict[str, Any]:
    return await verify(hub.do, **more)


async def test_a_whole_visit_is_there_with_who_and_from_where(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    await page.ask(LogOut(), LoggedOut)
    await terminal.sign_out()
    about = await listed(hub, about=f"visit:{visit}")
    assert [each["kind"].removeprefix("visit-") for each in about] == await hub.kinds(visit)
    begun = next(each for each in about if each["kind"] == "visit-begun")
    who = begun["who"]
    assert begun["origin"] == HOST
    assert await kinds(hub, who=who, kind="visitor-*") == [
        "visitor-logged-in",
        "visitor-opened-facility",
        "visitor-logged-out",
    ]
    seats = await listed(hub, who="terminal:c4", kind="inmate-*")
    assert [each["kind"] for each in seats] == ["inmate-signed-in", "inmate-signed-out"]
    assert seats[0]["name"] == f"{NUMBER} Daniel"
    assert await kinds(hub, kind="terminal-*") == ["terminal-enrolled", "terminal-linked"]
    everything = repr([{**each, "name": ""} for each in await listed(hub, limit=10_000)])
    for secret in (PIN, PASSWORD, EMAIL, "Daniel", "Ana"):
        assert secret not in everything
    assert (await verified(hub))["holds"]


async def test_since_when_staff_looked_is_told_by_the_facilitys_clock(hub: Hub) -> None:
    for _ in range(2):
        await hub.do(ask.VisitorList())
    (row,) = await listed(hub, kind="staff-looked")
    assert isinstance(row["facts"]["first_at"], float)
    told = plain(row)
    assert f"first_at {row['first_when']}" in told
    assert row["first_when"].startswith(row["when"][:11])
    assert str(row["facts"]["first_at"]) not in told


async def test_staff_are_there_refused_ones_too(hub: Hub) -> None:
    await hub.people()
    with pytest.raises(StaffError):
        await hub.do(ask.VisitorAdd(email=EMAIL, name="Ana Reyes", password=PASSWORD))
    with pytest.raises(StaffError):
        await hub.do(ask.VisitorApprove(email="nobody@x.y", inmate=NUMBER))
    rows = await listed(hub, who="staff:tester", kind="staff-visitor-*")
    approve, again, nobody = rows[-3:]
    assert approve["facts"]["inmate"].startswith("i-")
    assert approve["facts"]["visitors"] == [approve["about"].removeprefix("visitor:")]
    assert approve["name"] == EMAIL
    assert again["facts"]["refused"] == "... has an account already"
    assert nobody["facts"]["refused"].startswith("... has no account")
    for _ in range(3):
        await hub.do(ask.VisitorList())
    looked = await listed(hub, kind="staff-looked")
    counts = {each["facts"]["command"]: each["facts"]["count"] for each in looked}
    assert counts["visitor list"] == 3
    everything = repr([each["facts"] for each in await listed(hub)])
    assert EMAIL not in everything
    assert "Reyes" not in everything


async def test_who_was_let_sign_in_again_is_there_by_id_and_no_typed_number_is(hub: Hub) -> None:
    await hub.people()
    terminal = await hub.ready_terminal()
    for number in (NUMBER, PIN):
        for _ in range(2):
            await terminal.refused(SignIn(inmate_number=number, pin="1357"))
        await hub.do(ask.LockoutEnd(kind="inmate", id=f"north/{number}"))
    with pytest.raises(StaffError, match="is not locked"):
        await hub.do(ask.LockoutEnd(kind="inmate", id=f"north/{NUMBER}"))
    inmate = (await hub.services.store.people.inmates())[0].id
    known, typed, refused = await listed(hub, kind="staff-lockout-end")
    assert (known["about"], typed["about"]) == (f"inmate:{inmate}", "")
    assert (known["facts"]["inmate"], typed["facts"]["inmate"]) == (inmate, "unknown")
    text = json.dumps([each["facts"] for each in (known, typed, refused)])
    assert NUMBER not in text
    assert PIN not in text


async def test_each_terminal_of_a_file_is_there_with_who_made_its_code(hub: Hub) -> None:
    terminals = tuple(ask.NewTerminal(f"c{number}", f"C {number}", "C") for number in (1, 2))
    await hub.do(ask.TerminalEnrol(facility="north", terminals=terminals, dry_run=True))
    assert await listed(hub, about="terminal:c2") == []
    await hub.do(ask.TerminalEnrol(facility="north", terminals=terminals))
    (code,) = await listed(hub, about="terminal:c2")
    assert (code["kind"], code["who"]) == ("staff-terminal-enrol", "staff:tester")


async def test_over_the_socket_it_says_so(hub: Hub) -> None:
    path = socket_path(hub.services.config)
    await ask_hub(path, ask.TerminalAdd(terminal="c9", facility="north", label="C9", unit="C"))
    added = (await listed(hub, about="terminal:c9"))[-1]
    assert (added["kind"], added["origin"]) == ("staff-terminal-add", "unix-socket")


async def test_refusals_are_summed_up_by_minute(hub: Hub) -> None:
    await hub.people()
    page = await hub.page()
    await page.hello()
    for email in (EMAIL, EMAIL, "nobody@x.y"):
        await page.refused(LogIn(email=email, password="wrong"))
    rows = await listed(hub, kind="refused")
    told = [(each["about"], each["facts"]["count"]) for each in rows]
    assert rows[0]["facts"]["code"] == "wrong-log-in"
    assert [count for _, count in told] == [2, 1]
    assert told[0][0].startswith("visitor:v-")
    assert told[1][0] == "visitor:unknown"
    assert {each["origin"] for each in rows} == {HOST}


async def test_a_stranger_cannot_fill_the_disk(hub: Hub) -> None:
    trail = hub.services.trail
    for n in range(5 * KINDS_A_MINUTE):
        trail.count("wrong-origin", origin=f"10.0.{n // 256}.{n % 256}")
    rows = await listed(hub, kind="wrong-origin", limit=10_000)
    assert len(rows) == KINDS_A_MINUTE + 1
    assert rows[-1]["origin"] == "many"
    assert sum(each["facts"]["count"] for each in rows) == 5 * KINDS_A_MINUTE


async def test_at_the_door(tmp_path: Path) -> None:
    config = hub_config(tmp_path / "state", limits=Limits(connections_per_address=2))
    async with running_hub(config) as hub:
        with pytest.raises(InvalidStatus):
            await hub.page(origin="https://evil.example")
        assert [each["origin"] for each in await listed(hub, kind="wrong-origin")] == [HOST]
        await hub.page()
        await hub.page()
        with pytest.raises((InvalidStatus, ConnectionClosed, OSError)):
            await hub.page()
        assert await kinds(hub, kind="too-many-connections") == ["too-many-connections"]


async def test_terminals_that_cannot_prove_it_and_those_that_come_twice(hub: Hub) -> None:
    first = await hub.ready_terminal("c4")
    await hub.ready_terminal("c4")
    await first.ended()
    stranger = await hub.terminal()
    with pytest.raises(ConnectionError):
        await stranger.hello(Ed25519PrivateKey.generate(), "c4")
    assert stranger.newest(Violation)
    assert await kinds(hub, kind="terminal-second-link") == ["terminal-second-link"]
    closed = await listed(hub, kind="closed")
    assert [each["facts"]["code"] for each in closed] == ["unauthorised"]
    await hub.do(ask.TerminalRevoke(terminal="c4"))
    assert (await kinds(hub, about="terminal:c4"))[-1] == "staff-terminal-revoke"


async def test_wrong_pins_lock(hub: Hub) -> None:
    await hub.people()
    terminal = await hub.ready_terminal()
    for _ in range(4):
        await terminal.refused(SignIn(inmate_number=NUMBER, pin="000000"))
    await eventually(lambda: terminal.received)
    assert await kinds(hub, kind="inmate-*") == ["inmate-wrong-pin"] * 2 + ["inmate-locked"]
    refused = await listed(hub, kind="refused")
    told = {(each["who"], each["facts"]["code"]) for each in refused}
    assert told == {("terminal:c4", "locked")}
    assert sum(each["facts"]["count"] for each in refused) == 2


async def test_a_changed_password(hub: Hub) -> None:
    await hub.people()
    page = await hub.ready_page()
    await page.ask(
        ChangePassword(password=PASSWORD, new_password="battery staple correct"), PasswordChanged
    )
    assert (await kinds(hub, kind="visitor-*"))[-1] == "visitor-changed-password"


# -- verifying --------------------------------------------------------------------------------


async def test_the_head_kept_beside_the_key_survives_who_owns_the_database(tmp_path: Path) -> None:
    config = hub_config(tmp_path / "state")
    async with running_hub(config) as hub:
        await hub.people()
    db = connect(tmp_path / "state" / "visits.db")
    db.execute("delete from audit_entries where seq > 1")
    db.close()
    async with running_hub(config) as hub:
        for _ in range(2):  # asking does not make the hub sign what it finds
            result = await verified(hub)
            assert not result["holds"]
            assert result["what"] in ("truncated", "rewritten")
        with pytest.raises(AssertionError):
            assert (await hub.do(ask.AuditHead()))["head"]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    path = tmp_path / "hub.toml"
    path.write_text(TOML.format(state=tmp_path / "state"))
    asyncio.run(first_run(path))
    cli = Cli(path)
    for number in range(3):
        cli.json("inmate", "add", f"{number}", "Somebody", "--facility", "north")
    return cli


def test_list_head_and_verify_with_no_hub(cli: Cli, tmp_path: Path) -> None:
    code, output, errors = cli.both("audit", "list", "--kind", "staff-*")
    assert (code, errors) == (0, OPENED)
    assert output.count("staff-inmate-add") == 3
    assert "command-line" in output
    rows = cli.json("audit", "list", "--since", "1h", "--limit", "2")
    assert len(rows) == 2
    assert cli.json("audit", "list", "--since", "2099-01-01") == []
    code, head, _ = cli.both("audit", "head", "--json")
    assert code == 0
    kept = tmp_path / "head.json"
    kept.write_text(head)
    hash_ = json.loads(head)["hash"]
    for more in ((), ("--head-file", str(kept)), ("--head", hash_)):
        result = cli.json("audit", "verify", *more)
        assert result["holds"], result
    code, said = cli.run("audit", "verify")
    assert code == 0
    assert said.startswith("The audit log holds: ")


def files_of(state: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in state.iterdir() if each.suffix != ".db"}


def test_a_stopped_hub_is_looked_at_without_a_trace(cli: Cli, tmp_path: Path) -> None:
    before = cli.json("audit", "list")
    state = tmp_path / "state"
    after_list, files = cli.json("audit", "verify"), files_of(state)
    for words in (("check",), ("audit", "verify"), ("audit", "verify", "--head", "ab" * 32)):
        cli.run(*words)
    assert cli.json("audit", "verify") == after_list
    assert files_of(state) == files
    since = [each for each in cli.json("audit", "list") if each["seq"] > before[0]["seq"]]
    assert [each["facts"].get("command") for each in since] == ["audit list"]  # the first of them


def test_tampering_is_said_once(cli: Cli, tmp_path: Path) -> None:
    db = connect(tmp_path / "state" / "visits.db")
    db.execute("delete from audit_entries where seq = (select max(seq) from audit_entries)")
    db.close()
    code, said, errors = cli.both("audit", "verify")
    assert (code, errors) == (1, OPENED)
    assert said.startswith("The audit log was tampered with: ")
    assert len(said.splitlines()) == 1


def test_verify_names_what_was_changed(cli: Cli, tmp_path: Path) -> None:
    db = connect(tmp_path / "state" / "visits.db")
    db.execute("update audit_entries set who = 'staff:nobody' where seq = 2")
    db.close()
    code, said = cli.run("audit", "verify")
    assert code == 1
    assert said == ("The audit log was tampered with: entry 2 was changed after it was written.\n")
    code, said = cli.run("audit", "verify", "--json")
    assert code == 1
    assert json.loads(said)["seq"] == 2


def test_verify_with_a_head_of_another_chain(cli: Cli, tmp_path: Path) -> None:
    code, said = cli.run("audit", "verify", "--head", "ab" * 32)
    assert (code, "no entry has the hash" in said) == (1, True)
    assert "64 digits" in cli.fails("audit", "verify", "--head", "xyz")
    forged = tmp_path / "forged.json"
    forged.write_text('{"format":"visitbooth-audit-head-1","seq":1}')
    code, said = cli.run("audit", "verify", "--head-file", str(forged))
    assert (code, "not signed by this hub's key" in said) == (1, True)


@pytest.mark.parametrize(
    ("text", "at"),
    [("30m", -1800.0), ("7d", -604_800.0), ("1970-01-02T00:00Z", 86_400.0)],
)
def test_since(text: str, at: float) -> None:
    assert since_time(text, 0.0) == at


def test_since_nonsense_is_named() -> None:
    with pytest.raises(StaffError, match='"yesterday" is no time'):
        since_time("yesterday", 0.0)
