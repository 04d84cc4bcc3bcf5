"""A real hub in this process on a free port, and real websocket clients for both endpoints."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from config.schema import Facility, HubConfig, Inmates, Limits, Visits
from signalling.hub import staff_commands as ask
from signalling.hub.desk import Desk
from signalling.hub.metrics_server import measured
from signalling.hub.server import listen
from signalling.hub.services import Services, hub_lock, open_services, socket_path
from signalling.hub.staff import staff_socket
from signalling.hub.tls import Certificate
from signalling.hub.web_files import File
from signalling.messages import (
    HUB_TO_PAGE,
    HUB_TO_TERMINAL,
    Answer,
    Appointments,
    Challenge,
    Choose,
    Codec,
    Enrol,
    FacilityLogIn,
    FacilityOpened,
    Hello,
    Ice,
    Join,
    Joined,
    LoggedIn,
    LogIn,
    Message,
    Offer,
    PageState,
    Press,
    Proof,
    Refused,
    SeatMessage,
    SignIn,
    SignOut,
    TerminalHello,
    TerminalState,
    TerminalWelcome,
    Violation,
    Welcome,
    encode,
    proof_bytes,
)
from signalling.wire import VERSION, Seat, VisitView

M = TypeVar("M", bound=Message)

DEADLINE_S = 5.0
PASSWORD = "correct horse battery"
EMAIL = "ana@example.org"
NUMBER, PIN = "40713", "246810"
FILES = {"/": File("text/html; charset=utf-8", b"<!doctype html>page")}
PRINT = ":".join(["AB"] * 32)
OFFER_SDP = (
    "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n"
    "a=candidate:1 1 udp 1 10.1.2.3 5 typ host\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:1\r\n"
)
ANSWER_SDP = "\r\n".join(
    ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]
    + [
        line
        for mid, kind in enumerate(("audio", "video"))
        for line in (
            f"m={kind} 9 UDP/TLS/RTP/SAVPF 96",
            "c=IN IP4 0.0.0.0",
            "a=candidate:1 1 udp 2113937151 8.8.4.4 50000 typ host",
            "a=candidate:2 1 udp 2113937151 10.0.0.9 50000 typ host",
            f"a=fingerprint:sha-256 {PRINT}",
            "a=setup:active",
            f"a=mid:{mid}",
        )
    ]
    + [""]
)


async def eventually(holds: Callable[[], Any]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(DEADLINE_S):
        while not holds():  # noqa: ASYNC110 - a condition of the hub has no event
            await asyncio.sleep(0.005)


class Clock:
    """The real clock, which a test may put forward."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


class Client:
    """A websocket client that keeps the newest snapshots and finds messages by type."""

    def __init__(self, socket: ClientConnection, codec: Codec[Any]) -> None:
        self.socket = socket
        self._codec = codec
        self.received: list[Message] = []
        self._arrived = asyncio.Condition()
        self.closed: tuple[int, str] | None = None
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            while True:
                message = self._codec.decode(await self.socket.recv(), limit=1 << 20)
                async with self._arrived:
                    self.received.append(message)
                    self._arrived.notify_all()
        except ConnectionClosed:
            async with self._arrived:
                self.closed = (self.socket.close_code or 0, self.socket.close_reason or "")
                self._arrived.notify_all()

    async def send(self, message: Message) -> None:
        await self.socket.send(encode(message))

    async def until(self, holds: Callable[[], Any]) -> None:
        """Wait until something holds; looked at with every message.

        Raises:
            ConnectionError: the hub closed the connection, so that it never will.
        """
        async with asyncio.timeout(DEADLINE_S), self._arrived:
            await self._arrived.wait_for(lambda: bool(holds()) or self.closed is not None)
        if not holds():
            raise ConnectionError(f"closed while waiting: {self.closed}")

    def newest(self, kind: type[M]) -> M | None:
        return next((m for m in reversed(self.received) if isinstance(m, kind)), None)

    def count(self, kind: type[Message]) -> int:
        return sum(isinstance(m, kind) for m in self.received)

    async def ask(self, message: Message, kind: type[M]) -> M:
        """Send a message and return the first message of a type that comes after it."""
        before = len(self.received)
        await self.send(message)

        def found() -> list[M]:
            return [m for m in self.received[before:] if isinstance(m, kind)]

        await self.until(found)
        return found()[0]

    async def refused(self, message: Message) -> Refused:
        return await self.ask(message, Refused)

    async def ended(self) -> tuple[int, str]:
        await self.until(lambda: self.closed is not None)
        assert self.closed is not None
        return self.closed

    async def gone(self) -> None:
        """Wait until the connection is, however long that takes."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: self.closed is not None)

    async def violated(self) -> tuple[str, int]:
        """Wait for the hub's last words; their code and the close code."""
        code, _ = await self.ended()
        violation = self.newest(Violation)
        return (violation.code if violation else "", code)

    async def close(self, code: int = 1000) -> None:
        await self.socket.close(code)
        await self._reader

    async def pull(self) -> None:
        """Break the connection without a word, like a pulled cable."""
        self.socket.transport.abort()
        await self._reader


class Page(Client):
    """A family's browser page."""

    page = "page-1"

    @property
    def visits(self) -> tuple[VisitView, ...]:
        newest = self.newest(Appointments)
        return newest.visits if newest else ()

    def visit(self, visit: str) -> VisitView:
        return next(each for each in self.visits if each.id == visit)

    async def sees(self, visit: str, holds: Callable[[VisitView], Any]) -> VisitView:
        def look() -> bool:
            return any(each.id == visit and holds(each) for each in self.visits)

        await self.until(look)
        return self.visit(visit)

    async def hello(self, token: str | None = None) -> Welcome:
        return await self.ask(Hello(versions=[VERSION], token=token), Welcome)

    async def log_in(self, email: str = EMAIL, password: str = PASSWORD) -> LoggedIn:
        return await self.ask(LogIn(email=email, password=password), LoggedIn)

    async def open(self, facility: str = "north", password: str = PASSWORD) -> FacilityOpened:
        before = self.count(Appointments)
        opened = await self.ask(FacilityLogIn(facility=facility, password=password), FacilityOpened)
        await self.until(lambda: self.count(Appointments) > before)
        return opened

    async def join(self, visit: str, page: str | None = None, *, pressed: bool = False) -> Joined:
        self.page = page or self.page
        return await self.ask(Join(visit=visit, page=self.page, pressed=pressed), Joined)

    async def press(self, visit: str, *, take_over: bool = False) -> None:
        await self.send(Press(visit=visit, page=self.page, take_over=take_over))

    async def state(
        self, visit: str, connection: int = 1, *, receiving: bool = True, camera: bool = True
    ) -> None:
        await self.send(
            PageState(
                visit=visit,
                connection=connection,
                receiving=receiving,
                camera=camera,
                microphone=True,
            )
        )


class Terminal(Client):
    """A kiosk."""

    @property
    def seat(self) -> Seat | None:
        newest = self.newest(SeatMessage)
        return newest.seat if newest else None

    @property
    def visit(self) -> VisitView | None:
        seat = self.seat
        if seat is None:
            return None
        return next((each for each in seat.visits if each.id == seat.visit), None)

    async def sees(self, holds: Callable[[VisitView], Any]) -> VisitView:
        await self.until(lambda: self.visit is not None and holds(self.visit))
        assert self.visit is not None
        return self.visit

    async def prove(self, key: Ed25519PrivateKey, terminal: str, challenge: Challenge) -> None:
        signed = key.sign(proof_bytes(challenge.hub, terminal, base64.b64decode(challenge.nonce)))
        await self.send(Proof(signature=base64.b64encode(signed).decode()))

    async def enrol(self, key: Ed25519PrivateKey, terminal: str, code: str) -> None:
        public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
        challenge = await self.ask(
            Enrol(versions=[VERSION], terminal=terminal, code=code, public_key=public), Challenge
        )
        await self.prove(key, terminal, challenge)
        await self.until(lambda: self.newest(TerminalWelcome))

    async def hello(self, key: Ed25519PrivateKey, terminal: str) -> None:
        challenge = await self.ask(TerminalHello(versions=[VERSION], terminal=terminal), Challenge)
        await self.prove(key, terminal, challenge)
        await self.until(lambda: self.newest(SeatMessage))

    async def sign_in(self, number: str = NUMBER, pin: str = PIN) -> Seat | None:
        await self.send(SignIn(inmate_number=number, pin=pin))
        await self.until(lambda: self.seat is not None or self.newest(Refused))
        return self.seat

    async def choose(self, visit: str) -> None:
        await self.send(Choose(visit=visit))
        await self.sees(lambda view: view.id == visit and view.signed_in)

    async def sign_out(self) -> None:
        await self.send(SignOut())
        await self.until(lambda: self.seat is None)

    async def offer(self, visit: str, page: str, connection: int = 1) -> None:
        await self.send(Offer(visit=visit, page=page, connection=connection, sdp=OFFER_SDP))

    async def state(
        self, visit: str, connection: int = 1, *, receiving: bool = True, handset_up: bool = True
    ) -> None:
        await self.send(
            TerminalState(
                visit=visit, connection=connection, handset_up=handset_up, receiving=receiving
            )
        )


async def begin(
    terminal: Terminal, page: Page, visit: str, number: str = NUMBER, pin: str = PIN
) -> None:
    """Bring both sides into a visit, media flowing."""
    await terminal.sign_in(number, pin)
    await page.join(visit)
    await terminal.sees(lambda view: view.page == page.page)
    await terminal.offer(visit, page.page)
    await page.until(lambda: page.newest(Offer))
    await page.send(Answer(visit=visit, connection=1, sdp=ANSWER_SDP))
    await page.send(Ice(visit=visit, connection=1, candidate=""))
    await terminal.until(lambda: terminal.newest(Ice))
    await page.press(visit)
    await terminal.sees(lambda view: view.tracks_open)
    await terminal.state(visit)
    await page.state(visit)


@dataclass
class Hub:
    """A running hub and its clients."""

    services: Services
    url: str
    clock: Clock
    keys: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    clients: list[Client] = field(default_factory=list)

    @property
    def ws(self) -> str:
        return f"ws{self.url.removeprefix('http')}"

    async def do(self, command: ask.AnyCommand) -> Any:
        return await Desk(self.services).do(command, "tester")

    async def page(self, **options: Any) -> Page:
        origin = options.pop("origin", self.url)
        socket = await connect(f"{self.ws}/family", origin=origin, compression=None, **options)
        page = Page(socket, HUB_TO_PAGE)
        self.clients.append(page)
        return page

    async def terminal(self) -> Terminal:
        socket = await connect(f"{self.ws}/terminal", compression=None)
        terminal = Terminal(socket, HUB_TO_TERMINAL)
        self.clients.append(terminal)
        return terminal

    async def ready_page(self, email: str = EMAIL) -> Page:
        """A page with the facility open."""
        page = await self.page()
        await page.hello()
        await page.log_in(email)
        await page.open()
        return page

    async def ready_terminal(self, name: str = "c4") -> Terminal:
        """A linked terminal, enrolled at the first time."""
        terminal = await self.terminal()
        if name in self.keys:
            await terminal.hello(self.keys[name], name)
            return terminal
        added = await self.do(
            ask.TerminalAdd(terminal=name, facility="north", label=f"Terminal {name}", unit="C")
        )
        self.keys[name] = Ed25519PrivateKey.generate()
        await terminal.enrol(self.keys[name], name, added["code"])
        return terminal

    async def people(self) -> None:
        """One inmate, and one visitor who may visit."""
        await self.do(ask.InmateAdd(number=NUMBER, name="Daniel", facility="north", pin=PIN))
        await self.visitor(EMAIL, "Ana")

    async def visitor(self, email: str, name: str, *, number: str = NUMBER) -> None:
        await self.do(ask.VisitorAdd(email=email, name=name, password=PASSWORD))
        await self.do(ask.VisitorApprove(email=email, inmate=number, relation="mother"))

    async def book(self, start: str = "now", seconds: float = 120.0, **more: Any) -> str:
        command = ask.VisitBook(
            **{"inmate": NUMBER, "visitors": (EMAIL,), "start": start, "length_s": seconds, **more}
        )
        return str((await self.do(command))["visit"])

    def pass_time(self, seconds: float) -> None:
        """Put the hub's clock forward."""
        self.clock.ahead_s += seconds
        self.services.visits.timers.look()

    async def kinds(self, visit: str) -> list[str]:
        shown = await self.do(ask.VisitShow(visit=visit))
        return [event["kind"] for event in shown["events"]]

    async def begun(self, seconds: float = 120.0) -> tuple[Terminal, Page, str]:
        """A visit that both sides are in, media flowing."""
        await self.people()
        visit = await self.book(seconds=seconds)
        terminal, page = await self.ready_terminal(), await self.ready_page()
        await begin(terminal, page, visit)
        return terminal, page, visit


def hub_config(state_dir: Path, **more: Any) -> HubConfig:
    """A hub of one facility on a free port."""
    defaults: dict[str, Any] = {
        "name": "test-hub",
        "facility": (Facility(id="north", name="North Jail", time_zone="America/Chicago"),),
        "port": 0,
        "state_dir": str(state_dir),
        "limits": Limits(messages_per_10_s=100),
        "inmates": Inmates(pin_tries=3, lockout_s=900, terminal_tries=5),
        "visits": Visits(link_grace_s=0.3, first_picture_s=0.3),
    }
    return HubConfig(**{**defaults, **more})


@contextlib.asynccontextmanager
async def running_hub(
    config: HubConfig,
    clock: Clock | None = None,
    keys: dict[str, Ed25519PrivateKey] | None = None,
    files: dict[str, File] | None = None,
    certificate: Certificate | None = None,
) -> AsyncIterator[Hub]:
    """Run a hub, staff socket included; clients still open at the end are closed after it."""
    clock = clock or Clock()
    with hub_lock(Path(config.state_dir)):
        async with (
            open_services(config, clock) as services,
            measured(services),
            staff_socket(Desk(services), socket_path(config), ""),
        ):
            async with listen(services, files or FILES, certificate) as url:
                hub = Hub(services, url, clock, keys if keys is not None else {})
                yield hub
            for client in hub.clients:
                await client.close()
