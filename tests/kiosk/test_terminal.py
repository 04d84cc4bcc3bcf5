"""The shell: events reach the session, its decisions reach link and media, nothing else does."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from config.schema import Secret
from config.schema import Technician as TechnicianSettings
from hardware.identity import Device, Identity
from hardware.interfaces import DeviceLost, DeviceNotFound
from hardware.plugs import Plugged, Unplugged
from kiosk.events import MediaDied
from kiosk.media.commands import (
    Command,
    LocalOffer,
    OpenDevices,
    RemoteAnswer,
    Report,
    SelfTest,
)
from kiosk.media.commands import Connect as ConnectCommand
from kiosk.session import Session
from kiosk.technician import Technician
from kiosk.technician_lock import TechnicianLock
from kiosk.terminal import Parts, Terminal
from kiosk.view import AskRestart, AskTechnician, Confirm, Key, Touch, View
from signalling.descriptions import AddressPolicy
from signalling.link import LinkEvent
from signalling.link_events import LinkUp
from signalling.messages import Answer, Message, Offer, SeatMessage, SignIn
from signalling.visit import Status
from tests.kiosk.bench_of_session import HUB_EPOCH, OPENED, WELCOME, WELL, seat, visit
from tests.kiosk.test_device_rows import HEALTH

DEADLINE_S = 10.0


class FakeLink:
    """A link that the test speaks through."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[LinkEvent] = asyncio.Queue()
        self.sent: list[Message] = []

    def send(self, message: Message) -> bool:
        self.sent.append(message)
        return True

    async def events(self) -> AsyncIterator[LinkEvent]:
        while True:
            yield await self.incoming.get()

    async def run(self) -> None:
        await asyncio.Event().wait()


class FakeMedia:
    """A media process that keeps the contract of `Media` and notes what was asked."""

    def __init__(self, log: list[str]) -> None:
        self.reports: asyncio.Queue[Report | MediaDied] = asyncio.Queue()
        self.told: list[Command] = []
        self.log = log
        self.running = False
        self.fails = 0

    async def open(self) -> None:
        self.log.append("media open")

    async def close(self) -> None:
        self.running = False
        self.log.append("media close")

    async def start(self) -> None:
        if self.fails:
            self.fails -= 1
            raise OSError(12, "no memory")
        self.running = True
        self.log.append("media start")
        self.reports.put_nowait(OPENED)

    async def stop(self) -> None:
        self.running = False
        self.log.append("media stop")

    async def tell(self, command: Command) -> None:
        assert self.running, "a command without a process"
        self.log.append(f"tell {type(command).__name__}")
        self.told.append(command)
        if isinstance(command, SelfTest):
            for finding in WELL:
                self.reports.put_nowait(finding)

    def forget(self) -> None:
        while not self.reports.empty():
            self.reports.get_nowait()

    async def events(self) -> AsyncIterator[Report | MediaDied]:
        while True:
            yield await self.reports.get()


class FakeHook:
    """A hook switch: not there at first when told so, then what the test makes of it."""

    def __init__(self, log: list[str], missing: int = 0) -> None:
        self.moves: asyncio.Queue[bool | Exception | None] = asyncio.Queue()
        self.log = log
        self.missing = missing

    async def open(self) -> bool:
        if self.missing:
            self.missing -= 1
            raise DeviceNotFound("no hook")
        return True

    async def change(self) -> bool:
        move = await self.moves.get()
        if move is None:
            raise DeviceLost("pulled")
        if isinstance(move, Exception):
            raise move
        return move

    async def close(self) -> None:
        self.log.append("hook close")


class FakeKeypad:
    """Keys that the test presses."""

    def __init__(self) -> None:
        self.keys: asyncio.Queue[str | None] = asyncio.Queue()

    async def open(self) -> None:
        """Nothing to open."""

    async def key(self) -> str:
        key = await self.keys.get()
        if key is None:
            raise DeviceLost("pulled")
        return key

    async def close(self) -> None:
        """Nothing to close."""


class FakePlugs:
    """What is plugged in and unplugged: what the test puts; None breaks the listening."""

    def __init__(self, log: list[str]) -> None:
        self.moves: asyncio.Queue[Plugged | Unplugged | Exception | None] = asyncio.Queue()
        self.log = log

    async def open(self) -> None:
        self.log.append("plugs open")

    async def __aiter__(self) -> AsyncIterator[Plugged | Unplugged]:
        while (move := await self.moves.get()) is not None:
            if isinstance(move, Exception):
                raise move
            yield move
        raise OSError("no netlink")

    async def close(self) -> None:
        self.log.append("plugs close")


class Stage:
    """A terminal among fakes."""

    def __init__(self, hook_missing: int = 0, session: Session | None = None) -> None:
        self.log: list[str] = []
        self.kept: dict[str, bytes] = {}
        self.link = FakeLink()
        self.media = FakeMedia(self.log)
        self.hook = FakeHook(self.log, hook_missing)
        self.keypad = FakeKeypad()
        self.plugs = FakePlugs(self.log)
        self.views: list[View] = []
        self.changed = asyncio.Event()
        parts = Parts(
            link=self.link,
            media=self.media,
            hook=self.hook,
            keypad=self.keypad,
            policy=AddressPolicy.of(allow=["127.0.0.0/8"]),
            show=self._show,
            keep=self.kept.__setitem__,
            restart=lambda: self.log.append("restart"),
            health=lambda: HEALTH,
            plugs=self.plugs,
        )
        self.terminal = Terminal(parts, session or Session(language="en", clock_offset_s=HUB_EPOCH))

    def _show(self, view: View) -> None:
        self.views.append(view)
        self.log.append(f"show {view.screen.value}")

    @property
    def view(self) -> View:
        return self.views[-1]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Poll until `holds`, or fail at the deadline."""
        async with asyncio.timeout(DEADLINE_S):
            while not holds():  # noqa: ASYNC110 - what is waited for has no event of its own
                await asyncio.sleep(0.005)

    async def seated(self) -> None:
        """Link up, an inmate waits, an offer has been made."""
        self.link.incoming.put_nowait(LinkUp(WELCOME))
        self.link.incoming.put_nowait(SeatMessage(now=HUB_EPOCH, seat=seat(visit())))
        await self.until(lambda: any(isinstance(e, ConnectCommand) for e in self.media.told))
        self.media.reports.put_nowait(LocalOffer(connection=self.connection, sdp=OFFER))
        await self.until(lambda: any(isinstance(e, Offer) for e in self.link.sent))

    @property
    def connection(self) -> int:
        return next(e.connection for e in self.media.told if isinstance(e, ConnectCommand))


@asynccontextmanager
async def running(hook_missing: int = 0, session: Session | None = None) -> AsyncIterator[Stage]:
    stage = Stage(hook_missing, session)
    task = asyncio.create_task(stage.terminal.run())
    try:
        await stage.until(lambda: bool(stage.views))
        yield stage
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


CAMERA = Device("camera", "/dev/video0", "C270", Identity("046d", "0825"))
FINGERPRINT = ":".join(["AB"] * 32)
OFFER = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\n"
    f"a=rtcp-mux\r\na=fingerprint:sha-256 {FINGERPRINT}\r\na=setup:actpass\r\n"
    "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=rtpmap:96 opus/48000/2\r\n"
)
ANSWER = OFFER.replace("a=setup:actpass", "a=setup:active")


async def test_a_press_and_a_key_reach_the_screen() -> None:
    async with running() as stage:
        stage.terminal.post(Touch())
        assert stage.view.screen == "sign-in"
        stage.terminal.post(Key("4"))
        stage.keypad.keys.put_nowait("8")
        await stage.until(lambda: stage.view.sign_in.number == "48")


async def test_a_lost_keypad_comes_back() -> None:
    async with running() as stage:
        stage.keypad.keys.put_nowait(None)
        stage.keypad.keys.put_nowait("7")
        await stage.until(lambda: stage.view.sign_in.number == "7")


async def test_why_hook_and_keypad_fail_is_told_in_words_without_the_names_of_classes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("WARNING")
    lock = TechnicianLock(TechnicianSettings(pin=Secret("482017")))
    session = Session(language="en", clock_offset_s=HUB_EPOCH, technician=Technician(lock))
    async with running(session=session) as stage:
        stage.terminal.post(AskTechnician())
        for key in ("4", "8", "2", "0", "1", "7", "enter"):
            stage.terminal.post(Key(key))

        def details(device: str) -> set[str]:
            rows = [row for view in stage.views for row in view.technician.rows]
            return {row.detail for row in rows if row.device == device}

        stage.hook.moves.put_nowait(None)
        stage.keypad.keys.put_nowait(None)
        await stage.until(lambda: details("hook") == {"", "pulled"})
        await stage.until(lambda: details("keypad") == {"", "pulled"})
        stage.keypad.keys.put_nowait("7")
        await stage.until(lambda: stage.view.technician.rows[4].measured == "7")
        assert stage.view.technician.rows[4].state == "pass"
    assert 'keypad=failed error="DeviceLost: pulled"' in caplog.messages


async def test_a_hook_that_is_missing_is_a_fault_until_it_is_there() -> None:
    async with running(hook_missing=1) as stage:
        await stage.until(lambda: stage.view.faults == ("HOOK-01",))
        await stage.until(lambda: stage.view.faults == ())
        assert stage.view.handset_up
        stage.hook.moves.put_nowait(False)
        await stage.until(lambda: not stage.view.handset_up)
        stage.hook.moves.put_nowait(None)
        await stage.until(lambda: stage.view.faults == ("HOOK-01",))
        await stage.until(lambda: stage.view.faults == ())


async def test_a_hook_that_stays_away_is_told_once_and_its_return_is_seen_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("WARNING")
    async with running(hook_missing=4) as stage:
        await stage.until(lambda: stage.hook.missing == 0)
        back_at = time.monotonic()
        await stage.until(lambda: stage.view.handset_up)
        assert time.monotonic() - back_at < 0.5
        assert [line for line in caplog.messages if line.startswith("hook=failed")] == [
            'hook=failed error="DeviceNotFound: no hook"'
        ]


async def test_what_a_device_makes_its_driver_stumble_over_is_its_fault_and_ends_no_visit(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("WARNING")
    async with running() as stage:
        await stage.seated()
        stage.log.clear()
        stage.plugs.moves.put_nowait(ValueError("a port of its own"))
        stage.hook.moves.put_nowait(IndexError("a report\nof its own"))
        await stage.until(lambda: stage.view.faults == ("HOOK-04",))
        await stage.until(lambda: stage.view.faults == ())
        await stage.until(lambda: "plugs close" in stage.log)
        assert "media stop" not in stage.log
    (told,) = [each for each in caplog.records if "a report" in each.getMessage()]
    assert told.getMessage().count("\n") == 0
    assert told.exc_info


async def test_a_hook_that_flaps_or_comes_and_goes_ends_no_visit() -> None:
    async with running() as stage:
        await stage.seated()
        stage.log.clear()
        for move in (False, True, None, False, True) * 3:
            stage.hook.moves.put_nowait(move)
        await stage.until(stage.hook.moves.empty)
        await stage.until(lambda: stage.view.faults == ())
        assert stage.media.running
        assert "media stop" not in stage.log


async def test_an_inmate_who_waits_starts_media_and_an_offer_goes_out() -> None:
    async with running() as stage:
        await stage.seated()
        assert "media start" in stage.log
        assert not any(isinstance(each, OpenDevices) for each in stage.media.told)


async def test_the_gate_is_opened_before_the_visit_is_drawn() -> None:
    async with running() as stage:
        await stage.seated()
        begun = seat(visit(Status.IN_VISIT))
        stage.link.incoming.put_nowait(SeatMessage(now=HUB_EPOCH, seat=begun))
        await stage.until(lambda: "show in-visit" in stage.log)
        assert stage.log.index("tell Gate") < stage.log.index("show in-visit")


async def test_an_answer_is_checked_before_the_media_process_sees_it() -> None:
    async with running() as stage:
        await stage.seated()
        answer = Answer(visit="v1", connection=stage.connection, sdp=ANSWER)
        stage.link.incoming.put_nowait(answer)
        await stage.until(lambda: any(isinstance(e, RemoteAnswer) for e in stage.media.told))


async def test_an_answer_that_is_not_let_through_never_reaches_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    async with running() as stage:
        await stage.seated()
        hostile = ANSWER + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
        stage.link.incoming.put_nowait(Answer(visit="v1", connection=stage.connection, sdp=hostile))
        await stage.until(lambda: "refused=RemoteAnswer" in caplog.text)
        assert not any(isinstance(each, RemoteAnswer) for each in stage.media.told)


async def test_a_process_that_cannot_be_started_is_tried_again() -> None:
    async with running() as stage:
        stage.media.fails = 2
        stage.link.incoming.put_nowait(LinkUp(WELCOME))
        stage.link.incoming.put_nowait(SeatMessage(now=HUB_EPOCH, seat=seat(visit())))
        await stage.until(lambda: stage.media.running)


async def test_everything_is_closed_in_the_end_the_last_opened_first() -> None:
    async with running() as stage:
        await stage.seated()
    assert stage.log[-2:] == ["hook close", "media close"]


async def test_at_the_start_and_when_a_device_comes_the_devices_are_proved() -> None:
    async with running() as stage:
        await stage.until(lambda: "media stop" in stage.log)
        assert stage.media.told.count(SelfTest()) == 1
        stage.plugs.moves.put_nowait(Unplugged(CAMERA))
        await stage.until(lambda: stage.log.count("media stop") == 2)
        stage.plugs.moves.put_nowait(Plugged(CAMERA))
        await stage.until(lambda: stage.log.count("media stop") == 3)
        assert stage.media.told.count(SelfTest()) == 3


async def test_a_terminal_that_cannot_hear_of_devices_goes_on() -> None:
    async with running() as stage:
        stage.plugs.moves.put_nowait(None)
        await stage.until(lambda: "plugs close" in stage.log)
        await stage.seated()


async def test_the_technician_gets_in_looks_has_things_kept_and_restarts() -> None:
    lock = TechnicianLock(TechnicianSettings(pin=Secret("482017")))
    session = Session(
        language="en", clock_offset_s=HUB_EPOCH, technician=Technician(lock, (("kivy", "2"),))
    )
    async with running(session=session) as stage:
        stage.terminal.post(AskTechnician())
        for key in ("1", "enter"):
            stage.terminal.post(Key(key))
        assert stage.kept["technician-lock.json"] == lock.encode()
        for key in (*"482017", "enter"):
            stage.terminal.post(Key(key))
        await stage.until(lambda: ("temperature", "52 °C") in stage.view.technician.facts)
        stage.terminal.post(AskRestart())
        assert stage.view.sheet is not None

        def restarts() -> bool:
            stage.terminal.post(Confirm())  # a sheet takes no yes at once
            return "restart" in stage.log

        await stage.until(restarts)


async def test_the_log_tells_the_screen_and_never_the_pin(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with running() as stage:
        stage.link.incoming.put_nowait(LinkUp(WELCOME))
        await stage.until(lambda: stage.view.connected)
        stage.terminal.post(Touch())
        for key in ("4", "8", "enter", "9", "7", "5", "3", "enter"):
            stage.terminal.post(Key(key))
        assert SignIn(inmate_number="48", pin="9753") in stage.link.sent
    assert "screen=sign-in visit=- status=- sheet=- faults=-" in caplog.text
    assert "sent=sign-in" in caplog.text
    assert "9753" not in caplog.text
