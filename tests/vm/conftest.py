"""One guest, one hub, one browser for all scenarios: an emulated machine boots slowly."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import pytest_asyncio

from tests.e2e.family import Family, Households, households
from tests.e2e.footage import write_tone
from tests.e2e.stage import EMAIL, PASSWORD, TERMINAL_TONE_HZ, Hub, stage
from tests.vm import network, terminal
from tests.vm.guest import Guest, booted
from tests.vm.image import ROOT, ready
from tests.vm.terminal import SLOW, GuestKiosk

REPORT: Final = ROOT / "test-report" / "vm"
SIZE: Final = (320, 240)
"""The family's picture; the camera's is 320x180, the smallest that it has."""
FPS: Final = 5
GRACE_S: Final = 20.0
"""An emulated terminal may be silent for some seconds, and is not gone."""


@dataclass
class House:
    """A hub and a browser on the host, a terminal in the guest."""

    guest: Guest
    hub: Hub
    kiosk: GuestKiosk
    homes: Households
    visit: str = ""
    arrivals_s: dict[str, float] = field(default_factory=dict)

    async def comes_back(self, what: str, plug: str) -> None:
        """Plug something in and wait until the terminal has no fault; note how long that took.

        By the guest's own clock, in arrivals.json: emulation is slow, so it is told, not judged.
        """
        since = self.kiosk.process.seen
        plugged_at = float((await self.guest.sh(f"date +%s.%N\n{plug}")).split()[0])
        line = await self.kiosk.process.wait_for(r"time=(\S+)Z .*sent=health faults=-", SLOW, since)
        mended_at = datetime.fromisoformat(f"{line[1]}+00:00").timestamp()
        self.arrivals_s[what] = round(mended_at - plugged_at, 2)
        (REPORT / "arrivals.json").write_text(json.dumps(self.arrivals_s), encoding="utf-8")

    async def picture(self, name: str, family: Family | None = None) -> None:
        """Keep what the terminal shows now, and what the family's page does."""
        await self.guest.picture(REPORT / f"{name}.png")
        if family is not None:
            await family.picture(REPORT / f"{name}-family.png")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def guest() -> AsyncIterator[Guest]:
    """A booted guest with nothing attached yet."""
    REPORT.mkdir(parents=True, exist_ok=True)
    async with booted(ready(), REPORT / "console.log", network.TAP) as started:
        write_tone(started.folder / "inmate.wav", TERMINAL_TONE_HZ)
        await terminal.install(started)
        try:
            yield started
        finally:
            # After a failure the last screen and the whole journal are where one looks.
            await started.picture(REPORT / "last.png")
            journal = await started.run("journalctl --no-pager --output=short-precise")
            (REPORT / "journal.log").write_text(journal.out, encoding="utf-8")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(guest: Guest) -> AsyncIterator[House]:
    """Hub, browser and the kiosk at its idle screen, its devices attached."""
    async with contextlib.AsyncExitStack() as stack:
        built = await stack.enter_async_context(stage(SIZE))
        hub = await built.start_hub(visits=f"link_grace_s = {GRACE_S}")
        port = int(hub.url.rsplit(":", 1)[1])
        await stack.enter_async_context(network.passed_on(port))
        homes, *_ = await asyncio.gather(
            stack.enter_async_context(households(hub.url, built.folder, SIZE, fps=FPS)),
            built.people(),
        )
        # Every device is found by itself.
        await terminal.configure(
            guest, hub, camera="auto", microphone="auto", earpiece="auto", hook="auto",
            width=SIZE[0], height=SIZE[1], fps=FPS,
        )  # fmt: skip
        kiosk = await terminal.start(guest, stack, REPORT / "kiosk.log")
        yield House(guest, hub, kiosk, homes)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def family(house: House) -> Family:
    """A family that is logged in and looks at Appointments, its visit due."""
    house.visit = await house.hub.book("now", 1800)
    family = await house.homes.family()
    await family.open()
    await family.log_in(EMAIL, PASSWORD)
    await family.open_facility(PASSWORD)
    await family.appointments()
    return family
