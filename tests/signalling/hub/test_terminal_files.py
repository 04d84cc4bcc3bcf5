"""`visit-hub terminal add` and `replace` write a terminal.toml that is ready."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from config import load_hub, load_terminal
from config.__main__ import main as visit_config
from config.schema import MailServer
from signalling.hub import staff_commands as ask
from signalling.hub.services import open_services
from signalling.hub.terminals import code_hash
from tests.signalling.hub.certificates import Authority
from tests.signalling.hub.commands import TOML, Cli, first_run
from tests.signalling.hub.harness import Hub, hub_config, running_hub

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


@pytest.mark.parametrize(("url", "address"), [("", ""), ("https://v.example", "wss://v.example")])
async def test_a_hub_that_listens_everywhere_does_not_send_terminals_to_themselves(
    url: str, address: str, tmp_path: Path
) -> None:
    everywhere = "0.0.0.0"
    config = hub_config(tmp_path / "state", listen=everywhere, mail=MailServer(public_url=url))
    async with running_hub(config) as hub:
        added = await hub.do(ask.TerminalAdd(terminal="c4", facility="north", label="4", unit="C"))
    assert added["hub"] == address


# -- a whole facility -------------------------------------------------------------------------

FACILITY = """\
facility = "north"
[defaults.devices]
fps = 25
""" + "".join(f'[terminal.c{n}]\nlabel = "{n}"\nunit = "C"\n' for n in range(1, 61))


def facility(folder: Path, text: str = FACILITY) -> str:
    (folder / "facility.toml").write_text(text)
    return str(folder / "facility.toml")


def enrolled_json(cli: Cli, path: str, *more: str) -> Any:
    words = ("terminal", "enrol", path, "--json", "--hub", "wss://v.example", *more)
    return json.loads(cli.both(*words)[1])


def test_sixty_terminals_with_a_code_each_in_one_command(tmp_path: Path) -> None:
    cli, path = hub_file(tmp_path, '[terminals]\naddress = "wss://v.example"\n'), facility(tmp_path)
    status, said = cli.run("terminal", "enrol", path)
    assert (status, "60 files written to north" in said) == (0, True)
    loaded = [load_terminal(each) for each in (tmp_path / "north").iterdir()]
    assert {each.hub for each in loaded} == {"wss://v.example"}
    assert len({each.enrolment_code.reveal() for each in loaded}) == 60
    assert len(cli.json("terminal", "list")) == 60


def test_a_terminal_with_a_key_keeps_it(tmp_path: Path) -> None:
    cli, path = hub_file(tmp_path), facility(tmp_path)
    first = enrolled_json(cli, path)
    code = code_hash("c7", next(x["code"] for x in first["terminals"] if x["terminal"] == "c7"))

    async def enrolled() -> None:
        async with open_services(load_hub(tmp_path / "hub.toml")) as services:
            assert await services.store.terminals.enrol("c7", code, bytes(32))

    asyncio.run(enrolled())
    dry = enrolled_json(cli, path, "--dry-run")
    assert [each["terminal"] for each in dry["terminals"] if each["enrolled"]] == ["c7"]
    assert not any(each["code"] for each in dry["terminals"])
    cli.run("terminal", "enrol", path, "--hub", "wss://v.example")
    loaded = map(load_terminal, (tmp_path / "north").iterdir())
    assert [each.terminal for each in loaded if not each.enrolment_code] == ["c7"]


def test_the_codes_can_be_rendered_by_another_machine(tmp_path: Path) -> None:
    cli, path = hub_file(tmp_path), facility(tmp_path)
    told = cli.both("terminal", "enrol", path, "--json", "--hub", "wss://v.example")[1]
    result = CliRunner().invoke(visit_config, ["render", path, "--codes", "-"], input=told)
    assert result.output == "60 files written to north.\n"
    assert load_terminal(tmp_path / "north/c60.toml").hub_name == "test-hub"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('label = "3"\n', "", "terminal.c3.label: nothing found, expected its number"),
        ("fps = 25", "fps = 0", "line 3, defaults.devices.fps: found 0"),
        ('facility = "north"', 'facility = "east"', "there is no facility east"),
        ("", "", "defaults.hub: nothing found, expected wss://HOST"),
    ],
)
def test_a_mistake_makes_no_code_and_no_file(tmp_path: Path, old: str, new: str, said: str) -> None:
    cli, path = hub_file(tmp_path), facility(tmp_path, FACILITY.replace(old, new, 1))
    status, told = cli.run("terminal", "enrol", path)
    assert (status, said in told) == (1, True), told
    assert cli.json("terminal", "list") == []
    assert not (tmp_path / "north").exists()


def test_a_terminal_of_another_facility_is_not_taken(tmp_path: Path) -> None:
    cli, path = hub_file(tmp_path), facility(tmp_path)
    cli.json("terminal", "add", "c9", "--facility", "south", "--label", "4", "--unit", "C")
    said = cli.fails("terminal", "enrol", path, "--hub", "wss://v.example")
    assert "terminal c9 is one of south already" in said
