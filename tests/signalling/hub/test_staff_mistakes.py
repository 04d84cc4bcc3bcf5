"""What staff mistype, and what hub.toml has lost, does no harm in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.schema import Facility
from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from tests.signalling.hub.harness import EMAIL, NUMBER, Hub, hub_config, running_hub


@pytest.mark.parametrize("typed", ["lawyer", "LAWYER", " Lawyer "])
async def test_a_lawyers_visit_is_private_however_it_is_typed(hub: Hub, typed: str) -> None:
    await hub.people()
    await hub.do(ask.VisitorApprove(email=EMAIL, inmate=NUMBER, relation=typed))
    visit = await hub.book(start="+600", seconds=600)
    shown = await hub.do(ask.VisitShow(visit=visit))
    assert shown["private"] is True


async def test_a_relation_that_the_facility_does_not_know_replaces_none(hub: Hub) -> None:
    await hub.people()
    with pytest.raises(StaffError, match=r'"enemy" is no relation at north \(.*mother, father'):
        await hub.do(ask.VisitorApprove(email=EMAIL, inmate=NUMBER, relation="enemy"))
    (visitor,) = await hub.do(ask.VisitorList())
    assert [each["relation"] for each in visitor["approved"]] == ["mother"]


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
