"""Whole visits on real parts: what is seen and heard is what was sent, and how visits end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from kiosk.screens import layout
from tests.e2e.conftest import House
from tests.e2e.footage import FAMILY_TONE_HZ
from tests.e2e.stage import EMAIL, INMATE, PASSWORD, PIN, TERMINAL_TONE_HZ

pytestmark = pytest.mark.e2e


async def moving(read: Callable[[], Awaitable[int | None]], count: int = 3) -> set[int]:
    """Read marks until `count` different ones were seen."""
    seen: set[int] = set()
    end = time.monotonic() + 15
    while len(seen) < count and time.monotonic() < end:
        number = await read()
        if number is not None:
            seen.add(number)
        await asyncio.sleep(0.05)
    return seen


async def ended_by(house: House, visit: str) -> tuple[str, str]:
    told = await house.hub.visit(visit)
    return told["ended_by"], told["end_reason"]


async def test_picture_and_sound_each_way_until_the_scheduled_time(house: House) -> None:
    visit, family = await house.in_visit(seconds=30)

    async def kiosk_mark() -> int | None:
        return house.kiosk.mark()

    assert len(await moving(family.mark)) >= 3
    assert len(await moving(kiosk_mark)) >= 3
    heard = await family.steady(15, 640)
    assert heard["fps"] >= 15
    assert (heard["width"], heard["height"]) == (640, 480)
    assert heard["audio_dbfs"] > -50
    assert heard["audio_hz"] == pytest.approx(TERMINAL_TONE_HZ, abs=12)
    stats = await house.kiosk.process.wait_for(r"heard_dbfs=(-\d\d\.\d) heard_hz=(\d+)", 15)
    assert float(stats[1]) > -50
    assert float(stats[2]) == pytest.approx(FAMILY_TONE_HZ, abs=12)
    await house.kiosk.screen("ended", 40)
    await family.at("ended")
    assert await ended_by(house, visit) == ("clock", "expired")


async def test_inmate_early_scheduled_then_ready_at_once(house: House) -> None:
    await house.hub.book("+14", 60)
    family = await house.family()
    await house.kiosk.sign_in()
    await house.kiosk.screen("waiting")
    assert await family.status() == "scheduled"
    assert not await family.page.locator(".telephone:not([disabled])").count()
    await family.wait_status("ready", 25)
    assert "pending" not in await family.statuses()


async def test_inmate_late_pending_first(house: House) -> None:
    await house.hub.book("now", 60)
    family = await house.family()
    await family.wait_status("pending")
    await house.kiosk.sign_in()
    await family.wait_status("ready")


async def test_visitor_late_the_terminal_waits(house: House) -> None:
    await house.hub.book("now", 60)
    await house.kiosk.sign_in()
    await house.kiosk.screen("waiting")
    family = await house.family()
    await family.wait_status("ready")
    await family.press_telephone()
    await family.at("in-visit")
    await house.kiosk.screen("in-visit")
    assert len(await moving(family.mark)) >= 3


async def test_red_x_at_the_terminal_asks_and_ends(house: House) -> None:
    visit, family = await house.in_visit()
    since = house.kiosk.process.seen
    await house.kiosk.press(layout.END_VISIT)
    await house.kiosk.process.wait_for(r"sheet=confirm-end", 5, since)
    await house.kiosk.press(layout.SHEET_DISMISS)
    await house.kiosk.process.wait_for(r"sheet=- ", 5, house.kiosk.process.seen - 1)
    assert await family.screen() == "in-visit"
    await house.kiosk.end_visit()
    await house.kiosk.screen("ended")
    await family.at("ended")
    assert await ended_by(house, visit) == ("inmate", "red-x")


async def test_red_x_on_the_page_asks_and_ends(house: House) -> None:
    visit, family = await house.in_visit()
    await family.end_visit()
    await family.at("ended")
    await house.kiosk.screen("ended")
    assert await ended_by(house, visit) == ("visitor", "red-x")
    # One id finds the visit in all three logs, and nobody is named in any of these lines.
    logs = {"hub": house.hub.process.lines, "kiosk": house.kiosk.process.lines}
    for name, lines in {**logs, "page": family.console}.items():
        about = [line for line in lines if f"visit={visit} " in line]
        assert about, f"the {name}'s log does not have the visit"
        for secret in (INMATE, PIN, PASSWORD, EMAIL, "Daniel", "Maria"):
            assert not [line for line in about if secret in line]
    assert [line for line in house.kiosk.process.lines if f"visit={visit} gate=open" in line]


async def test_staff_terminates(house: House) -> None:
    visit, family = await house.in_visit()
    await house.hub.staff("visit", "terminate", visit)
    await family.at("ended")
    await house.kiosk.screen("ended")
    assert await ended_by(house, visit) == ("staff", "staff")


async def test_nobody_came(house: House) -> None:
    visit = await house.hub.book("now", 10)
    family = await house.family()
    await family.wait_status("ended", 20)
    assert await ended_by(house, visit) == ("clock", "nobody-came")
