"""Staff commands: through the running hub's socket, and on the store when no hub runs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from config import load_hub
from signalling.codec import encode
from signalling.device_report import DeviceReport, DeviceState, Fact, PastFaultView
from signalling.hub import staff_commands as ask
from signalling.hub.__main__ import main
from signalling.hub.errors import StaffError
from signalling.hub.services import open_services, socket_path
from signalling.hub.staff import NoHub, ask_hub, user_name
from signalling.visit import Status
from signalling.visit_events import EndReason
from tests.signalling.hub.commands import OPENED, TOML, Cli, first_run
from tests.signalling.hub.harness import EMAIL, NUMBER, PASSWORD, PIN, Hub


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "hub.toml"
    path.write_text(TOML.format(state=tmp_path / "state"))
    return path


@pytest.fixture
def cli(toml: Path) -> Cli:
    """Commands for a hub that has run once."""
    asyncio.run(first_run(toml))
    return Cli(toml)


def seed(cli: Cli) -> None:
    cli.json("inmate", "add", NUMBER, "Daniel", "--facility", "north", "--pin", PIN)
    name = ["--name", "Ana [bold]R", "--password-stdin"]
    cli.json("visitor", "add", EMAIL, *name, stdin=f"{PASSWORD}\n")
    cli.json("visitor", "approve", EMAIL, "--inmate", NUMBER, "--relation", "mother")


def test_where_no_hub_has_run_commands_make_nothing(toml: Path) -> None:
    said = Cli(toml).fails("inmate", "add", NUMBER, "Daniel", "--facility", "north")
    assert f"start it: visit-hub serve --config {toml}" in said
    assert not (toml.parent / "state").exists()


def test_without_a_hub_commands_say_that_they_open_the_store(cli: Cli) -> None:
    assert cli.both("visit", "list") == (0, "Visits: none\n", OPENED)


def test_without_a_hub_commands_work_on_the_store(cli: Cli) -> None:
    seed(cli)
    visit = cli.json(
        "visit", "book", "--inmate", NUMBER, "--visitor", EMAIL, "--start", "2027-03-14 03:30"
    )
    assert visit["start"] == "2027-03-14 03:30:00 CDT"
    assert visit["status"] == "scheduled"
    assert [each["visit"] for each in cli.json("visit", "list")] == [visit["visit"]]
    shown = cli.json("visit", "show", visit["visit"])
    assert [event["kind"] for event in shown["events"]] == ["booked"]
    assert shown["events"][0]["author"] == f"staff:{user_name(os.getuid())}"
    cancelled = cli.json("visit", "cancel", visit["visit"])
    assert (cancelled["ended_by"], cancelled["end_reason"]) == ("staff", "cancelled")


def test_a_receipt_is_shown_saved_and_checked(cli: Cli, tmp_path: Path) -> None:
    seed(cli)
    who = ("--inmate", NUMBER, "--visitor", EMAIL)
    visit = cli.json("visit", "book", *who, "--start", "now")["visit"]
    assert "has not ended" in cli.fails("receipt", "show", visit)
    cli.json("visit", "cancel", visit)
    code, shown = cli.run("receipt", "show", visit)
    assert code == 0
    assert {"Ana [bold]R", "North Jail", "cancelled"} <= set(re.split(r"\s*│\s*", shown))
    assert "Lost: none" in shown
    receipt = tmp_path / "receipt.json"
    receipt.write_text(cli.run("receipt", "show", visit, "--json")[1])
    assert cli.run("receipt", "key")[1].startswith("-----BEGIN PUBLIC KEY-----\n")
    code, said = cli.run("receipt", "verify", str(receipt))
    assert (code, said[:6]) == (0, "Valid:")
    receipt.write_text(receipt.read_text().replace(visit, "other"))
    code, said = cli.run("receipt", "verify", str(receipt))
    assert (code, said.startswith("It was forged or altered")) == (1, True)


def test_tables_are_readable_and_print_names_as_they_are(cli: Cli) -> None:
    seed(cli)
    code, output = cli.run("visitor", "list")
    assert code == 0
    assert "Ana [bold]R" in output
    assert f"{NUMBER} at north, mother" in output
    assert cli.run("terminal", "list") == (0, "Terminals: none\n")


def test_pins_and_codes_are_shown_once_and_random(cli: Cli) -> None:
    pins = {
        cli.json("inmate", "add", str(n), f"I {n}", "--facility", "north")["pin"] for n in range(5)
    }
    assert len(pins) > 1
    assert all(len(pin) == 6 and pin.isdigit() for pin in pins)
    listed = cli.run("inmate", "list", "--json")[1]
    assert not any(pin in listed for pin in pins)


def test_wrong_values_say_what_is_expected(cli: Cli) -> None:
    where = ["--facility", "north", "--label", "4", "--unit", "C"]
    said = cli.fails("terminal", "add", "t 5", *where)
    assert 'the terminal "t 5" cannot be: expected 1 to 64 letters' in said
    # The address is looked at before anybody types a password.
    said = cli.fails("visitor", "add", "nobody", "--name", "B")
    assert 'the email "nobody" cannot be: expected an address' in said
    assert "use --password-stdin" in cli.fails("visitor", "add", "b@c.d", "--name", "B")
    stdin = f"{'p' * 300}\n"
    said = cli.fails("visitor", "add", "b@c.d", "--name", "B", "--password-stdin", stdin=stdin)
    assert "the password cannot be: expected at most 256" in said
    assert "ppp" not in said
    cli.json("inmate", "add", NUMBER, "Daniel", "--facility", "north")
    said = cli.fails("visitor", "approve", "new@example.org", "--inmate", NUMBER)
    assert "sign up on the page, or use visit-hub visitor add" in said


def test_a_second_code_says_that_the_first_is_void(cli: Cli) -> None:
    add = ["terminal", "add", "t5", "--facility", "north", "--label", "5", "--unit", "C"]
    assert "no longer works" not in cli.run(*add)[1]
    assert "The earlier code of this terminal no longer works." in cli.run(*add)[1]
    assert cli.json(*add)["earlier_code_void"] is True


def test_a_double_booking_names_the_other_visit_and_its_time(cli: Cli) -> None:
    seed(cli)
    book = ["visit", "book", "--inmate", NUMBER, "--visitor", EMAIL, "--start"]
    visit = cli.json(*book, "2027-03-15 14:30")["visit"]
    said = cli.fails(*book, "2027-03-15 14:45")
    assert f"already has visit {visit}, 14:30 to 15:00 CDT\n" in said
    cli.json(*book, "2027-03-15 16:02", "--minutes", "30")
    said = cli.fails(*book, "2027-03-15 16:33")
    assert "16:02 to 16:32 CDT, and two visits may not share" in said


def test_a_visit_is_shown_for_people(cli: Cli) -> None:
    seed(cli)
    book = ["visit", "book", "--inmate", NUMBER, "--visitor", EMAIL, "--start"]
    visit = cli.json(*book, "2027-03-15 14:30")["visit"]
    _, shown = cli.run("visit", "show", visit)
    assert f"staff {user_name(os.getuid())}" in shown
    assert "visitors Ana [bold]R" in shown
    assert "2027-03-15 14:30:00 CDT" in shown
    assert "0 s" in shown
    row = cli.json("visit", "show", visit)
    assert str(int(row["starts_at"])) not in shown
    assert row["events"][0]["what"]["starts_at"] == row["starts_at"]
    cli.json("visit", "cancel", visit)
    seqs = [event["seq"] for event in cli.json("visit", "show", visit)["events"]]
    assert seqs == sorted(seqs)


def test_a_terminals_report_is_shown_in_tables_and_in_json(cli: Cli, toml: Path) -> None:
    cli.json("terminal", "add", "c4", "--facility", "north", "--label", "4", "--unit", "C")
    assert "It has sent no report yet" in cli.run("terminal", "show", "c4")[1]
    report = DeviceReport(
        devices=[DeviceState(device="camera", state="fail", measured="0 fps", code="CAM-02")],
        faults=[PastFaultView(code="CAM-02", since=1_800_000_000.0, detail="[b]black[/b]")],
        facts=[Fact(name="kernel", value="6.1.0-28")],
    )

    async def keep() -> None:
        async with open_services(load_hub(toml)) as services:
            await services.store.terminals.keep_report("c4", encode(report))

    asyncio.run(keep())
    code, shown = cli.run("terminal", "show", "c4")
    assert code == 0
    for said in ("Terminal c4", "6.1.0-28", "CAM-02", "0 fps", "[b]black[/b]"):
        assert said in shown
    assert cli.json("terminal", "show", "c4")["devices"][0]["state"] == "fail"
    assert "there is no terminal c5 (visit-hub terminal list)" in cli.fails(
        "terminal", "show", "c5"
    )


def test_errors_are_one_clear_sentence(cli: Cli) -> None:
    seed(cli)
    book = ["visit", "book", "--visitor", EMAIL]
    one = [*book, "--inmate", NUMBER]
    assert "skip it" in cli.fails(*one, "--start", "2027-03-14 02:30")
    assert "no start" in cli.fails(*one, "--start", "tomorrow")
    assert "no inmate 1" in cli.fails(*book, "--inmate", "1", "--start", "now")
    assert "lies in the past" in cli.fails(*one, "--start", "2026-01-01 10:00")
    cli.json(*one, "--start", "now")
    assert "already has visit" in cli.fails(*one, "--start", "+60")
    cli.json("inmate", "add", "7", "Max", "--facility", "north")
    assert "not approved" in cli.fails(*book, "--inmate", "7", "--start", "+86400")
    assert "south" in cli.fails("inmate", "add", "9", "X", "--facility", "west")
    assert "already" in cli.fails("inmate", "add", NUMBER, "X", "--facility", "north")
    assert "4 to 16 digits" in cli.fails(
        "inmate", "add", "9", "X", "--facility", "north", "--pin", "12ab"
    )
    assert "too weak" in cli.fails(
        "visitor", "add", "b@c.d", "--name", "B", "--password-stdin", stdin="short\n"
    )
    assert "account already" in cli.fails(
        "visitor", "add", EMAIL, "--name", "B", "--password-stdin", stdin=f"{PASSWORD}\n"
    )
    assert "no open visit" in cli.fails("visit", "terminate", "nothing")
    cli.json("inmate", "add", NUMBER, "Twin", "--facility", "south")
    assert "add --facility" in cli.fails("inmate", "release", NUMBER)
    assert cli.json("inmate", "release", NUMBER, "--facility", "south")["was_counting"] is False


def test_a_broken_configuration_is_named(cli: Cli, toml: Path) -> None:
    toml.write_text("name = 3\n")
    code, output = cli.run("visit", "list")
    assert code == 1
    assert str(toml) in output


@pytest.mark.parametrize("group", ["inmate", "visitor", "visit", "terminal", "receipt", "serve"])
def test_help_of_every_command(group: str) -> None:
    result = CliRunner().invoke(main, [group, "--help"])
    assert result.exit_code == 0
    command = main.commands[group]
    for name, each in getattr(command, "commands", {group: command}).items():
        assert each.help, name
        assert any("--config" in option.opts for option in each.params), name


# -- the running hub --------------------------------------------------------------------------


async def test_commands_reach_the_running_hub_and_change_every_screen(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    path = socket_path(hub.services.config)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    rows = await ask_hub(path, ask.VisitList())
    assert [(row["visit"], row["status"]) for row in rows] == [(visit, "in-visit")]
    await ask_hub(path, ask.VisitTerminate(visit=visit, reason="count"))
    await terminal.sees(lambda view: view.end_reason is EndReason.STAFF)
    await page.sees(visit, lambda view: view.status is Status.ENDED)
    shown = await ask_hub(path, ask.VisitShow(visit=visit))
    me = user_name(os.getuid())
    assert shown["events"][-1]["author"] == f"staff:{me}"
    with pytest.raises(StaffError, match="has ended"):
        await ask_hub(path, ask.VisitTerminate(visit=visit))


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b'{"command":"\x8a"}\n',
        b'{"command": "no such"}\n',
        b'{"command":"visit show"}\n',
        b"[]\n",
    ],
)
async def test_what_is_no_command_is_answered(hub: Hub, line: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(socket_path(hub.services.config))
    writer.write(line)
    async with asyncio.timeout(5):
        answer = json.loads(await reader.readline())
    assert answer["error"].startswith("the command was not understood")
    writer.close()


async def test_no_hub(tmp_path: Path) -> None:
    with pytest.raises(NoHub):
        await ask_hub(tmp_path / "nobody.sock", ask.VisitList())


@pytest.fixture
def served(toml: Path) -> Iterator[subprocess.Popen[str]]:
    """`visit-hub serve` as a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "signalling.hub", "serve", "--config", str(toml)],
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_serve_says_where_and_stops_when_told(
    served: subprocess.Popen[str], toml: Path, how: signal.Signals
) -> None:
    assert served.stderr is not None
    line = next(line for line in served.stderr if "listening on http://127.0.0.1:" in line)
    assert int(line.rsplit(":", 1)[1]) > 0
    seed(Cli(toml))
    second = subprocess.run(
        [sys.executable, "-m", "signalling.hub", "serve", "--config", str(toml)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (second.returncode, second.stderr.startswith("Error: another hub")) == (1, True)
    served.send_signal(how)
    _, log = served.communicate(timeout=10)
    assert served.returncode == 0
    assert log.strip().endswith("stopped")
    assert PASSWORD not in log
    assert PIN not in log
    assert not (toml.parent / "state" / "staff.sock").exists()


def test_a_terminal_is_not_moved_to_another_facility_by_a_slip(cli: Cli) -> None:
    there = ("terminal", "add", "c4", "--label", "4", "--unit", "C", "--facility")
    cli.json(*there, "north")
    said = cli.fails(*there, "south")
    assert "terminal c4 is at north: give the one at south another id" in said
    assert "run visit-hub terminal revoke c4 and add it again" in said
    assert cli.json("terminal", "show", "c4")["facility"] == "north"
    cli.json("terminal", "revoke", "c4")
    cli.json(*there, "south")
    assert cli.json("terminal", "show", "c4")["facility"] == "south"
