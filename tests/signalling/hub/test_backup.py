"""Backup while running, restore all or nothing, and the check of a whole state."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from config import load_hub
from signalling.hub.backup import MANIFEST, make
from signalling.hub.cli_check import look_at_all
from signalling.hub.errors import StartError
from signalling.hub.restore import restore
from signalling.hub.services import RESTORING, hub_lock
from signalling.hub.staff import user_name
from signalling.hub.store.sqlite_tables import connect
from tests.signalling.hub.commands import TOML, Cli, first_run
from tests.signalling.hub.harness import NUMBER, PIN, hub_config, running_hub


def quiet(_done: int, _total: int) -> None:
    pass


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """A hub that does not run now, with somebody in it."""
    path = tmp_path / "hub.toml"
    path.write_text(TOML.format(state=tmp_path / "state"))
    asyncio.run(first_run(path))
    cli = Cli(path)
    cli.json("inmate", "add", NUMBER, "Daniel", "--facility", "north", "--pin", PIN)
    return cli


@pytest.fixture
def saved(cli: Cli, tmp_path: Path) -> Path:
    path = tmp_path / "backup.zip"
    assert cli.json("backup", str(path))["file"] == str(path)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        each.name: each.read_bytes()
        for each in sorted(folder.iterdir())
        if each.is_file() and each.name != "hub.lock"
    }


def rewritten(path: Path, into: Path, **files: bytes | None) -> Path:
    """A backup with other files; None: without that one."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members.update({name.replace("__", "."): data for name, data in files.items() if data})
    with zipfile.ZipFile(into, "w") as archive:
        for name, data in members.items():
            if files.get(name.replace(".", "__"), data) is not None:
                archive.writestr(name, data)
    return into


def test_a_backup_is_one_private_file_with_all_of_the_state(saved: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.glob("backup*")] == ["backup.zip"]
    with zipfile.ZipFile(saved) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        assert set(manifest["files"]) == {"visits.db", "pin.key", "receipt.key", "audit-head.json"}
        assert archive.testzip() is None
    assert manifest["hub"] == "test-hub"
    assert manifest["schema"][0].startswith("0001-")


def test_a_restored_hub_is_as_it_was(cli: Cli, saved: Path, tmp_path: Path) -> None:
    cli.json("inmate", "move", NUMBER, "D")
    state = tmp_path / "state"
    key = (state / "pin.key").read_bytes()
    assert "--force puts it aside" in cli.fails("restore", str(saved))
    code, said = cli.run("restore", str(saved), "--force")
    assert code == 0
    assert said.startswith("Restored: the state of ")
    assert [each["unit"] for each in cli.json("inmate", "list")] == [""]
    assert (state / "pin.key").read_bytes() == key
    assert stat.S_IMODE((state / "visits.db").stat().st_mode) == 0o600
    [aside] = state.glob("before-restore-*")
    db = connect(aside / "visits.db")
    assert [row["unit"] for row in db.query("select unit from inmates")] == ["D"]
    db.close()
    newest = cli.json("audit", "list", "--limit", "1", "--kind", "staff-restore")
    assert newest[0]["who"] == f"staff:{user_name(0)}" or newest[0]["who"].startswith("staff:")
    assert cli.json("audit", "verify")["holds"]


def test_a_hub_is_restored_where_there_was_none(cli: Cli, saved: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(TOML.format(state=tmp_path / "elsewhere"))
    restored = Cli(other)
    code, _ = restored.run("restore", str(saved))
    assert code == 0
    assert [each["number"] for each in restored.json("inmate", "list")] == [NUMBER]


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    """One bit of the PIN key: it is random, so that every one of its bits is in the file."""
    place = data.index(b"pin.key") + 40
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.mark.parametrize("break_", [cut, flipped, lambda _data: b"", lambda _data: b"no zip" * 99])
def test_a_broken_file_changes_nothing(cli: Cli, saved: Path, tmp_path: Path, break_: Any) -> None:
    saved.write_bytes(break_(saved.read_bytes()))
    before = contents(tmp_path / "state")
    assert str(saved) in cli.fails("restore", str(saved), "--force")
    assert contents(tmp_path / "state") == before


def test_what_is_no_backup_of_ours_is_named(cli: Cli, saved: Path, tmp_path: Path) -> None:
    before = contents(tmp_path / "state")
    with zipfile.ZipFile(saved) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    wrong = tmp_path / "wrong.zip"

    def refused(**files: bytes | None) -> str:
        return cli.fails("restore", str(rewritten(saved, wrong, **files)), "--force")

    def told(**changes: Any) -> bytes:
        return json.dumps({**manifest, **changes}).encode()

    assert "no manifest" in refused(manifest__json=None)
    assert "no manifest" in refused(manifest__json=b"{}")
    assert 'format is "x"' in refused(manifest__json=told(format="x"))
    assert "newer version" in refused(manifest__json=told(schema=["9999-future"]))
    assert "lacks pin.key" in refused(
        manifest__json=told(files={n: f for n, f in manifest["files"].items() if n != "pin.key"})
    )
    evil = {**manifest["files"], "../../evil": {"bytes": 1, "sha256": "0"}}
    assert "no part of a backup" in refused(manifest__json=told(files=evil))
    assert "SHA-256 is another" in refused(pin__key=b"x" * 32)
    assert contents(tmp_path / "state") == before


def test_a_damaged_database_is_not_restored(cli: Cli, saved: Path, tmp_path: Path) -> None:
    """Its hash is right: it was damaged before it was saved."""
    database = tmp_path / "state" / "visits.db"
    db = sqlite3.connect(database)
    db.execute("pragma foreign_keys = off")
    db.execute("insert into seats (terminal, inmate) values ('nowhere', 'nobody')")
    db.commit()
    db.close()
    damaged = tmp_path / "damaged.zip"
    make(load_hub(tmp_path / "hub.toml"), damaged, quiet)
    said = cli.fails("restore", str(damaged), "--force")
    assert "refers to what is not in" in said
    assert not list((tmp_path / "state").glob("before-restore-*"))


def test_a_restore_that_was_broken_off_is_not_started_on(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "state" / RESTORING).touch()
    assert "visit-hub restore FILE --force" in cli.fails("inmate", "list")


def test_what_stands_in_the_way_is_named(cli: Cli, saved: Path, tmp_path: Path) -> None:
    assert "exists already" in cli.fails("backup", str(saved))
    other = tmp_path / "other.toml"
    other.write_text(TOML.format(state=tmp_path / "elsewhere"))
    assert "no hub has run" in Cli(other).fails("backup", str(tmp_path / "x.zip"))
    assert "No such file" in cli.fails("backup", str(tmp_path / "no" / "x.zip"))


async def test_a_backup_is_made_while_a_hub_writes(tmp_path: Path) -> None:
    state = tmp_path / "state"
    config, path = hub_config(state), tmp_path / "b.zip"
    async with running_hub(config) as hub:
        await hub.people()
        visit = await hub.book()
        terminal = await hub.ready_terminal()
        task = asyncio.create_task(asyncio.to_thread(make, config, path, quiet))
        while not task.done():
            await terminal.sign_in()
            await terminal.sign_out()
        await task
        with pytest.raises(StartError), hub_lock(state):
            pass
        assert all(not row["problems"] for row in await look_at_all(hub.do))
        kinds = await hub.kinds(visit)
    elsewhere = hub_config(tmp_path / "elsewhere")
    with hub_lock(tmp_path / "elsewhere"):
        restore(elsewhere, path, quiet, force=False)
    async with running_hub(elsewhere) as again:
        found = await again.kinds(visit)
        assert found == kinds[: len(found)]
        rows = await look_at_all(again.do)
        assert [row["problems"] for row in rows] == [[]] * 4


# -- check ------------------------------------------------------------------------------------


async def booked_hub(state: Path) -> str:
    async with running_hub(hub_config(state)) as hub:
        _, _, visit = await hub.begun()
        return visit


WRONG: dict[str, tuple[str, str]] = {
    "ends_at": ("update visits set ends_at = ends_at + 60", "ends_at is"),
    "closed_at": ("update visits set closed_at = 5", "closed_at is"),
    "starts_at": ("update visits set starts_at = starts_at + 7200", "starts_at is"),
    "booked_end": ("update visits set booked_end = 5", "booked_end is 5.0, by its log"),
    "facility": ("update visits set facility = 'south'", "facility is south, by its log north"),
    "inmate": ("update visits set inmate = 'i-x'", "inmate is i-x, by its log"),
    "end_reason": ("update visits set end_reason = 'x'", "end_reason is x, by its log None"),
    "event": ("update events set author = 'hub' where seq = 2", "is not what entry"),
    "lost event": ("delete from events where seq = 2", "cannot be read"),
    "last event": (
        "delete from events where seq = (select max(seq) from events)",
        "lacks event",
    ),
    "unreadable": ("update events set what = '{}' where seq = 1", "cannot be read"),
    "occupancy": ("delete from occupancy where kind = 'inmate'", " of inmate"),
    "invited": ("delete from visit_visitors", "its visitors are"),
    "reference": ("delete from inmates", "refers to what is not in"),
    "audit": ("update audit_entries set who = 'x' where seq = 3", "tampered with"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    state = tmp_path_factory.mktemp("check") / "state"
    return state, asyncio.run(booked_hub(state))


@pytest.mark.parametrize("what", WRONG)
async def test_a_check_finds(what: str, whole: tuple[Path, str], tmp_path: Path) -> None:
    sql, words = WRONG[what]
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    for each in whole[0].iterdir():
        if each.is_file():
            (state / each.name).write_bytes(each.read_bytes())
            (state / each.name).chmod(0o600)
    async with running_hub(hub_config(state)) as hub:
        assert [row["problems"] for row in await look_at_all(hub.do)] == [[]] * 4
        db = sqlite3.connect(state / "visits.db")
        db.execute(sql)
        db.commit()
        db.close()
        problems = [each for row in await look_at_all(hub.do) for each in row["problems"]]
    assert any(words in each for each in problems), problems


def test_check_on_the_command_line(cli: Cli, tmp_path: Path) -> None:
    code, said = cli.run("check")
    assert code == 0, said
    assert said.endswith("All is sound.\n")
    db = connect(tmp_path / "state" / "visits.db")
    db.execute("update audit_entries set who = 'x'")
    db.close()
    assert "stop the hub and restore a backup that is sound" in cli.run("check")[1]
    code, said = cli.run("check", "--json")
    assert code == 1
    assert not json.loads(said)["sound"]
