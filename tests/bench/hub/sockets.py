"""One client's connection: opened, kept, read, and opened again after it broke."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

OPEN_WITHIN_S: Final = 30.0
BACKOFF_S: Final = (0.2, 5.0)
"""As the terminal's link: the longest wait doubles, dice pick in between."""
WAIT_S: Final = 60.0
AT_ONCE: Final = 100
"""Connections that open at the same time while a crowd is made."""


class End:
    """A client. Subclasses say how they begin, and take what comes."""

    def __init__(self) -> None:
        self.url = ""
        self.options: dict[str, Any] = {}
        self.socket: ClientConnection | None = None
        self.resets = 0
        self.name = self.closed = self.said = ""
        self.here = False
        """Whether it has been told what it must know."""
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._reader: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Say who one is. The answers come to `take`."""
        raise NotImplementedError

    def take(self, frame: bytes) -> None:
        """Take one frame."""
        raise NotImplementedError

    async def open(self) -> None:
        """Connect once, and return when one is welcome."""
        self.here = False
        self.socket = await connect(
            self.url,
            compression=None,
            proxy=None,
            open_timeout=OPEN_WITHIN_S,
            user_agent_header=None,
            **self.options,
        )
        self._reader = asyncio.create_task(self._read(self.socket))
        await self.begin()
        await self.until(lambda: self.here)

    async def come_back(self, dice: random.Random) -> None:
        """Try until one is welcome again, as a real client does."""
        longest_s = BACKOFF_S[0]
        while True:
            await asyncio.sleep(dice.uniform(BACKOFF_S[0], longest_s))
            longest_s = min(BACKOFF_S[1], longest_s * 2)
            try:
                await self.open()
            except ConnectionRefusedError:
                continue  # nobody listens yet
            except (OSError, InvalidHandshake, TimeoutError, ConnectionClosed, EOFError):
                self.resets += 1
                continue
            return

    async def _read(self, socket: ClientConnection) -> None:
        try:
            while True:
                self.take(await socket.recv(decode=False))
                if self._waiting:
                    self._look()
        except ConnectionClosed as closed:
            self.here, self.closed = False, str(closed)
            for _, future in self._waiting:
                if not future.done():
                    future.set_exception(closed)
            self._waiting.clear()

    def _look(self) -> None:
        left = []
        for holds, future in self._waiting:
            if future.done():
                continue
            if holds():
                future.set_result(None)
            else:
                left.append((holds, future))
        self._waiting = left

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds; looked at with every message."""
        if holds():
            return
        if self._reader is not None and self._reader.done():
            raise RuntimeError(f"{self.name} was closed: {self.closed}")
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((holds, future))
        try:
            async with asyncio.timeout(WAIT_S):
                await future
        except TimeoutError:
            raise RuntimeError(f"{self.name} waits in vain; refused: {self.said}") from None

    async def gone(self) -> None:
        """Wait until the connection is gone."""
        assert self._reader is not None
        await self._reader

    async def pull(self) -> None:
        """Cut the connection, as whoever stands between the two when the other end is gone."""
        if self.socket is not None:
            self.socket.transport.abort()
            await self.gone()

    async def close(self) -> None:
        """Go."""
        if self.socket is not None:
            await self.socket.close()
            await self.gone()


async def open_all(ends: list[Any]) -> None:
    """Open all, some at a time."""
    left = iter(ends)

    async def some() -> None:
        for each in left:
            await each.open()

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
