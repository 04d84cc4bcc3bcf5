"""A session on the bench: short names for what happens to it, a clock that only the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from kiosk.actions import Action, Send, Tell
from kiosk.events import Event, HookMoved, HookOpened, Tick
from kiosk.media.commands import Command, Connect, Finding, Gate, LocalOffer, Opened
from kiosk.session import Session
from kiosk.view import Intent, Key, Sheet, Touch, View
from signalling.link_events import LinkUp
from signalling.messages import Message, Ping, Pong, SeatMessage, SignIn, TerminalWelcome
from signalling.visit import Status
from signalling.wire import FacilityView, Person, Seat, VisitView

HUB_EPOCH = 1_800_000_000.0
"""The hub's time when the bench's monotonic clock stands at 0."""
STARTS_AT = HUB_EPOCH + 1000.0
ENDS_AT = STARTS_AT + 1800.0
PAGE = "page-1"
OPENED = Opened(width=640, height=480, fps=30)
TESTED = ("camera", "microphone", "earpiece", "loop")
WELL = tuple(Finding(device=each, passed=True, detail="well") for each in TESTED)
"""What a self-test says of devices that work."""
WELCOME = TerminalWelcome(
    now=0.0,
    label="4",
    unit="Unit C",
    facility=FacilityView(id="north", name="North County", time_zone="America/Denver"),
)


def visit(status: Status = Status.READY, **changes: object) -> VisitView:
    """Return a visit as the hub shows it to the terminal that its inmate sits at."""
    begun = status in (Status.IN_VISIT, Status.INTERRUPTED, Status.ENDED)
    base = VisitView(
        id="v1",
        status=status,
        inmate="Daniel",
        visitors=(Person(name="Maria"),),
        starts_at=STARTS_AT,
        ends_at=ENDS_AT,
        signed_in=True,
        terminal="t4",
        visitor_here=True,
        page=PAGE,
        tracks_open=status is Status.IN_VISIT,
        private=False,
        recorded=False,
        watched=False,
        used_s=0.0,
        lost_s=0.0,
        lost_by={},
        added_s=0.0,
        owed_s=0.0,
        breaks=(),
        paused=False,
        begun_at=STARTS_AT if begun else None,
        ended_at=None,
        ended_by=None,
        end_reason=None,
    )
    return msgspec.structs.replace(base, **changes)


def seat(*visits: VisitView, at: str | None = "v1", inmate: str = "Daniel R") -> Seat:
    """Return a seat; `at` is the visit that the inmate waits for."""
    return Seat(inmate=inmate, visits=visits, visit=at)


@dataclass
class Bench:
    """Drive a session; every action it asked for is in `actions`, in order.

    Its devices have been proved already; the next proof is due in ten minutes.
    """

    session: Session = field(
        default_factory=lambda: Session(language="en", clock_offset_s=HUB_EPOCH)
    )
    now: float = 0.0
    actions: list[Action] = field(default_factory=list)

    def __post_init__(self) -> None:
        prove(self.session, self.now)

    @property
    def view(self) -> View:
        return self.session.view(self.now)

    @property
    def screen(self) -> str:
        return self.view.screen.value

    @property
    def sheet(self) -> Sheet | None:
        return self.view.sheet

    def do(self, event: Event) -> list[Action]:
        asked = self.session.receive(event, self.now)
        self.actions += asked
        return asked

    def wait(self, seconds: float) -> list[Action]:
        """Let time go on in ticks, as the shell does."""
        asked: list[Action] = []
        until = self.now + seconds
        while self.now < until - 1e-9:
            self.now = min(until, self.now + 0.25)
            asked += self.do(Tick())
        return asked

    def link_up(self) -> list[Action]:
        return self.do(LinkUp(msgspec.structs.replace(WELCOME, now=HUB_EPOCH + self.now)))

    def push(self, pushed: Seat | None) -> list[Action]:
        return self.do(SeatMessage(now=HUB_EPOCH + self.now, seat=pushed))

    def press(self, intent: Intent) -> list[Action]:
        return self.do(intent)

    def type(self, keys: str) -> list[Action]:
        """Type digits; "e" is enter, "d" delete, "c" clear."""
        names = {"e": "enter", "d": "delete", "c": "clear"}
        return [each for key in keys for each in self.do(Key(names.get(key, key)))]

    def ready(self) -> Bench:
        """Link up, handset up, nobody there."""
        self.do(HookOpened(up=True))
        self.link_up()
        self.push(None)
        return self

    def signed_in(self, *visits: VisitView, at: str | None = "v1") -> Bench:
        """Sign in by the keys; the hub seats the inmate."""
        self.ready()
        self.press(Touch())
        self.type("482017e1234e")
        self.push(seat(*(visits or (visit(),)), at=at))
        return self

    def connected(self, *visits: VisitView) -> Bench:
        """Sign in, devices open, an offer made for the page."""
        self.signed_in(*visits)
        self.do(OPENED)
        number = self.connection
        self.do(LocalOffer(connection=number, sdp="offer"))
        return self

    @property
    def connection(self) -> int:
        """The number of the last Connect."""
        return self.connects[-1].connection

    @property
    def connects(self) -> list[Connect]:
        return [each for each in self.told if isinstance(each, Connect)]

    @property
    def told(self) -> list[Command]:
        return told(self.actions)

    @property
    def sent(self) -> list[Message]:
        return sent(self.actions)

    @property
    def gate_open(self) -> bool:
        """What the media process was last told."""
        gates = [each.open for each in self.told if isinstance(each, Gate)]
        return bool(gates) and gates[-1]

    def hang_up(self) -> list[Action]:
        return self.do(HookMoved(up=False))

    def lift(self) -> list[Action]:
        return self.do(HookMoved(up=True))

    def prove_again(self, *, right: bool) -> None:
        """Type the PIN; the hub answers, as it does, in order."""
        asked = sent(self.type("1234e"))
        assert isinstance(asked[0], SignIn)
        ping = asked[1]
        assert isinstance(ping, Ping)
        if not right:
            from signalling.messages import Refused

            self.do(Refused(about="sign-in", code="wrong-sign-in", facts={"tries_left": 2}))
        self.do(Pong(sent=ping.sent, now=HUB_EPOCH + self.now))


def prove(session: Session, now: float) -> None:
    """Let the proof of the start pass."""
    events: tuple[Event, ...] = (Tick(), OPENED, *WELL)
    for event in events:
        session.receive(event, now)


def told(actions: list[Action]) -> list[Command]:
    """Return the commands among `actions`."""
    return [each.command for each in actions if isinstance(each, Tell)]


def sent(actions: list[Action]) -> list[Message]:
    """Return the messages among `actions`."""
    return [each.message for each in actions if isinstance(each, Send)]
