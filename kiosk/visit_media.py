"""The media process of the moment, out of the spares: its reports, its pictures, its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress

from kiosk import events
from kiosk.media.commands import Command, OpenDevices, Report
from kiosk.media.engine import Engine, MediaDied, Spares
from kiosk.media.frames import FrameReader, Picture

log = logging.getLogger(__name__)


class VisitMedia:
    """One process at a time. `paint` takes pictures by stream name: "remote" and "self"."""

    def __init__(self, spares: Spares, paint: Mapping[str, Callable[[Picture], None]]) -> None:
        self._spares = spares
        self._paint = paint
        self._engine: Engine | None = None
        self._reading: asyncio.Task[None] | None = None
        # Overflow rule "wait": the engine's own queue, which has a rule, fills up behind it.
        self._events: asyncio.Queue[Report | events.MediaDied] = asyncio.Queue(1)

    async def open(self) -> None:
        """Let the first spare load."""
        await self._spares.start()

    async def start(self) -> None:
        """Start a visit's process; it opens its devices. Raises OSError."""
        await self.stop()
        engine = await self._spares.take()
        self._engine = engine
        log.info("media pid=%d state=started", engine.pid)
        self._reading = asyncio.create_task(self._read(engine), name="media-reports")
        loop = asyncio.get_running_loop()
        for name, reader in engine.frames.items():
            loop.add_reader(reader.eventfd, self._show, reader, self._paint[name])
        await self.tell(OpenDevices())

    async def stop(self) -> None:
        """End the process; idempotent."""
        self.forget()
        engine, self._engine = self._engine, None
        if engine is not None:
            loop = asyncio.get_running_loop()
            for reader in engine.frames.values():
                loop.remove_reader(reader.eventfd)
            await engine.close()

    async def close(self) -> None:
        """End the process and the spare; idempotent."""
        await self.stop()
        await self._spares.close()

    async def tell(self, command: Command) -> None:
        """Send a command; dropped when no process runs."""
        if self._engine is not None:
            with suppress(MediaDied):  # `_read` says so, once
                await self._engine.send(command)

    def forget(self) -> None:
        """Yield no more of what the running process says."""
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        while not self._events.empty():
            self._events.get_nowait()

    async def events(self) -> AsyncIterator[Report | events.MediaDied]:
        """Yield what the running process reports, and its unasked death."""
        while True:
            yield await self._events.get()

    async def _read(self, engine: Engine) -> None:
        try:
            async for report in engine.reports():
                await self._events.put(report)
        except MediaDied as death:
            await self._events.put(events.MediaDied(str(death)))

    @staticmethod
    def _show(reader: FrameReader, paint: Callable[[Picture], None]) -> None:
        picture = reader.take()
        if picture is not None:
            paint(picture)
            reader.release()
