"""One connected terminal or page: a bounded queue of frames in front of its socket."""

from __future__ import annotations

import asyncio
from typing import Final

from websockets.exceptions import ConnectionClosed

from config.schema import Limits
from signalling.codec import encode_utf8
from signalling.hub.audit_trail import NOBODY, AuditTrail
from signalling.hub.coalesced import Coalesced
from signalling.hub.metrics import Metrics
from signalling.hub.socket import Socket
from signalling.hub.traffic import tag_of
from signalling.messages import Message

POLICY: Final = 1008
TOO_BIG: Final = 1009
TRY_AGAIN: Final = 1013


class Client:
    """A connection that can be sent messages. `send` never waits.

    A frame goes at once where nothing waits before it; a task sends the others. The owner must
    `stop` it after the connection is gone.
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
        # Not a deque: an empty one takes 600 bytes, and this holds `waiting_frames` at most.
        self._waiting: list[tuple[str, bytes]] = []
        """Frames, each with the name of the snapshot that it is; empty: it is none."""
        self._writer: asyncio.Task[None] | None = None
        self._close_with: tuple[int, str] | None = None
        self._gone = False

    def send(self, message: Message) -> None:
        """Queue a message; too slow a client is closed instead."""
        self._put(message)

    def send_newest(self, message: Message) -> None:
        """Queue a snapshot; older ones of its type that still wait are dropped."""
        self._put(message, tag_of(type(message)))

    @property
    def closing(self) -> bool:
        """Whether it is being closed: what it still says is not heard."""
        return self._gone or self._close_with is not None

    @property
    def closed_with(self) -> int | None:
        """The close code that it is closed with from here."""
        return None if self._close_with is None else self._close_with[0]

    def close(self, code: int, reason: str) -> None:
        """Close once everything queued is sent."""
        if self._close_with is None:
            self._close_with = (code, reason)
            self._have_written()

    async def closed(self) -> None:
        """Wait until everything queued is sent and it is closed, whoever closes it.

        Raises:
            ConnectionClosed: it is.
        """
        while True:
            await self._socket.recv()

    def send_frame(self, frame: str, snapshot: str) -> None:
        """Queue what another hub says to it, in the place of an older one with this name."""
        self._queue(None, frame.encode(), snapshot)

    def _put(self, message: Message, snapshot: str = "") -> None:
        if not self.closing:
            self._queue(type(message), encode_utf8(message), snapshot)

    def _queue(self, kind: type[Message] | None, frame: bytes, snapshot: str) -> None:
        if self.closing:
            return
        if self._writer is None and self._socket.send_now(frame, snapshot):
            self.metrics.traffic.give(kind, len(frame))
            return
        if snapshot:
            self._waiting = [each for each in self._waiting if each[0] != snapshot]
            self._waiting_bytes = sum(len(each) for _, each in self._waiting)
        size = len(frame)
        if len(self._waiting) >= self._limits.waiting_frames:
            self.abort("too slow, limits.waiting_frames")
            return
        # A single frame goes however long it is: a snapshot is no sign of a slow reader.
        if self._waiting and self._waiting_bytes + size > self._limits.waiting_bytes:
            self.abort("too slow, limits.waiting_bytes")
            return
        self.metrics.traffic.give(kind, size)
        self._waiting.append((snapshot, frame))
        self._waiting_bytes += size
        self._have_written()

    def abort(self, why: str) -> None:
        """Cut the connection: a close frame would wait behind what the client does not read."""
        self.said.warning(why, "%s closed: %s", self.name, why)
        self._gone = True
        self._waiting.clear()
        self._waiting_bytes = 0
        self._socket.abort()

    async def finished(self) -> None:
        """Wait until everything queued is sent and, if it is to be, it is closed."""
        if self._writer is not None:
            await asyncio.wait([self._writer])

    async def stop(self) -> None:
        """Send nothing more: the connection is gone."""
        self._gone = True
        # What ended it has its frame, which has us: kept, it would be a circle for the collector.
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    def _have_written(self) -> None:
        if self._writer is None and not self._gone:
            self._writer = asyncio.create_task(self._write(), name=f"write {self.name}")

    async def _write(self) -> None:
        try:
            while self._waiting:
                _, frame = self._waiting.pop(0)
                self._waiting_bytes -= len(frame)
                async with asyncio.timeout(self._limits.send_within_s):
                    await self._socket.send(frame.decode())
            if self._close_with is not None:
                await self._socket.close(*self._close_with)
            else:
                self._writer = None
        except TimeoutError:
            self.abort("took nothing for too long, limits.send_within_s")
        except ConnectionClosed:
            self._gone = True
