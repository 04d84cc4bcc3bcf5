"""The terminal on one of the bench's hosts: its real media process, the bench as its screen."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from config.schema import Devices, Network
from kiosk.media.commands import (
    AnyReport,
    Connect,
    Connected,
    Drop,
    Gate,
    Level,
    LocalCandidate,
    LocalOffer,
    OpenDevices,
    Opened,
    RemoteAnswer,
    RemoteCandidate,
    Stats,
)
from kiosk.media.engine import Engine, MediaDied
from signalling.wire import IceServer
from tests.bench.media import stamps
from tests.bench.media.sides import Candidate, Frame
from tests.bench.namespaces import Host
from tests.kiosk.media.wall import luma

R = TypeVar("R")
PATIENCE_S = 20.0
TONE_HZ = 700.0


class Terminal:
    """A media process with its devices open; `remote` and `own` are the frames it gave."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.remote: list[Frame] = []
        self.own: list[Frame] = []
        self.on_candidate: Callable[[int, Candidate], Awaitable[None]] | None = None
        self._reports: list[AnyReport] = []
        self._died: MediaDied | None = None
        self._changed = asyncio.Event()
        self._pictured = asyncio.Event()

    @property
    def pid(self) -> int:
        """The media process."""
        return self.engine.pid

    async def read(self) -> None:
        """Collect reports until the engine closes or its process is gone."""
        try:
            async for report in self.engine.reports():
                if isinstance(report, LocalCandidate) and self.on_candidate is not None:
                    await self.on_candidate(report.connection, Candidate(report.candidate))
                elif not isinstance(report, Level):
                    self._reports.append(report)
                    self._changed.set()
        except MediaDied as error:
            self._died = error
            self._changed.set()

    def watch(self) -> None:
        """Take frames as the screen would."""
        loop = asyncio.get_running_loop()
        for name, kept in (("remote", self.remote), ("self", self.own)):
            loop.add_reader(self.engine.frames[name].eventfd, self._seen, name, kept)

    async def wait(self, kind: type[R], which: Callable[[R], bool] = lambda _: True) -> R:
        """Wait for a report that fits; those that came already count. Raises MediaDied."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for report in self._reports:
                    if isinstance(report, kind) and which(report):
                        return report
                if self._died is not None:
                    raise self._died
                self._changed.clear()
                await self._changed.wait()

    def take_remote(self) -> list[Frame]:
        """Take the family's frames since the last time."""
        taken = self.remote[:]
        self.remote.clear()
        return taken

    def take_chirps(self) -> list[float | None]:
        """Take how long after its second the last chirp was heard, ms, second by second."""
        return [each.heard_chirp_ms for each in self.statistics()]

    def statistics(self) -> list[Stats]:
        """Return and forget what was told of the call."""
        told = [each for each in self._reports if isinstance(each, Stats)]
        self._reports = [each for each in self._reports if not isinstance(each, Stats)]
        return told

    async def offer(self, number: int, servers: tuple[IceServer, ...] = ()) -> str:
        """Connect and return the offer."""
        await self.engine.send(Connect(connection=number, ice_servers=servers))
        return (await self.wait(LocalOffer, lambda each: each.connection == number)).sdp

    async def answer(self, number: int, sdp: str) -> None:
        """Take the family's answer."""
        await self.engine.send(RemoteAnswer(connection=number, sdp=sdp))

    async def candidate(self, number: int, one: Candidate) -> None:
        """Take one of the family's addresses."""
        await self.engine.send(
            RemoteCandidate(connection=number, candidate=one.line, sdp_mid=one.mid)
        )

    async def connected(self, number: int) -> None:
        """Wait until ICE and DTLS stand."""
        await self.wait(Connected, lambda each: each.connection == number and each.up)

    async def gate(self, is_open: bool) -> None:
        """Open or close the gate."""
        if is_open:
            self._pictured.clear()
        await self.engine.send(Gate(open=is_open))

    async def first_picture(self) -> float:
        """Wait for the first of the family's pictures since the gate opened; wall ms."""
        await asyncio.wait_for(self._pictured.wait(), PATIENCE_S)
        return self.first_ms

    async def drop(self, number: int) -> None:
        """End a connection."""
        await self.engine.send(Drop(connection=number))

    def _seen(self, name: str, kept: list[Frame]) -> None:
        picture = self.engine.frames[name].take()
        if picture is None:
            return
        at_ms = time.time() * 1000
        number = stamps.read_at_place(luma(picture))
        kept.append(Frame(at_ms, number, picture.width, picture.height))
        if name == "remote" and not self._pictured.is_set():
            self.first_ms = at_ms
            self._pictured.set()


class _Said(logging.Handler):
    """Keeps what the media process said last."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=40)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(record.getMessage())


@asynccontextmanager
async def terminal(
    host: Host, width: int, height: int, fps: int = 30, chirp: bool = False
) -> AsyncIterator[Terminal]:
    """Run a media process on a host, its simulated devices open; `chirp`: no tone but chirps."""
    devices = Devices(
        camera="simulated", microphone="simulated", earpiece="simulated",
        width=width, height=height, fps=fps, tone_hz=TONE_HZ,
        chirp=chirp,
    )  # fmt: skip
    engine = Engine(devices, Network(allow_peers=("10.0.0.0/8",)))
    with host.inside():
        await engine.start()
    one = Terminal(engine)
    said = _Said()
    logging.getLogger("kiosk.media").addHandler(said)
    logging.getLogger("kiosk.media").setLevel(logging.INFO)
    reading = asyncio.create_task(one.read(), name="reports")
    one.watch()
    try:
        await engine.send(OpenDevices())
        await one.wait(Opened)
        yield one
    except (TimeoutError, MediaDied) as error:
        await engine.close()
        error.add_note("\n".join(("The media process said last:", *said.lines)))
        raise
    finally:
        logging.getLogger("kiosk.media").removeHandler(said)
        await engine.close()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
