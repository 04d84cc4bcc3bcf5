"""The hub's clients: terminals that prove their keys and pages that come with a session."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from typing import Any, Final

from websockets.exceptions import ConnectionClosed

from signalling.messages import (
    HUB_TO_PAGE,
    HUB_TO_TERMINAL,
    Answer,
    Appointments,
    CallStats,
    Challenge,
    Hello,
    Ice,
    Join,
    Message,
    Offer,
    PageState,
    Ping,
    Press,
    Proof,
    Refused,
    SeatMessage,
    SignIn,
    TerminalHello,
    TerminalState,
    Violation,
    encode,
    proof_bytes,
)
from signalling.visit import Status
from signalling.wire import VERSION, Seat, VisitView
from tests.bench.hub.people import PIN, inmate_number, session_token, terminal_key, visit_id
from tests.bench.hub.samples import Samples
from tests.bench.hub.sizes import CANDIDATES, SDP_BYTES
from tests.bench.hub.sockets import End
from tests.signalling.hub.harness import ANSWER_SDP, OFFER_SDP

LIMIT: Final = 1 << 20
SDP: Final = OFFER_SDP + "a=x:" + "x" * (SDP_BYTES - len(OFFER_SDP) - 6) + "\r\n"
PAGE_PING_S: Final = 3.0
TERMINAL_PING_S: Final = 5.0
STEPS: Final = 50
"""Pings of all pages are spread over so many moments."""
PORTS: Final = {"terminal": 40_000, "page": 50_000}


class TerminalEnd(End):
    """A terminal."""

    def __init__(self, number: int, url: str, samples: Samples) -> None:
        super().__init__()
        self.number, self.id, self.samples = number, f"t{number}", samples
        self.name = self.id
        self.options = {"ping_interval": TERMINAL_PING_S}
        self.seat: Seat | None = None
        self.turn(url)

    def turn(self, url: str) -> None:
        """Go to this hub next."""
        self.url = f"{url}/terminal"

    async def begin(self) -> None:
        """Say hello; the proof follows the challenge."""
        await self.send(TerminalHello(versions=[VERSION], terminal=self.id))

    async def send(self, message: Message) -> None:
        assert self.socket is not None
        await self.socket.send(encode(message))

    def take(self, frame: bytes) -> None:
        """Take a message."""
        message = HUB_TO_TERMINAL.decode(frame, limit=LIMIT)
        match message:
            case SeatMessage(seat=seat):
                self.seat, self.here = seat, True
            case Answer(visit=visit, connection=number):
                self.samples.arrived(f"{visit} {number} answer")
            case Ice(visit=visit, connection=number, candidate=found):
                self.samples.arrived(f"{visit} {number} {_port(found)}")
            case Refused() | Violation():
                self.said = frame.decode()
            case Challenge(hub=hub, nonce=nonce):
                signed = terminal_key(self.number).sign(
                    proof_bytes(hub, self.id, base64.b64decode(nonce))
                )
                proof = Proof(signature=base64.b64encode(signed).decode())
                self._proving = asyncio.ensure_future(self.send(proof))

    def view(self, visit: str) -> VisitView | None:
        """The visit that the inmate waits for, if it is this one."""
        seat = self.seat
        if seat is None or seat.visit != visit:
            return None
        return next((each for each in seat.visits if each.id == visit), None)


class PageEnd(End):
    """A family's page."""

    def __init__(self, number: int, url: str, samples: Samples) -> None:
        super().__init__()
        self.number, self.id, self.samples = number, f"p{number}", samples
        self.name = self.id
        self.options = {"ping_interval": None}
        self.turn(url)
        self.visits: dict[str, VisitView] = {}
        self.since: dict[tuple[str, Status], float] = {}
        """When it was first told that a visit has a status, seconds since the epoch."""

    def turn(self, url: str) -> None:
        """Go to this hub next."""
        self.url = f"{url}/family"
        self.options["origin"] = url.replace("ws", "http", 1)

    async def begin(self) -> None:
        """Come with the session's token; the facility is open to it."""
        await self.send(Hello(versions=[VERSION], token=session_token(self.number)))

    async def send(self, message: Message) -> None:
        assert self.socket is not None
        await self.socket.send(encode(message))

    def take(self, frame: bytes) -> None:
        """Take a message."""
        message = HUB_TO_PAGE.decode(frame, limit=LIMIT)
        match message:
            case Appointments(visits=visits):
                self.visits = {each.id: each for each in visits}
                self.here = True
                for each in visits:
                    if (each.id, each.status) not in self.since:
                        self.since[each.id, each.status] = time.time()
            case Offer(visit=visit, connection=number):
                self.samples.arrived(f"{visit} {number} offer")
            case Refused() | Violation():
                self.said = frame.decode()
            case Ice(visit=visit, connection=number, candidate=found):
                self.samples.arrived(f"{visit} {number} {_port(found)}")

    def status(self, visit: str) -> Status | None:
        """What it knows of a visit."""
        return self.visits[visit].status if visit in self.visits else None


def _port(candidate: str) -> str:
    return candidate.split(" ")[5] if candidate else "end"


class Pair:
    """A terminal and a page that have a visit with each other."""

    def __init__(self, terminal: TerminalEnd, page: PageEnd) -> None:
        self.terminal, self.page = terminal, page
        self.visit = visit_id(terminal.number)
        self.connection = 0
        self.samples = terminal.samples
        self.goes_on = self.joined = False

    async def sign_in(self) -> None:
        """The inmate signs in; returns when the page says Ready."""
        number = inmate_number(self.terminal.number)
        await self.terminal.send(SignIn(inmate_number=number, pin=PIN))
        await self.page.until(lambda: self.page.status(self.visit) is Status.READY)

    async def join(self) -> None:
        """The page opens the visit; returns when the terminal knows."""
        await self.page.send(Join(visit=self.visit, page=self.page.id))
        await self._known()

    async def go_on(self) -> None:
        """Both came back and their call still runs, as they say; returns when both know."""
        await self.page.send(Join(visit=self.visit, page=self.page.id, pressed=True))
        await self.say_state()
        await self._known()
        await self.page.until(lambda: self.page.status(self.visit) is Status.IN_VISIT)

    async def _known(self) -> None:

        def known() -> bool:
            view = self.terminal.view(self.visit)
            return view is not None and view.page == self.page.id

        await self.terminal.until(known)
        self.joined = True

    async def offer(self) -> None:
        """The terminal offers; returns when the page has it."""
        self.connection += 1
        key = f"{self.visit} {self.connection} offer"
        self.samples.left(key)
        await self.terminal.send(
            Offer(visit=self.visit, page=self.page.id, connection=self.connection, sdp=SDP)
        )
        await self.page.until(lambda: key not in self.samples.under_way)

    async def agree(self) -> None:
        """All candidates, the answer: returns when everything arrived."""
        connection = self.connection
        await self._candidates("terminal", self.terminal)
        self.samples.left(f"{self.visit} {connection} answer")
        await self.page.send(Answer(visit=self.visit, connection=connection, sdp=ANSWER_SDP))
        await self._candidates("page", self.page)
        await self.terminal.until(lambda: not self._under_way("page", "answer"))
        await self.page.until(lambda: not self._under_way("terminal"))

    def _under_way(self, side: str, *more: str) -> bool:
        ports = [str(PORTS[side] + number) for number in range(CANDIDATES)]
        keys = (f"{self.visit} {self.connection} {each}" for each in (*ports, *more))
        return any(key in self.samples.under_way for key in keys)

    async def _candidates(self, side: str, end: TerminalEnd | PageEnd) -> None:
        for number in range(CANDIDATES):
            port = PORTS[side] + number
            found = f"candidate:{number} 1 udp 2113937151 8.8.4.4 {port} typ host"
            self.samples.left(f"{self.visit} {self.connection} {port}")
            await end.send(Ice(visit=self.visit, connection=self.connection, candidate=found))

    async def begin(self) -> None:
        """The green telephone; returns when both were told that tracks are open."""
        await self.page.send(Press(visit=self.visit, page=self.page.id))

        def opened() -> bool:
            view = self.terminal.view(self.visit)
            return view is not None and view.tracks_open

        await self.terminal.until(opened)
        # Held, when this client was so late that nobody had said yet that media comes.
        begun = (Status.IN_VISIT, Status.INTERRUPTED)
        await self.page.until(lambda: self.page.status(self.visit) in begun)
        await self.say_state()
        self.goes_on = True

    async def say_state(self) -> None:
        """Both ends receive."""
        more: dict[str, Any] = {"visit": self.visit, "connection": self.connection}
        await self.terminal.send(TerminalState(handset_up=True, receiving=True, **more))
        await self.page.send(PageState(receiving=True, camera=True, microphone=True, **more))

    async def measured(self) -> None:
        """Both ends say how the call is."""
        stats = CallStats(
            visit=self.visit, connection=self.connection, rtt_ms=31.5, video_kbps_in=912.0,
            video_kbps_out=880.0, fps_in=29.5, fps_out=30.0, lost_in=3, lost_out=4, jitter_ms=2.5,
        )  # fmt: skip
        await self.terminal.send(stats)
        await self.page.send(stats)


async def ping_all(pages: list[PageEnd]) -> None:
    """Have every page ask whether the hub is there, as often as real ones; until cancelled."""
    step = 0
    while True:
        for page in pages[step::STEPS]:
            if page.here:
                with contextlib.suppress(ConnectionClosed):  # it comes back
                    await page.send(Ping(sent=1.0))
        step = (step + 1) % STEPS
        await asyncio.sleep(PAGE_PING_S / STEPS)


async def measure_all(pairs: list[Pair]) -> None:
    """Have both ends of every visit that goes on say once a second how it is; until cancelled."""
    step = 0
    while True:
        for pair in pairs[step::STEPS]:
            if pair.goes_on and pair.terminal.here and pair.page.here:
                with contextlib.suppress(ConnectionClosed):
                    await pair.measured()
        step = (step + 1) % STEPS
        await asyncio.sleep(1.0 / STEPS)
