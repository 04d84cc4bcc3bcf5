"""Staff read the clocks of the facility, and which they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.schema import Facility
from signalling.errors import UserError
from signalling.hub import staff_commands as ask
from signalling.hub.desk_finding import hub_zone
from tests.signalling.hub.harness import NUMBER, Hub, hub_config, running_hub

NORTH = Facility(id="north", name="North", time_zone="America/Phoenix")
SOUTH = Facility(id="south", name="South", time_zone="America/Chicago")


def test_what_is_of_no_facility_has_the_zone_that_all_have(tmp_path: Path) -> None:
    other = Facility(id="east", name="East", time_zone="America/Phoenix")
    assert hub_zone(hub_config(tmp_path, facility=(NORTH, other))) == "America/Phoenix"
    assert hub_zone(hub_config(tmp_path, facility=(NORTH, SOUTH))) == "UTC"


async def wrong_pins(hub: Hub) -> None:
    for _ in range(20):
        try:
            await hub.services.inmates.check("north", NUMBER, "000001", "c4")
        except UserError as error:
            if error.code == "locked":
                return
    pytest.fail("twenty wrong PINs lock nothing")


async def test_lockouts_audit_and_clashes_say_the_facilitys_clock(tmp_path: Path) -> None:
    async with running_hub(hub_config(tmp_path / "s", facility=(NORTH,))) as hub:
        await hub.people()
        await wrong_pins(hub)
        locked = await hub.do(ask.LockoutList())
        assert {row["until"][-4:] for row in locked} == {" MST"}
        newest = (await hub.do(ask.AuditList(limit=1)))[0]
        assert newest["when"].endswith(" MST")
        await hub.book("+600")
        with pytest.raises(Exception, match=r"already has visit \w+, \d\d:\d\d to \d\d:\d\d MST"):
            await hub.book("+600")
