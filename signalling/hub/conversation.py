"""What both endpoints' conversations share: decoding, limits, refusals, violations."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Generic, TypeVar

from websockets.exceptions import ConnectionClosed

from config.schema import Limits
from signalling.errors import NotJson, ProtocolError, TooLarge, UserError
from signalling.hub.client import POLICY, TOO_BIG, Client
from signalling.hub.errors import TooFast
from signalling.hub.socket import Socket
from signalling.hub.store.interface import StoreBusy
from signalling.hub.traffic import Traffic, tag_of
from signalling.logs import about_visit
from signalling.messages import Codec, Message, Refused, Violation

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)

RATE_WINDOW_S: Final = 10.0
NO_FIRST_MESSAGE: Final = "nothing said in time"
KEPT_EACH: Final = frozenset({"wrong-sign-in"})
"""Refusals that the audit has from the transaction that counts them."""


class Inbox(Generic[M]):
    """Reads one client's messages: strictly, within the size and rate that hold now."""

    def __init__(self, socket: Socket, codec: Codec[M], limits: Limits, traffic: Traffic) -> None:
        self._socket = socket
        self._traffic = traffic
        self._codec = codec
        self._limits = limits
        self._per_window = limits.messages_per_10_s
        self._window_from = 0.0
        self._count = 0
        self._limit_bytes = limits.frame_bytes_before_log_in

    def known(self, *, known: bool) -> None:
        """Say whether the other end has logged in or proved its key: it may say more then."""
        limits = self._limits
        self._limit_bytes = limits.frame_bytes if known else limits.frame_bytes_before_log_in

    async def receive(self) -> M:
        """Return the next message.

        Raises:
            ProtocolError: as named in PROTOCOL.md, "Errors". ConnectionClosed: it is gone.
        """
        frame = await self._frame()
        message = self._codec.decode(frame, limit=self._limit_bytes)
        self._traffic.take(type(message), len(frame))
        return message

    async def unread(self) -> str:
        """Return the next message as it came, for another hub to read: within the same limits.

        Raises as `receive` does.
        """
        frame = await self._frame()
        size = len(frame.encode())
        if size > self._limit_bytes:
            raise TooLarge(f"{size} bytes, at most {self._limit_bytes}")
        return frame

    @property
    def close_code(self) -> int | None:
        """How its socket was closed; None while it is not."""
        return self._socket.close_code

    async def _frame(self) -> str:
        # A burst that is already here must not keep the writer, or other clients, from their turn.
        await asyncio.sleep(0)
        frame = await self._socket.recv()
        self._require_slow(time.monotonic())
        if not isinstance(frame, str):
            raise NotJson("a binary frame")
        return frame

    def _require_slow(self, now: float) -> None:
        if now - self._window_from >= RATE_WINDOW_S:
            self._window_from, self._count = now, 0
        self._count += 1
        if self._count > self._per_window:
            raise TooFast(f"more than {self._per_window} messages in {RATE_WINDOW_S:g} s")


@contextlib.asynccontextmanager
async def conversation(client: Client) -> AsyncIterator[None]:
    """Turn what ends a conversation into the client's last words."""
    try:
        yield
    except ProtocolError as error:
        # The text quotes what a stranger sent: escaped, so that it cannot forge lines of the log.
        said = ascii(str(error)[:200])
        client.said.warning(error.code, "%s violation=%s %s", client.name, error.code, said)
        client.metrics.violated(error.code)
        client.trail.count("closed", client.who, code=error.code)
        client.send(Violation(code=error.code, detail=str(error)[:200]))
        client.close(TOO_BIG if isinstance(error, TooLarge) else POLICY, error.code)
        await client.finished()
    except ConnectionClosed:
        pass
    except TimeoutError:
        client.said.warning(
            "late", "%s: %s, limits.log_in_timeout_s", client.name, NO_FIRST_MESSAGE
        )
        client.close(POLICY, NO_FIRST_MESSAGE)
        await client.finished()
    finally:
        await client.stop()


async def answer(client: Client, message: Message, handle: Callable[[], Awaitable[None]]) -> None:
    """Run a handler; a UserError is told to the person and the connection stays."""
    about = tag_of(type(message))
    with about_visit(getattr(message, "visit", None)):
        try:
            await handle()
            client.metrics.answered(about)
        except UserError as error:
            log.info("%s refused=%s about=%s", client.name, error.code, about)
            client.metrics.answered(about, error.code)
            if error.code not in KEPT_EACH:
                facts = {"asked": about, "code": error.code}
                client.trail.count("refused", client.who, error.about, **facts)
            client.send(Refused(about=about, code=error.code, facts=error.facts))
        except StoreBusy:
            log.warning("%s refused=busy about=%s the store is busy", client.name, about)
            client.metrics.answered(about, "busy")
            client.send(Refused(about=about, code="busy"))
