"""`visit-hub terminal add` and `replace` write a terminal.toml that is ready."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from config import load_terminal
from signalling.hub import staff_commands as ask
from tests.signalling.hub.certificates import Authority
from tests.signalling.hub.commands import TOML, Cli, first_run
from tests.signalling.hub.harness import Hub

ADD = ("terminal", "add", "c4", "--facility", "north", "--label", "4", "--unit", "C")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hub_file(folder: Path, more: str = "") -> Cli:
    path = folder / "hub.toml"
    path.write_text(f"{TOML.format(state=folder / 'state')}{more}")
    asyncio.run(first_run(path))
    return Cli(path)


def test_the_file_has_all_that_hub_toml_says(tmp_path: Path) -> None:
    ca = Authority(tmp_path).ca
    cli = hub_file(tmp_path, f'[terminals]\naddress = "wss://v.example"\nca_file = "{ca}"\n')
    status, said = cli.run(*ADD)
    assert status == 0, said
    written = load_terminal(tmp_path / "c4.toml")
    assert (written.terminal, written.hub, written.hub_name) == (
        "c4",
        "wss://v.example",
        "test-hub",
    )
    assert written.ca == ca.read_text()
    assert written.enrolment_code.reveal() in said
    assert stat.S_IMODE((tmp_path / "c4.toml").stat().st_mode) == 0o600


def test_no_file_is_lost_unless_asked_for_and_no_code_made_in_vain(tmp_path: Path) -> None:
    cli = hub_file(tmp_path, '[terminals]\naddress = "wss://v.example"\n')
    (tmp_path / "c4.toml").write_text("mine")
    assert "c4.toml exists; name another with --output" in cli.fails(*ADD)
    assert (tmp_path / "c4.toml").read_text() == "mine"
    assert cli.json("terminal", "list") == []
    (tmp_path / "stick").mkdir()
    cli.run(*ADD, "--output", "stick")
    first = load_terminal(tmp_path / "stick/c4.toml").enrolment_code
    assert cli.run("terminal", "replace", "c4", "--overwrite")[0] == 0
    assert load_terminal(tmp_path / "c4.toml").enrolment_code.reveal() not in ("", first.reveal())


def test_json_writes_a_file_only_where_it_is_told_to(tmp_path: Path) -> None:
    cli = hub_file(tmp_path)
    told = cli.json(*ADD)
    assert (told["hub"], told["hub_name"], told["ca"]) == ("", "test-hub", "")
    assert not (tmp_path / "c4.toml").exists()
    cli.json("terminal", "replace", "c4", "--output", "t.toml", "--hub", "wss://v.example:8443")
    assert load_terminal(tmp_path / "t.toml").hub == "wss://v.example:8443"


def test_an_unknown_address_is_asked_for_and_a_wrong_one_named(tmp_path: Path) -> None:
    cli = hub_file(tmp_path)
    status, said = cli.run(*ADD)
    assert status == 1
    assert "c4.toml was not written: where terminals find the hub stands neither" in said
    status, said = cli.run(*ADD, "--hub", "https://v.example")
    assert (status, "expected wss://HOST" in said) == (2, True)
    (tmp_path / "ca.pem").write_text("nothing")
    status, said = cli.run(*ADD, "--ca", "ca.pem")
    assert (status, "ca.pem holds no certificate in PEM" in said) == (2, True)


async def test_a_hub_that_only_this_machine_reaches_says_where(hub: Hub) -> None:
    added = await hub.do(ask.TerminalAdd(terminal="c4", facility="north", label="4", unit="C"))
    assert added["hub"] == hub.ws
    assert (added["hub_name"], added["ca"]) == ("test-hub", "")
