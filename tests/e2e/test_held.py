"""Nothing ends by accident: whatever breaks, the visit is held and comes back."""

from __future__ import annotations

import os
import signal

import pytest

from tests.e2e.conftest import House
from tests.e2e.processes import until
from tests.e2e.test_visit import moving

pytestmark = pytest.mark.e2e


async def test_handset_hung_up_holds_and_lifting_goes_on(house: House) -> None:
    _, family = await house.in_visit()
    house.kiosk.hook(False)
    await house.kiosk.screen("held")
    await family.at("held")
    house.kiosk.hook(True)
    await house.kiosk.screen("in-visit")
    await family.at("in-visit")
    assert len(await moving(family.mark)) >= 3


async def test_page_reloaded_comes_back(house: House) -> None:
    _, family = await house.in_visit()
    await family.page.reload()
    await house.kiosk.screen("held", 20)
    await family.press_telephone()
    await family.at("in-visit")
    await house.kiosk.screen("in-visit")
    assert len(await moving(family.mark)) >= 3


async def test_media_process_killed_comes_back(house: House) -> None:
    _, family = await house.in_visit()
    assert len(await moving(family.mark)) >= 3
    line = house.kiosk.process.all(r"media pid=(\d+)")[-1]
    since = house.kiosk.process.seen
    os.kill(int(line[1]), signal.SIGKILL)
    await house.kiosk.process.wait_for(r"first-picture", 20, since)
    await family.at("in-visit")
    assert len(await moving(family.mark)) >= 3


async def test_hub_killed_the_call_goes_on_and_the_status_is_right_again(house: House) -> None:
    visit, family = await house.in_visit(120)
    assert len(await moving(family.mark)) >= 3
    await house.stage.restart_hub()
    assert len(await moving(family.mark)) >= 3
    await until(lambda: house.kiosk.process.all(r"link=up")[1:], 20, "the terminal's second link")
    told = await house.hub.visit(visit)
    assert told["status"] in ("in-visit", "interrupted")
    await family.at("in-visit", deadline_s=20)
    await family.end_visit()
    await house.kiosk.screen("ended")
    await family.at("ended")
