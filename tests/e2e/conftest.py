"""Fixtures of the end-to-end tests: one house a test, ended whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.e2e.family import Family, Households, households
from tests.e2e.stage import EMAIL, PASSWORD, Hub, Kiosk, Stage, stage


@dataclass
class HubHouse:
    """A hub with its people."""

    stage: Stage
    hub: Hub


@dataclass
class House(HubHouse):
    """A hub with its people, one terminal with its handset up, and a Chromium for families."""

    kiosk: Kiosk
    homes: Households

    async def family(self, email: str = EMAIL, **options: object) -> Family:
        """A family that is logged in and looks at Appointments."""
        family = await self.homes.family(**options)  # type: ignore[arg-type]  # passed through
        await family.open()
        await family.log_in(email, PASSWORD)
        await family.open_facility(PASSWORD)
        await family.appointments()
        return family

    async def ready(self, seconds: int = 60) -> tuple[str, Family]:
        """A visit that is Ready, its family on Appointments, both ends pre-warmed."""
        visit = await self.hub.book("now", seconds)
        family = await self.family()
        await self.kiosk.sign_in()
        await self.kiosk.screen("waiting")
        await family.wait_status("ready")
        return visit, family

    async def in_visit(self, seconds: int = 60) -> tuple[str, Family]:
        """A visit that has begun."""
        visit, family = await self.ready(seconds)
        await family.press_telephone()
        await family.at("in-visit")
        await self.kiosk.screen("in-visit")
        return visit, family


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """Start everything, at 640x480."""
    async with contextlib.AsyncExitStack() as stack:
        built = await stack.enter_async_context(stage())
        hub = await built.start_hub(visits="link_grace_s = 2.0")
        homes, kiosk, _ = await asyncio.gather(
            stack.enter_async_context(households(hub.url, built.folder)),
            built.start_kiosk(),
            built.people(),
        )
        yield House(built, hub, kiosk, homes)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub_only() -> AsyncIterator[HubHouse]:
    """A hub with its people, one for all tests of a module; neither terminal nor browser."""
    async with contextlib.AsyncExitStack() as stack:
        built = await stack.enter_async_context(stage())
        hub = await built.start_hub()
        await built.people()
        yield HubHouse(built, hub)
