"""The device check in a real Chromium: which camera, and what the network carries, by real TURN."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from signalling.booking_messages import CheckNetwork, Probe
from signalling.wire import IceServer
from tests.kiosk.media.turn import HOST, PASSWORD, USERNAME, coturn, free_port
from tests.signalling.web.fake_hub import FakeHub
from tests.signalling.web.steps import becomes_true, log_in, picture

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROW = '[data-check="internet"]'


def relay(port: int) -> tuple[IceServer, ...]:
    url = f"turn:{HOST}:{port}?transport=udp"
    return (IceServer(urls=(url,), username=USERNAME, credential=PASSWORD),)


async def test_without_a_relay_only_the_way_to_the_hub_is_tried(hub: FakeHub, page: Page) -> None:
    await log_in(page, check=False)
    await expect(page.locator(ROW)).to_have_attribute("data-passed", "true")
    await expect(page.locator("#carries")).to_contain_text("Mb/s")
    assert len([each for each in hub.received if isinstance(each, Probe)]) == 4


async def test_a_relay_that_can_be_reached_passes(hub: FakeHub, page: Page, tmp_path: Path) -> None:
    async with coturn(tmp_path) as server:
        hub.relays = relay(server.port)
        await log_in(page, check=False)
        await expect(page.locator(ROW)).to_have_attribute("data-passed", "true")
        assert server.made >= 1


async def test_a_relay_that_is_blocked_has_its_fix_and_can_be_tried_again(
    hub: FakeHub, page: Page
) -> None:
    hub.relays = relay(free_port())
    await log_in(page, check=False)
    note = page.locator('[data-network="blocked"]')
    await expect(note).to_contain_text("This network blocks video visits.", timeout=20_000)
    await expect(page.locator(ROW)).to_have_attribute("data-passed", "false")
    await picture(page, "b-blocked")
    hub.relays = ()
    await page.locator(ROW).get_by_role("button").click()
    await expect(page.locator(ROW)).to_have_attribute("data-passed", "true")
    assert len([each for each in hub.received if isinstance(each, CheckNetwork)]) == 2


async def test_a_network_that_could_not_be_tried_has_not_passed(hub: FakeHub, page: Page) -> None:
    hub.refusing = (CheckNetwork,)
    await log_in(page, check=False)
    note = page.locator('[data-network="failed"]')
    await expect(note).to_contain_text("We could not try your network.")
    await expect(page.locator(ROW)).to_have_attribute("data-passed", "false")
    hub.refusing = ()
    await page.locator(ROW).get_by_role("button").click()
    await expect(page.locator(ROW)).to_have_attribute("data-passed", "true")


async def test_one_of_several_cameras_is_chosen_and_remembered(hub: FakeHub, page: Page) -> None:
    await log_in(page, check=False)
    choice = page.locator("#choose-camera")
    await expect(choice.locator("option")).to_have_count(2)
    used = await choice.input_value()
    other = await choice.locator(f'option:not([value="{used}"])').get_attribute("value")
    await choice.select_option(other)
    camera = "document.querySelector('#check-video')?.srcObject?.getVideoTracks()[0]?"
    await becomes_true(page, f"{camera}.getSettings().deviceId === {json.dumps(other)}")
    await picture(page, "b-choice")
    await page.reload()
    await expect(choice).to_have_value(other or "")
    await becomes_true(page, f"{camera}.getSettings().deviceId === {json.dumps(other)}")
