"""Who may: passwords, PINs, two browsers, two terminals."""

from __future__ import annotations

import pytest

from kiosk.screens import layout
from tests.e2e.conftest import House
from tests.e2e.stage import EMAIL, INMATE
from tests.e2e.test_visit import moving

pytestmark = pytest.mark.e2e


async def test_wrong_password_is_said_and_the_email_kept(house: House) -> None:
    family = await house.homes.family()
    await family.open()
    await family.log_in(EMAIL, "not this one at all", wait=False)
    await family.page.wait_for_selector("[data-note=wrong-log-in]")
    assert await family.page.input_value("#email") == EMAIL
    assert await family.screen() == "log-in"


async def test_wrong_pin_up_to_lockout(house: House) -> None:
    await house.kiosk.press(layout.IDLE_TOUCH)
    await house.kiosk.screen("sign-in")
    await house.kiosk.type(INMATE)
    await house.kiosk.press(layout.NEXT)
    for left in (2, 1):
        since = house.kiosk.process.seen
        await house.kiosk.type("000000")
        await house.kiosk.press(layout.NEXT)
        await house.kiosk.process.wait_for(rf"refused=wrong-sign-in.*tries_left={left}", 10, since)
    await house.kiosk.type("000000")
    await house.kiosk.press(layout.NEXT)
    await house.kiosk.process.wait_for(r"refused=locked", 10)
    await house.kiosk.press(layout.BACK)
    await house.kiosk.screen("idle")
    since = house.kiosk.process.seen
    await house.kiosk.sign_in()  # the right PIN does not help now
    await house.kiosk.process.wait_for(r"refused=locked", 10, since)
    await house.hub.staff("inmate", "release", INMATE)
    await house.kiosk.press(layout.BACK)
    await house.kiosk.screen("idle")
    await house.kiosk.sign_in()
    await house.kiosk.screen("my-visits")


async def test_two_browsers_on_one_account(house: House) -> None:
    _, first = await house.in_visit()
    second = await house.family()
    await second.press_telephone()
    await second.at("in-visit")
    assert len(await moving(second.mark)) >= 3
    await first.page.wait_for_selector("#taken-over", timeout=10_000)


async def test_second_terminal_for_the_same_inmate_is_refused(house: House) -> None:
    await house.hub.book("now", 60)
    await house.kiosk.sign_in()
    await house.kiosk.screen("waiting")
    other = await house.stage.start_kiosk("t5", "5")
    await other.sign_in()
    await other.process.wait_for(r"refused=signed-in-elsewhere", 10)
