"""A hub of a page's test: the real files and headers, the real codecs, and visits by hand.

Everything that the page sends goes through the strict decoder, so a page that strays from the
contract fails here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from types import TracebackType
from typing import Any, TypeVar

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from signalling.booking_messages import CheckNetwork, NetworkCheck, OwnView, Probe, Probed
from signalling.errors import ProtocolError
from signalling.hub.web_files import File, read_web_files, refuse, respond
from signalling.messages import (
    PAGE_TO_HUB,
    Appointments,
    End,
    FacilityLogIn,
    FacilityOpened,
    Hello,
    Join,
    Joined,
    LoggedIn,
    LoggedOut,
    LogIn,
    LogOut,
    Message,
    PageToHub,
    Ping,
    Pong,
    Refused,
    Welcome,
    encode,
)
from signalling.visit import Status
from signalling.wire import MAX_FRAME, FacilityView, IceServer, Person, VisitView
from tests.signalling.web.fake_accounts import EMAIL, PASSWORD, FakeAccounts
from tests.signalling.web.fake_after import FakeAfter
from tests.signalling.web.fake_booking import FakeBooking
from tests.signalling.web.fake_people import FakePeople

FACILITY = FacilityView(id="lindell", name="Lindell County Jail", time_zone="America/Chicago")

M = TypeVar("M", bound=Message)


_files = cache(read_web_files)
"""As the hub serves them; made once for all tests."""


def a_visit(**fields: Any) -> VisitView:
    """Return a visit that starts now, changed by `fields`."""
    now = time.time()
    plain: dict[str, Any] = {
        "id": "v1",
        "status": Status.PENDING,
        "inmate": "Daniel",
        "visitors": (Person(name="Maria", relation="wife"),),
        "starts_at": now - 60,
        "ends_at": now + 18 * 60 - 30,
        "signed_in": False,
        "terminal": None,
        "visitor_here": False,
        "page": None,
        "tracks_open": False,
        "private": False,
        "recorded": True,
        "watched": True,
        "used_s": 0.0,
        "lost_s": 0.0,
        "lost_by": {},
        "added_s": 0.0,
        "owed_s": 0.0,
        "breaks": (),
        "paused": False,
        "paused_since": None,
        "pause_reason": "",
        "begun_at": None,
        "ended_at": None,
        "ended_by": None,
        "end_reason": None,
        "visitor_camera": True,
        "visitor_microphone": True,
    }
    return VisitView(**{**plain, **fields})


@dataclass
class FakeHub:
    """Serves the page and plays the hub for whoever connects. Use as `async with`."""

    visits: list[VisitView] = field(default_factory=list)
    relays: tuple[IceServer, ...] = ()
    own: dict[str, OwnView] = field(default_factory=dict)
    received: list[PageToHub] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    answering: bool = True
    silent: tuple[type[Message], ...] = ()
    """Kinds that are not answered."""
    refusing: tuple[type[Message], ...] = ()
    """Kinds that are refused as `busy`."""
    opened: str | None = None
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    people: FakePeople = field(default_factory=FakePeople)
    booking: FakeBooking = field(default_factory=FakeBooking)
    after: FakeAfter = field(default_factory=FakeAfter)
    on_message: Callable[[PageToHub], Any] | None = None
    port: int = 0
    """Where the page is served; 0: anywhere."""
    files: dict[str, File] = field(default_factory=_files)
    asked: list[str] = field(default_factory=list)
    """Every path that was asked for, in order."""
    _sockets: set[ServerConnection] = field(default_factory=set)
    _server: Server | None = None

    async def __aenter__(self) -> FakeHub:
        self._server = await serve(
            self._converse, "127.0.0.1", self.port, process_request=self._http, max_size=MAX_FRAME
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where the page is."""
        assert self._server is not None
        port: int = next(iter(self._server.sockets)).getsockname()[1]
        # A browser grants devices to "localhost" without TLS.
        return f"http://localhost:{port}/"

    def _http(self, _socket: ServerConnection, request: Request) -> Response | None:
        path = request.path.split("?", 1)[0]
        self.asked.append(path)
        if path == "/family":
            if self.answering:
                return None
            return refuse(request, HTTPStatus.SERVICE_UNAVAILABLE, "The test has cut the line.")
        if path in self.files:
            return respond(request, HTTPStatus.OK, self.files[path])
        return refuse(request, HTTPStatus.NOT_FOUND, "No such file.")

    async def _converse(self, socket: ServerConnection) -> None:
        self._sockets.add(socket)
        try:
            async for frame in socket:
                await self._take(socket, PAGE_TO_HUB.decode(frame, limit=MAX_FRAME))
        except ConnectionClosed:
            pass  # the page was closed while a reply was on its way
        except ProtocolError as error:
            self.faults.append(error)
        finally:
            self._sockets.discard(socket)

    async def _take(self, socket: ServerConnection, message: PageToHub) -> None:
        if not isinstance(message, Ping):
            self.received.append(message)
        replies = [] if isinstance(message, self.silent) else self._replies(message)
        for reply in replies:
            await socket.send(encode(reply))
        if self.on_message is not None:
            self.on_message(message)

    def _replies(self, message: PageToHub) -> list[Message]:
        now = time.time()
        if isinstance(message, self.refusing):
            return [Refused(about=str(message.__struct_config__.tag), code="busy")]
        match message:
            case Ping(sent=sent):
                return [Pong(sent=sent, now=now)]
            case Hello(token=token):
                name = "Maria" if token else None
                welcome = Welcome(now=now, name=name, facilities=(FACILITY,), opened=self.opened)
                pushed = [*self.accounts.pushed(), self.people.pushed()] if token else []
                return [welcome, *pushed, *(self._opened() if self.opened else [])]
            case LogOut():
                self.opened = None
                return [LoggedOut()]
            case FacilityLogIn(password=password):
                if password != PASSWORD:
                    return [Refused(about="facility-log-in", code="wrong-log-in")]
                self.opened = FACILITY.id
                opened = FacilityOpened(facility=FACILITY, until=now + 7200)
                return [opened, *self._opened()]
            case CheckNetwork():
                return [NetworkCheck(ice_servers=self.relays, ice_policy="all")]
            case Probe(sent=sent, padding=padding):
                return [Probed(sent=sent, padding=padding)]
            case Join(visit=visit):
                return [Joined(visit=visit, ice_servers=(), ice_policy="all")]
            case LogIn():
                replies = self.accounts.replies(message)
                logged_in = any(isinstance(each, LoggedIn) for each in replies)
                return [*replies, self.people.pushed()] if logged_in else replies
        rooms = (self.accounts, self.people, self.booking, self.after)
        return [reply for room in rooms for reply in room.replies(message)]

    def _opened(self) -> list[Message]:
        """What comes with a facility that is open."""
        return [self.people.terms, self._appointments()]

    def _appointments(self) -> Appointments:
        return Appointments(now=time.time(), visits=tuple(self.visits), own=self.own)

    async def send(self, message: Message) -> None:
        """Send to every page that is connected; one that is going now needs no word."""
        for socket in list(self._sockets):
            with suppress(ConnectionClosed):
                await socket.send(encode(message))

    async def change(self, visit: str = "v1", **fields: Any) -> None:
        """Change a visit and push all of them."""
        self.visits = [
            msgspec.structs.replace(each, **fields) if each.id == visit else each
            for each in self.visits
        ]
        await self.send(self._appointments())

    async def cut(self) -> None:
        """Break every page's connection, and let none come back until `answering` again."""
        self.answering = False
        for socket in list(self._sockets):
            await socket.close(1011)

    async def got(self, kind: type[M], deadline_s: float = 10.0) -> M:
        """Return the newest message of a kind, waiting until there is one."""
        end = time.monotonic() + deadline_s
        while time.monotonic() < end:
            for message in reversed(self.received):
                if isinstance(message, kind):
                    return message
            await asyncio.sleep(0.02)
        raise AssertionError(f"no {kind.__name__} in {deadline_s} s; got {self.received}")


__all__ = ["EMAIL", "FACILITY", "PASSWORD", "End", "FakeHub", "a_visit"]
