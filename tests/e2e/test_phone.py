"""What happens to a phone in the hand during a visit: the visit survives it."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import House
from tests.e2e.family import PHONE, Family
from tests.e2e.stage import EMAIL, PASSWORD
from tests.e2e.test_visit import moving

pytestmark = pytest.mark.e2e

END_TRACK = """
(kind) => {
  const ended = window.sent.filter((track) => track.kind === kind && track.readyState === 'live');
  for (const track of ended) { track.stop(); track.dispatchEvent(new Event('ended')); }
  return ended.length;
}
"""
"""What a browser does when the device behind a track is gone, or a phone call took it."""

KEEP_TRACKS = """
window.sent = [];
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await ask(wanted);
  window.sent.push(...stream.getTracks());
  document.documentElement.dataset.tracks = window.sent.length;
  return stream;
};
"""


async def on_the_phone(house: House) -> Family:
    """A visit that has begun, the family on a phone whose tracks the test can end."""
    await house.hub.book("now", 90)
    family = await house.homes.family(PHONE, has_touch=True, is_mobile=True)
    await family.page.add_init_script(KEEP_TRACKS)
    await family.open()
    await family.log_in(EMAIL, PASSWORD)
    await family.open_facility(PASSWORD)
    await family.appointments()
    await house.kiosk.sign_in()
    await family.wait_status("ready")
    await family.press_telephone()
    await family.at("in-visit")
    await house.kiosk.screen("in-visit")
    return family


async def test_turned_called_in_the_background_and_with_other_headphones(house: House) -> None:
    async def kiosk_mark() -> int | None:
        return house.kiosk.mark()

    family = await on_the_phone(house)
    page = family.page
    await page.set_viewport_size({"width": 844, "height": 390})
    assert len(await moving(family.mark)) >= 3
    assert await page.is_visible("#end-visit")
    await page.set_viewport_size({"width": 390, "height": 844})
    # Another tab in front; a page that is hidden draws nothing, the call goes on all the same.
    other = await family.context.new_page()
    await other.bring_to_front()
    assert len(await moving(kiosk_mark)) >= 3
    await page.bring_to_front()
    # A call that comes in takes the camera, headphones that go take the microphone with them.
    for kind in ("video", "audio"):
        before = await page.evaluate("window.sent.length")
        assert await page.evaluate(END_TRACK, kind) == 1
        await page.wait_for_selector(f'html[data-tracks="{before + 1}"]', timeout=10_000)
    assert len(await moving(kiosk_mark)) >= 3
    assert len(await moving(family.mark)) >= 3
    since = house.kiosk.process.seen
    heard = await house.kiosk.process.wait_for(r"heard_dbfs=(-\d\d\.\d)", 15, since)
    assert float(heard[1]) > -50
    assert await family.screen() == "in-visit"
