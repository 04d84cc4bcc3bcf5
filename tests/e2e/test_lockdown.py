"""A lockdown on both screens: held with its reason, through a restart of the hub, then on again."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import House
from tests.e2e.processes import until
from tests.e2e.test_visit import moving

pytestmark = pytest.mark.e2e


async def test_a_lockdown_holds_the_visit_and_gives_its_time_back(house: House) -> None:
    visit, family = await house.in_visit(300)
    where = ("--facility", "lindell", "--unit", "C")
    held = await house.hub.staff("lockdown", "start", *where, "--reason", "Count in all units")
    assert held["visits"] == [visit]
    await house.kiosk.screen("held")
    await family.at("held")
    assert "Count in all units" in await family.page.inner_text("[data-held=paused]")
    await house.stage.restart_hub()
    await until(lambda: house.kiosk.process.all(r"link=up")[1:], 20, "the terminal's second link")
    shown = await house.hub.visit(visit)
    assert shown["status"] == "interrupted"
    # A hub that has started anew knows of no press, as after any hold without pictures.
    assert "Count in all units" in await family.page.inner_text("[data-held=press]")
    await family.press_telephone()
    await family.page.wait_for_selector("[data-held=paused]")
    await house.hub.staff("lockdown", "end", *where)
    await house.kiosk.screen("in-visit")
    await family.at("in-visit")
    assert len(await moving(family.mark)) >= 3
    assert (await house.hub.visit(visit))["added_s"] > 1
