"""What staff mistype, and what hub.toml has lost, does no harm in silence."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from config.schema import Facility, Unit
from signalling.hub import staff_commands as ask
from signalling.hub.__main__ import main
from signalling.hub.errors import StaffError
from tests.signalling.hub.harness import EMAIL, NUMBER, Hub, hub_config, running_hub


@pytest.mark.parametrize("typed", ["lawyer", "LAWYER", " Lawyer "])
async def test_a_lawyers_visit_is_private_however_it_is_typed(hub: Hub, typed: str) -> None:
    await hub.people()
    await hub.do(ask.VisitorApprove(email=EMAIL, inmate=NUMBER, relation=typed))
    visit = await hub.book(start="+600", seconds=600)
    shown = await hub.do(ask.VisitShow(visit=visit))
    assert shown["private"] is True


async def test_a_relation_of_staffs_own_is_kept_as_it_is_written(hub: Hub) -> None:
    await hub.people()
    await hub.do(ask.VisitorApprove(email=EMAIL, inmate=NUMBER, relation="Foster mother "))
    (visitor,) = await hub.do(ask.VisitorList())
    assert [each["relation"] for each in visitor["approved"]] == ["Foster mother"]


async def test_a_relation_that_is_not_listed_is_warned_of(hub: Hub) -> None:
    await hub.people()
    told = await hub.do(ask.VisitorApprove(email=EMAIL, inmate=NUMBER, relation="lawer"))
    (warning,) = told["warnings"]
    assert warning.startswith('facility north lists no relation "lawer", probably "lawyer": ')
    told = await hub.do(ask.VisitorApprove(email=EMAIL, inmate=NUMBER, relation="Lawyer"))
    assert told["warnings"] == []


async def test_visits_of_a_facility_that_is_gone_are_warned_of_and_can_be_cancelled(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_hub(hub_config(tmp_path / "s")) as hub:
        await hub.people()
        visit = await hub.book(start="+600", seconds=600)
    left = (Facility(id="south", name="South Jail", time_zone="UTC"),)
    async with running_hub(hub_config(tmp_path / "s", facility=left)) as hub:
        assert "facility=north has open visits and is not in hub.toml any more" in caplog.text
        assert [row["visit"] for row in await hub.do(ask.VisitList())] == [visit]
        assert (await hub.do(ask.VisitCancel(visit=visit)))["end_reason"] == "cancelled"


async def test_a_housing_unit_that_hub_toml_does_not_list_is_refused(tmp_path: Path) -> None:
    units = (Unit(name="C"), Unit(name="D"))
    here = (Facility(id="north", name="North Jail", time_zone="UTC", unit=units),)
    async with running_hub(hub_config(tmp_path / "s", facility=here)) as hub:
        words = r'"Q" is no housing unit of north in hub\.toml \(C, D\)'
        add = ask.InmateAdd(number=NUMBER, name="Daniel", facility="north", unit="Q")
        with pytest.raises(StaffError, match=words):
            await hub.do(add)
        await hub.do(ask.InmateAdd(number=NUMBER, name="Daniel", facility="north", unit="C"))
        with pytest.raises(StaffError, match=words):
            await hub.do(ask.InmateMove(number=NUMBER, unit="Q"))
        with pytest.raises(StaffError, match=words):
            await hub.do(ask.TerminalAdd(terminal="t1", facility="north", label="1", unit="Q"))
        roster = "number,name,facility,unit\n1,Ann,north,D\n2,Ben,north,Q\n"
        told = await hub.do(ask.InmateImport(roster=roster))
        assert told["mistakes"] == [
            {
                "line": 3,
                "column": "unit",
                "found": "Q",
                "expected": "a housing unit of north in hub.toml: C, D",
            }
        ]
        assert [row["unit"] for row in await hub.do(ask.InmateList())] == ["C"]


async def test_a_wrong_head_file_looks_like_no_tampering(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text(
        f'name = "x"\nstate_dir = "{tmp_path}"\n'
        '[[facility]]\nid = "north"\nname = "North"\ntime_zone = "UTC"\n'
    )
    wrong = tmp_path / "roster.csv"
    wrong.write_text("number,name\n")
    words = ["audit", "verify", "--config", str(config), "--head-file", str(wrong)]
    result = await asyncio.to_thread(CliRunner().invoke, main, words)
    assert result.exit_code == 1
    assert "is no head: it is what visit-hub audit head --json prints" in result.output


async def test_only_who_books_or_approves_is_told_to_have_somebody_sign_up(hub: Hub) -> None:
    await hub.people()
    who = "nobody@example.org"
    book = ask.VisitBook(inmate=NUMBER, visitors=(who,), start="+600", length_s=600.0)
    for command in (book, ask.VisitorApprove(email=who, inmate=NUMBER)):
        with pytest.raises(StaffError, match=f"{who} has no account: have them sign up"):
            await hub.do(command)
    for other in (
        ask.VisitorErase(email=who),
        ask.VisitorRevoke(email=who, inmate=NUMBER),
        ask.VisitList(visitor=who),
    ):
        with pytest.raises(StaffError, match=f"{who} has no account: visit-hub visitor list"):
            await hub.do(other)
