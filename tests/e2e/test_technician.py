"""A terminal that proves itself before anybody comes, and the technician who looks at it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest

from kiosk.screens import layout, theme
from tests.e2e.processes import until
from tests.e2e.stage import Kiosk, Stage, stage

pytestmark = pytest.mark.e2e

START_AGAIN = 75


@pytest.fixture
async def built() -> AsyncIterator[Stage]:
    """A hub, and nobody yet."""
    async with contextlib.AsyncExitStack() as stack:
        made = await stack.enter_async_context(stage())
        await made.start_hub()
        yield made


async def confirmed(kiosk: Kiosk) -> None:
    """Say yes until it is taken: within 0.3 s of the question it is a double press."""
    for _ in range(10):
        await kiosk.press(layout.SHEET_CONFIRM)
        with contextlib.suppress(TimeoutError):
            await kiosk.process.wait_for(r"\brestart=asked\b", 0.5)
            return
    raise TimeoutError(kiosk.process.tail())


async def test_the_devices_are_proved_at_the_start_and_the_process_goes_again(
    built: Stage,
) -> None:
    kiosk = await built.start_kiosk()
    for device in ("camera", "microphone", "earpiece"):
        await kiosk.process.wait_for(rf"\bfinding={device} passed=true\b", 60)
    await kiosk.process.wait_for(r"\bmedia=stop\b", 10)
    assert not kiosk.process.all(r"sent=health faults=[A-Z]")
    size = f"{kiosk.display.width}x{kiosk.display.height}"
    assert kiosk.process.all(rf'display="{size} by x11"'), "SDL was asked what it took"


async def test_a_terminal_without_a_camera_is_listed_as_such_before_anybody_signs_in(
    built: Stage,
) -> None:
    kiosk = await built.start_kiosk(camera="usb:dead:beef")
    await kiosk.screen("out-of-order", 60)
    (row,) = await built.hub.staff("terminal", "list")
    assert row["faults"] == ["CAM-01"]
    await kiosk.technician(layout.CODE)
    await kiosk.sees(layout.Box(640, 116, 164, 48), theme.SUN)


async def test_the_technician_tests_reports_and_restarts(built: Stage) -> None:
    kiosk = await built.start_kiosk()
    await kiosk.process.wait_for(r"\bmedia=stop\b", 60)
    await kiosk.technician(layout.GATE)
    since = kiosk.process.seen
    await kiosk.sees(layout.SELF_TEST, theme.PINE)
    await kiosk.press(layout.SELF_TEST)
    await kiosk.process.wait_for(r"\bfinding=earpiece passed=true\b", 30, since)
    await kiosk.press(layout.SEND_REPORT)
    await kiosk.process.wait_for(r"\bsent=device-report\b", 10, since)
    shown = await built.hub.staff("terminal", "show", "t4")
    assert {each["device"]: each["state"] for each in shown["devices"]}["camera"] == "pass"
    assert {each["name"] for each in shown["facts"]} >= {"visitbooth", "python", "kernel", "disk"}
    await kiosk.press(layout.RESTART)
    await kiosk.process.wait_for(r"sheet=confirm-restart", 10, since)
    await confirmed(kiosk)
    await until(lambda: kiosk.process.returncode is not None, 20, "the kiosk's end")
    assert kiosk.process.returncode == START_AGAIN
