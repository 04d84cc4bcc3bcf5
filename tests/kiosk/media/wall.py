"""The terminal's side in tests: an engine, what it reported, and how to wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from config.schema import Devices, Network
from hardware import mark
from kiosk.media.commands import (
    AnyReport,
    Connect,
    Connected,
    LocalOffer,
    OpenDevices,
    Opened,
    RemoteAnswer,
    RemoteCandidate,
)
from kiosk.media.engine import Engine
from kiosk.media.frames import Picture
from tests.kiosk.media.browser import Family

R = TypeVar("R")
PATIENCE_S = 20.0


def devices(width: int = 640, height: int = 480) -> Devices:
    """Return simulated devices; the microphone hears 700 Hz, the ear nothing of it."""
    return Devices(
        camera="simulated",
        microphone="simulated",
        earpiece="simulated",
        width=width,
        height=height,
        tone_hz=700.0,
        sidetone_db=-60.0,
    )


class Wall:
    """An engine with its reports collected and its frames counted."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.reports: list[AnyReport] = []
        self.pictures: dict[str, int] = {"remote": 0, "self": 0}
        self.sizes: set[tuple[int, int]] = set()
        self.first_at: float | None = None
        self.number: int | None = None
        """The frame number read last from the self-view."""
        self._changed = asyncio.Event()

    async def read(self) -> None:
        """Collect reports until the engine closes or its process dies."""
        async for report in self.engine.reports():
            self.reports.append(report)
            self._changed.set()

    async def wait(self, kind: type[R], which: Callable[[R], bool] = lambda _: True) -> R:
        """Wait for a report of a kind that fits; those that came already count."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for report in self.reports:
                    if isinstance(report, kind) and which(report):
                        return report
                self._changed.clear()
                await self._changed.wait()

    def said(self, kind: type[R]) -> list[R]:
        """Return the reports of a kind so far."""
        return [report for report in self.reports if isinstance(report, kind)]

    def watch(self) -> None:
        """Take frames as the screen would."""
        loop = asyncio.get_running_loop()
        for name, reader in self.engine.frames.items():
            loop.add_reader(reader.eventfd, self._seen, name)

    def _seen(self, name: str) -> None:
        picture = self.engine.frames[name].take()
        if picture is None:
            return
        self.pictures[name] += 1
        if name == "self":
            self.number = mark.read(luma(picture))
        else:
            self.sizes.add((picture.width, picture.height))
            if self.first_at is None:
                self.first_at = asyncio.get_running_loop().time()

    async def open(self) -> Opened:
        """Open the devices."""
        await self.engine.send(OpenDevices())
        return await self.wait(Opened)

    async def connect(self, family: Family, number: int) -> None:
        """Offer, answer and trickle until the connection stands."""
        await self.engine.send(Connect(connection=number))
        offer = await self.wait(LocalOffer, lambda each: each.connection == number)
        answer = await family.call("answer", number, offer.sdp)
        await self.engine.send(RemoteAnswer(connection=number, sdp=answer))

        async def trickle() -> None:
            while True:
                for candidate in await family.candidates(number):
                    await self.engine.send(RemoteCandidate(connection=number, candidate=candidate))
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        try:
            await self.wait(Connected, lambda each: each.connection == number and each.up)
        finally:
            trickling.cancel()
        await family.call("show", number)


def luma(picture: Picture) -> npt.NDArray[np.uint8]:
    """Return the luma plane of a picture from shared memory."""
    rows = np.frombuffer(picture.y, np.uint8).reshape(picture.height, picture.stride_y)
    return rows[:, : picture.width]


@asynccontextmanager
async def wall(one: Devices, network: Network | None = None) -> AsyncIterator[Wall]:
    """Run a media process for one test."""
    engine = Engine(one, network or Network())
    await engine.start()
    made = Wall(engine)
    reading = asyncio.create_task(made.read())
    made.watch()
    try:
        yield made
    finally:
        await engine.close()
        await asyncio.gather(reading, return_exceptions=True)
