"""The jail's roster: every mistake with its line, all of it or nothing, shown before it is done."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from signalling.errors import UserError
from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.roster import changes, read_roster, roster_text
from signalling.hub.store.interface import StoreBusy
from signalling.hub.store.records import Inmate
from tests.signalling.hub.commands import Cli
from tests.signalling.hub.harness import NUMBER, PIN, Hub
from tests.signalling.hub.test_staff import cli, seed, toml

__all__ = ["cli", "toml"]  # fixtures
HERE = ("north", "south")


def test_every_bad_value_is_told_with_line_column_found_and_expected() -> None:
    text = "number,name,facility,pin\n9x,,north,12\n7,Max,west,\n8,Ned,south,1357\n8,Al,south,\n"
    _, mistakes = read_roster(text, HERE)
    assert [(each.line, each.column, each.found) for each in mistakes] == [
        (2, "number", "9x"),
        (2, "name", ""),
        (2, "pin", "not shown"),
        (3, "facility", "west"),
        (5, "number", "8"),
    ]
    assert mistakes[3].expected == "a facility of hub.toml: north, south"
    assert "on line 4" in mistakes[4].expected


def test_a_line_with_more_values_than_columns_is_a_mistake_of_that_line() -> None:
    text = "number,name,facility\n7,Reyes, Daniel,south\n8,Ned,south,\n9,Al,south,C\n"
    _, mistakes = read_roster(text, HERE)
    assert [(each.line, each.column, each.found) for each in mistakes] == [
        (2, "after the last", "south"),
        (2, "facility", "Daniel"),
        (4, "after the last", "C"),
    ]
    assert mistakes[0].expected.startswith("3 values as in the first line")


def test_a_comma_in_a_name_is_told_where_empty_values_end_the_line() -> None:
    text = "number,name,facility,unit\n7,Reyes, Daniel,south,\n8,Ned,west,,\n"
    _, mistakes = read_roster(text, HERE)
    said = {each.line: each.expected for each in mistakes if each.column == "facility"}
    assert said[2].endswith('; a name with a comma in it in quotes ""')
    assert "comma" not in said[3]


@pytest.mark.parametrize(
    "data",
    [
        "\ufeffnumber,name,facility\r\n7,J\u00fcrgen,south\r\n".encode(),
        "Number;Name;Facility\n7;J\u00fcrgen;south\n".encode(),
        "number\tname\tfacility\n7\tJ\u00fcrgen\tsouth".encode(),
    ],
    ids=["byte order mark and CRLF", "semicolons", "tabs"],
)
def test_files_of_office_programs_are_read(data: bytes) -> None:
    rows, mistakes = read_roster(roster_text(data), HERE)
    assert mistakes == []
    assert [(row.number, row.name, row.facility) for _, row in rows] == [
        ("7", "J\u00fcrgen", "south")
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the roster is empty"),
        ("number,name\n", "lacks: facility"),
        ("number,name,facility,dob\n", 'unknown column "dob"'),
        (f"number,name,facility\n9,{'N' * 200_000},south\n", "no CSV"),
    ],
)
def test_what_is_no_roster_is_said(text: str, why: str) -> None:
    with pytest.raises(StaffError, match=why):
        read_roster(text, HERE)


def test_a_file_that_is_not_utf_8_names_the_line() -> None:
    data = "number,name,facility\n7,Max,south\n8,Jos\u00e9,south\n".encode("latin-1")
    with pytest.raises(StaffError, match="line 3 of the roster is not UTF-8"):
        roster_text(data)


def test_changes_are_what_is_new_other_and_gone_at_the_facilities_of_the_file() -> None:
    known = [
        Inmate("a", "north", "1", "Ann", "C"),
        Inmate("b", "north", "2", "Bob", "C"),
        Inmate("c", "north", "3", "Cid", "C"),
        Inmate("d", "south", "1", "Dan", "D"),
    ]
    text = "number,name,facility,unit\n1,Ann,north,\n2,Bob,north,D\n9,Zoe,north,C\n"
    found = changes([row for _, row in read_roster(text, HERE)[0]], known)
    assert [row.number for row in found.added] == ["9"]
    assert [(now.number, now.unit) for _, now in found.changed] == [("2", "D")]
    assert [each.number for each in found.gone] == ["3"]
    assert found.same == 1


def test_ten_thousand_rows_take_less_than_a_second(cli: Cli, tmp_path: Path) -> None:
    rows = "".join(f"{n},Name {n},north,C\n" for n in range(1, 10_001))
    started_s = time.process_time()
    _, mistakes = read_roster(f"number,name,facility,unit\n{rows}", HERE)
    assert (mistakes, time.process_time() - started_s < 1) == ([], True)
    roster = tmp_path / "roster.csv"
    roster.write_text(f"number,name,facility,unit\n{rows}")
    assert len(cli.json("inmate", "import", str(roster))["added"]) == 10_000


def test_mistakes_change_nothing_and_a_dry_run_changes_nothing(cli: Cli, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("number,name,facility\n7,Max,south\n" + "x,Max,south\n" * 30)
    code, said = cli.run("inmate", "import", str(roster))
    assert code == 1
    assert "The roster has 59 mistakes: nothing was changed." in said
    assert cli.json("inmate", "list") == []
    roster.write_text("number,name,facility\nx,Max,south\n")
    _, said = cli.run("inmate", "import", str(roster))
    assert said.endswith("The roster has 1 mistake: nothing was changed.\n")
    roster.write_text("number,name,facility,pin\n7,Max,south,1357\n")
    dry = cli.json("inmate", "import", str(roster), "--dry-run")
    assert (dry["changed_nothing"], [each["pin"] for each in dry["added"]]) == (True, [None])
    assert "would be added" in cli.run("inmate", "import", str(roster), "--dry-run")[1]
    assert cli.json("inmate", "list") == []
    assert cli.json("inmate", "import", str(roster))["added"][0]["pin"] == "1357"
    again = cli.json("inmate", "import", str(roster))
    assert (again["added"], again["known"]) == ([], 1)


def test_what_becomes_of_who_is_not_in_the_file_is_said_before_it_is_done(
    cli: Cli, tmp_path: Path
) -> None:
    seed(cli)
    cli.json(
        "visit", "book", "--inmate", "40713", "--visitor", "ana@example.org", "--start", "+90000"
    )
    (tmp_path / "r.csv").write_text("number,name,facility\n7,Max,north\n")
    take = ("inmate", "import", str(tmp_path / "r.csv"))
    told = cli.run(*take, "--dry-run", "--cancel-missing")[1]
    assert "PIN and approvals of those not in the file would end." in told
    assert "not in the file: 1; they would be cancelled." in told
    for words in (("--dry-run",), ()):
        told = cli.run(*take, *words)[1]
        assert "not in the file: 1; they stay; --cancel-missing would cancel them." in told
        assert "would end" not in told
    assert "not in the file: 1; 1 were cancelled." in cli.run(*take, "--cancel-missing")[1]


async def test_who_is_not_in_the_file_loses_future_visits_only_if_asked(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book("+90000", 600.0)
    roster = "number,name,facility\n7,Max,north\n"
    left = await hub.do(ask.InmateImport(roster=roster))
    assert ([each["number"] for each in left["gone"]], left["cancelled"]) == ([NUMBER], 0)
    gone = await hub.do(ask.InmateImport(roster=roster, cancel_missing=True))
    assert (gone["visits_of_gone"], gone["cancelled"]) == ([visit], 1)
    assert (await hub.do(ask.VisitShow(visit=visit)))["end_reason"] == "cancelled"
    assert gone["approvals_ended"] == 1
    assert [each["approved"] for each in await hub.do(ask.VisitorList())] == [[]]
    with pytest.raises(UserError, match="wrong-sign-in"):
        await hub.services.inmates.check("north", NUMBER, PIN, "c4")
    # The next day's file lacks them too: that is no news.
    assert (await hub.do(ask.InmateImport(roster=roster, cancel_missing=True)))["gone"] == []
    back = await hub.do(ask.InmateImport(roster=f"{roster}{NUMBER},Daniel,north\n"))
    (row,) = back["back"]
    assert (await hub.services.inmates.check("north", NUMBER, row["pin"], "c4")).number == NUMBER
    (imported,) = await hub.do(ask.AuditList(kind="inmate-gone"))
    assert imported["who"] == "staff:tester"


async def test_what_an_import_could_not_cancel_the_next_one_does_and_no_pin_is_lost(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.people()
    visit = await hub.book("+90000", 600.0)
    roster = ask.InmateImport(roster="number,name,facility\n7,Max,north\n", cancel_missing=True)

    async def busy(*_what: object) -> None:
        raise StoreBusy("the store is busy")

    with monkeypatch.context() as broken:
        broken.setattr(hub.services.visits, "change", busy)
        first = await hub.do(roster)
    assert (len(first["added"][0]["pin"]), first["cancelled"]) == (6, 0)
    again = await hub.do(roster)
    assert (again["gone"], again["visits_of_gone"], again["cancelled"]) == ([], [visit], 1)
    assert (await hub.do(ask.VisitShow(visit=visit)))["end_reason"] == "cancelled"


async def test_the_audit_says_who_which_file_how_many_and_of_whom(hub: Hub) -> None:
    await hub.people()
    roster = f"number,name,facility,unit\n{NUMBER},Daniel,north,D\n8,Ned,north,C\n"
    await hub.do(ask.InmateImport(roster=roster, file="may.csv"))
    with_mistakes = await hub.do(ask.InmateImport(roster=roster + "x,,north,\n", file="june.csv"))
    assert len(with_mistakes["mistakes"]) == 2
    june, may = await hub.do(ask.AuditList(kind="staff-inmate-import"))
    assert (june["facts"]["file"], june["facts"]["mistakes"]) == ("june.csv", 2)
    counts = {key: may["facts"][key] for key in ("file", "added", "changed")}
    assert counts == {"file": "may.csv", "added": 1, "changed": 1}
    each = await hub.do(ask.AuditList(kind="inmate-*"))
    assert [(row["who"], row["kind"], row["name"]) for row in each] == [
        ("staff:tester", "inmate-changed", f"{NUMBER} Daniel"),
        ("staff:tester", "inmate-added", "8 Ned"),
    ]
    (changed,) = await hub.do(ask.AuditList(kind="inmate-*", about=each[0]["about"]))
    assert changed["facts"] == {"roster": "may.csv", "unit": "D"}


async def test_other_names_and_units_are_shown_at_once(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book("+90000", 600.0)
    page = await hub.ready_page()
    roster = f"number,name,facility,unit\n{NUMBER},Daniel R.,north,D\n"
    changed = await hub.do(ask.InmateImport(roster=roster))
    assert [each["was"] for each in changed["changed"]] == ["Daniel, unit -"]
    await page.sees(visit, lambda view: view.inmate == "Daniel R.")
