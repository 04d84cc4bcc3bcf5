"""Staff commands: through the running hub's socket, and on the store when no hub runs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from signalling.hub import staff_commands as ask
from signalling.hub.__main__ import main
from signalling.hub.errors import StaffError
from signalling.hub.services import socket_path
from signalling.hub.staff import NoHub, ask_hub, user_name
from signalling.visit import Status
from signalling.visit_events import EndReason
from tests.signalling.hub.harness import EMAIL, NUMBER, PASSWORD, PIN, Hub

TOML = """
name = "test-hub"
port = 0
state_dir = "{state}"
[[facility]]
id = "north"
name = "North Jail"
time_zone = "America/Chicago"
[[facility]]
id = "south"
name = "South Jail"
time_zone = "America/Phoenix"
"""


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "hub.toml"
    path.write_text(TOML.format(state=tmp_path / "state"))
    return path


class Cli:
    """`visit-hub` in this process."""

    def __init__(self, toml: Path) -> None:
        self._toml = toml

    def run(self, *words: str, stdin: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(
            main, list(words), input=stdin, env={"VISITBOOTH_HUB": str(self._toml)}
        )
        return result.exit_code, result.output

    def json(self, *words: str, stdin: str = "") -> Any:
        code, output = self.run(*words, "--json", stdin=stdin)
        assert code == 0, output
        return json.loads(output)

    def fails(self, *words: str, stdin: str = "") -> str:
        code, output = self.run(*words, stdin=stdin)
        assert code == 1, output
        assert output.startswith("Error: ")
        assert len(output.strip().splitlines()) == 1
        return output


@pytest.fixture
def cli(toml: Path) -> Cli:
    return Cli(toml)


def seed(cli: Cli) -> None:
    cli.json("inmate", "add", NUMBER, "Daniel", "--facility", "north", "--pin", PIN)
    name = ["--name", "Ana [bold]R", "--password-stdin"]
    cli.json("visitor", "add", EMAIL, *name, stdin=f"{PASSWORD}\n")
    cli.json("visitor", "approve", EMAIL, "--inmate", NUMBER, "--relation", "mother")


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


def test_roster_adds_what_is_new(cli: Cli, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(f"number,name,facility,pin\n{NUMBER},Daniel,north,{PIN}\n7,Max,south,\n")
    first = cli.json("inmate", "import", str(roster))
    assert [each["number"] for each in first["added"]] == [NUMBER, "7"]
    assert first["added"][0]["pin"] == PIN
    assert cli.json("inmate", "import", str(roster)) == {"added": [], "known": 2}
    roster.write_text("number,name,facility\n8,,south\n")
    assert "line 2" in cli.fails("inmate", "import", str(roster))
    roster.write_text("number,name,facility\n9,Ned,south\n9x,Nell,south\n")
    assert "line 3" in cli.fails("inmate", "import", str(roster))
    roster.write_text("number,name,facility\n9,Ned,south\n9,Nell,south\n")
    assert "earlier line" in cli.fails("inmate", "import", str(roster))
    roster.write_text(f"number,name,facility\n9,{'N' * 200_000},south\n")
    assert "no CSV" in cli.fails("inmate", "import", str(roster))
    # A wrong line adds nobody: PINs of those before it would never be shown.
    assert {each["number"] for each in cli.json("inmate", "list")} == {NUMBER, "7"}
    roster.write_text("number,who\n")
    assert "facility, name" in cli.fails("inmate", "import", str(roster))


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


@pytest.mark.parametrize("group", ["inmate", "visitor", "visit", "terminal", "serve"])
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
    "line", [b"nonsense\n", b'{"command": "no such"}\n', b'{"command":"visit show"}\n', b"[]\n"]
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
    served: subprocess.Popen[str], cli: Cli, toml: Path, how: signal.Signals
) -> None:
    assert served.stderr is not None
    line = next(line for line in served.stderr if "listening on http://127.0.0.1:" in line)
    assert int(line.rsplit(":", 1)[1]) > 0
    seed(cli)
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
