"""Carries conversations between the hub a client is connected to and the one that serves it.

A client connects to whichever hub a load balancer picks. Where another hub keeps its facility, its
frames travel there and back as parcels of the bus; the serving hub talks with a `CarriedSocket` as
with any other. Lost parcels, or a hub that is gone, end the conversation, and the client comes
back by itself, as after any lost connection.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from websockets.exceptions import ConnectionClosedError

from signalling.hub.bus.interface import Bus, Ended, Frame, Opening, Parcel
from signalling.hub.client import POLICY, Client
from signalling.hub.conversation import Inbox
from signalling.hub.socket import Socket

log = logging.getLogger(__name__)

RESTART: Final = 1012
"""Close code of a client whose conversation goes on at another hub: come back at once."""
ELSEWHERE: Final = "served by another hub now"
UNHEARD_S: Final = 3.0
MAX_UNREAD: Final = 256
"""Frames of a carried client that may wait to be read; one more ends its conversation."""

Serve = Callable[[Socket, Opening], Awaitable[None]]


class CarriedSocket:
    """`socket.Socket` of a client that is connected to another hub."""

    def __init__(self, bus: Bus, hub: str, talk: int) -> None:
        self._bus = bus
        self._hub = hub
        self._talk = talk
        self._frames: deque[str] = deque()
        self._arrived = asyncio.Event()
        self._ended = False
        self.close_code: int | None = None

    async def recv(self) -> str:
        """Return the next frame. Raises ConnectionClosed."""
        while not self._frames:
            if self._ended:
                raise ConnectionClosedError(None, None)
            self._arrived.clear()
            await self._arrived.wait()
        return self._frames.popleft()

    def send_now(self, message: bytes, snapshot: str) -> bool:
        """Send a text frame; False once it is gone. The other hub lets it wait where it must."""
        if not self._ended:
            self._bus.tell(self._hub, Frame(self._talk, False, message.decode(), snapshot))
        return not self._ended

    async def send(self, message: str) -> None:
        """Send a text frame. The other hub closes a client that takes nothing."""
        if self._ended:
            raise ConnectionClosedError(None, None)
        self._bus.tell(self._hub, Frame(self._talk, False, message))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Have the other hub close it in order."""
        self.end(code, reason)

    def abort(self) -> None:
        """Have the other hub cut it."""
        self.end(None, "")

    def end(self, code: int | None, reason: str) -> None:
        """Have the other hub close it; nothing more is heard of it here."""
        if not self._ended:
            self._bus.tell(self._hub, Ended(self._talk, False, code, reason))
            self.gone(code)

    def arrived(self, text: str) -> None:
        """The client said something."""
        if len(self._frames) >= MAX_UNREAD:
            self.end(POLICY, "too-fast")
            return
        self._frames.append(text)
        self._arrived.set()

    def gone(self, code: int | None) -> None:
        """The client's own socket is gone."""
        self._ended, self.close_code = True, code
        self._arrived.set()


@dataclass(slots=True, eq=False)
class _Lent:
    """A client of this hub that another one serves."""

    hub: str
    client: Client


class Carrier:
    """Both ends of carried conversations: clients of ours elsewhere, others' clients here."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._numbers = itertools.count(1)
        self._lent: dict[int, _Lent] = {}
        self._taken: dict[tuple[str, int], CarriedSocket] = {}
        self._serve: Serve | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        bus.receive(self._received)
        bus.subscribe_lost(self._lost)

    # -- clients of this hub ----------------------------------------------------------------

    async def lend(self, hub: str, client: Client, inbox: Inbox[Any], opening: Opening) -> None:
        """Have another hub serve a client of this one until its socket is gone.

        `opening.talk` is set here. What the client may say, how much and how fast, is seen to here
        already: the bus is everybody's. Raises ConnectionClosed and ProtocolError, as its
        conversation would.
        """
        talk = next(self._numbers)
        self._lent[talk] = _Lent(hub, client)
        self._bus.tell(hub, msgspec.structs.replace(opening, talk=talk))
        try:
            while True:
                text = await inbox.unread()
                if talk in self._lent and not client.closing:
                    self._bus.tell(hub, Frame(talk, True, text))
        finally:
            if self._lent.pop(talk, None) is not None:
                self._bus.tell(hub, Ended(talk, True, inbox.close_code))

    def reaches(self, hub: str) -> bool:
        """Whether another hub is not silent; a client lent to one that is would just wait.

        Sent away it finds another hub behind the balancer, and in the end the one that serves it.
        """
        # One that was never heard may have started just now.
        return hub in self._bus.heard(UNHEARD_S) or hub not in self._bus.heard(math.inf)

    @property
    def lent(self) -> list[Client]:
        """The clients of this hub that others serve."""
        return [each.client for each in self._lent.values()]

    def call_back(self, hub: str) -> None:
        """A hub serves nobody any more: its clients come back and are sent elsewhere."""
        for talk, lent in list(self._lent.items()):
            if lent.hub == hub:
                del self._lent[talk]
                lent.client.close(RESTART, ELSEWHERE)

    # -- clients of other hubs --------------------------------------------------------------

    def serve_with(self, serve: Serve) -> None:
        """Serve what other hubs lend with this from now on."""
        self._serve = serve

    def give_back(self) -> None:
        """Other hubs' clients are served by another one from now on."""
        for socket in list(self._taken.values()):
            socket.end(RESTART, ELSEWHERE)

    async def close(self) -> None:
        """End all conversations of both kinds."""
        for lent in self._lent.values():
            lent.client.close(RESTART, ELSEWHERE)
        self.give_back()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _open(self, hub: str, opening: Opening) -> None:
        socket = CarriedSocket(self._bus, hub, opening.talk)
        if self._serve is None:
            socket.end(RESTART, "not serving")
            return
        self._taken[hub, opening.talk] = socket
        task = asyncio.create_task(self._talk(hub, socket, opening, self._serve))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, hub: str, socket: CarriedSocket, opening: Opening, serve: Serve) -> None:
        try:
            await serve(socket, opening)
        except Exception:
            log.exception("the conversation with %s of hub %s failed", opening.kind, hub)
            socket.end(1011, "")
        finally:
            socket.end(1000, "")
            self._taken.pop((hub, opening.talk), None)

    # -- parcels ----------------------------------------------------------------------------

    def _received(self, hub: str, parcel: Parcel) -> None:
        match parcel:
            case Opening():
                self._open(hub, parcel)
            case Frame(up=True) | Ended(up=True):
                socket = self._taken.get((hub, parcel.talk))
                if socket is not None:
                    self._said(socket, parcel)
            case Frame() | Ended():
                lent = self._lent.get(parcel.talk)
                if lent is not None and lent.hub == hub:
                    self._to_say(lent, parcel)

    @staticmethod
    def _said(socket: CarriedSocket, parcel: Frame | Ended) -> None:
        if isinstance(parcel, Frame):
            socket.arrived(parcel.text)
        else:
            socket.gone(parcel.code)

    def _to_say(self, lent: _Lent, parcel: Frame | Ended) -> None:
        if isinstance(parcel, Frame):
            lent.client.send_frame(parcel.text, parcel.snapshot)
            return
        del self._lent[parcel.talk]
        if parcel.code is None:
            lent.client.abort("cut by the hub that serves it")
        else:
            lent.client.close(parcel.code, parcel.reason)

    def _lost(self, hub: str) -> None:
        self.call_back(hub)
        for (lender, _), socket in list(self._taken.items()):
            if lender == hub:
                socket.end(RESTART, ELSEWHERE)
