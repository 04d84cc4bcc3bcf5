"""One connected terminal or page: a bounded queue of frames in front of its socket."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from websockets.exceptions import ConnectionClosed

from config.schema import Limits
from signalling.hub.audit_trail import NOBODY, AuditTrail
from signalling.hub.coalesced import Coalesced
from signalling.hub.metrics import Metrics
from signalling.hub.socket import Socket
from signalling.messages import Message, encode

NORMAL: Final = 1000
POLICY: Final = 1008
TOO_BIG: Final = 1009
TRY_AGAIN: Final = 1013


class Client:
    """A connection that can be sent messages. `send` never waits.

    The owner must run `write` as a task and cancel it after the connection is gone.
    """

    def __init__(  # noqa: PLR0917 - what it has of its endpoint
        self,
        socket: Socket,
        name: str,
        limits: Limits,
        said: Coalesced,
        metrics: Metrics,
        trail: AuditTrail,
    ) -> None:
        self.name = name
        self.metrics = metrics
        self.said = said
        """Where lines of the log go that anybody could cause again and again."""
        self._limits = limits
        self._waiting_bytes = 0
        self.trail = trail
        self.who = NOBODY
        """As the audit calls them, once they have shown who they are."""
        self._socket = socket
        self._waiting: deque[tuple[type[Message] | None, str, int]] = deque()
        self._wake = asyncio.Event()
        self._close_with: tuple[int, str] | None = None
        self._gone = False

    def send(self, message: Message) -> None:
        """Queue a message; too slow a client is closed instead."""
        self._put(message)

    def send_newest(self, message: Message) -> None:
        """Queue a snapshot; older ones of its type that still wait are dropped."""
        if self._waiting:
            kept = (each for each in self._waiting if each[0] is not type(message))
            self._waiting = deque(kept)
            self._waiting_bytes = sum(size for *_, size in self._waiting)
        self._put(message)

    @property
    def closing(self) -> bool:
        """Whether it is being closed: what it still says is not heard."""
        return self._gone or self._close_with is not None

    def close(self, code: int, reason: str) -> None:
        """Close once everything queued is sent."""
        if self._close_with is None:
            self._close_with = (code, reason)
            self._wake.set()

    async def closed(self) -> None:
        """Wait until everything queued is sent and it is closed, whoever closes it.

        Raises:
            ConnectionClosed: it is.
        """
        while True:
            await self._socket.recv()

    def send_frame(self, frame: str) -> None:
        """Queue what another hub says to it."""
        self._queue(None, frame)

    def _put(self, message: Message) -> None:
        if not self.closing:
            self._queue(type(message), encode(message))

    def _queue(self, kind: type[Message] | None, frame: str) -> None:
        if self.closing:
            return
        size = len(frame.encode())
        if len(self._waiting) >= self._limits.waiting_frames:
            self.abort("too slow, limits.waiting_frames")
            return
        # A single frame goes however long it is: a snapshot is no sign of a slow reader.
        if self._waiting and self._waiting_bytes + size > self._limits.waiting_bytes:
            self.abort("too slow, limits.waiting_bytes")
            return
        self.metrics.traffic.give(kind, size)
        self._waiting.append((kind, frame, size))
        self._waiting_bytes += size
        self._wake.set()

    def abort(self, why: str) -> None:
        """Cut the connection: a close frame would wait behind what the client does not read."""
        self.said.warning(why, "%s closed: %s", self.name, why)
        self._gone = True
        self._waiting.clear()
        self._waiting_bytes = 0
        self._socket.abort()

    async def write(self) -> None:
        """Send what is queued, until closed."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    _, frame, size = self._waiting.popleft()
                    self._waiting_bytes -= size
                    async with asyncio.timeout(self._limits.send_within_s):
                        await self._socket.send(frame)
                if self._close_with is not None:
                    await self._socket.close(*self._close_with)
                    return
        except TimeoutError:
            self.abort("took nothing for too long, limits.send_within_s")
        except ConnectionClosed:
            self._gone = True
