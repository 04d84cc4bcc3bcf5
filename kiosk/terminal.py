"""The shell of a terminal: brings events to the session, does what it decides. No Kivy.

Everything runs on one loop and `session.receive` never waits, so a press is acted on before the
next event is looked at. Only starting and stopping the media process takes time; a task does it,
in order.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from hardware.handoff import in_thread
from hardware.interfaces import DeviceError, DeviceRefused, Hook, Keypad
from hardware.plugs import Plugged, Unplugged
from kiosk import narration
from kiosk.actions import Action, Keep, ReadHealth, Restart, Send, StartMedia, StopMedia, Tell
from kiosk.events import (
    DeviceFault,
    DevicePlugged,
    Event,
    HealthRead,
    HookMoved,
    HookOpened,
    KeypadState,
    MediaDied,
    Tick,
)
from kiosk.media.commands import Command, RemoteAnswer, RemoteCandidate, Report
from kiosk.session import Session
from kiosk.technician import MachineHealth
from kiosk.view import Intent, Key, View
from signalling.descriptions import AddressPolicy, check_answer, check_candidate
from signalling.errors import BadDescription
from signalling.link import LinkEvent
from signalling.messages import Message, Offer

log = logging.getLogger(__name__)

T = TypeVar("T")

TICK_S: Final = 0.25
"""Ticks fall on quarters of the hub's seconds, so countdowns on both sides change together."""
REOPEN_S: Final = 0.25
"""Between two tries to open a hook or keypad that is not there: looking takes some milliseconds."""


class Media(Protocol):
    """One media process at a time (`kiosk.visit_media`)."""

    async def open(self) -> None:
        """Let the first spare load, so that a visit's process starts at once."""

    async def close(self) -> None:
        """End the process and the spare; idempotent."""

    async def start(self) -> None:
        """Start a process and let it open its devices; returns before they are open."""

    async def stop(self) -> None:
        """End the process, for certain; idempotent."""

    async def tell(self, command: Command) -> None:
        """Send a command; dropped when no process runs."""

    def forget(self) -> None:
        """Yield no more of what the running process says: another is to take its place."""

    def events(self) -> AsyncIterator[Report | MediaDied]:
        """Yield what the running process reports, and its unasked death; of no earlier one."""


class HubLink(Protocol):
    """The link (`signalling.link`)."""

    def send(self, message: Message) -> bool:
        """Send; False when the link is not up."""

    def events(self) -> AsyncIterator[LinkEvent]:
        """Yield LinkUp, messages, LinkDown."""

    async def run(self) -> None:
        """Keep the link until cancelled."""


class PlugEvents(Protocol):
    """What is plugged in and unplugged (`hardware.plugs`)."""

    async def open(self) -> object:
        """Listen. Raises OSError."""

    def __aiter__(self) -> AsyncIterator[Plugged | Unplugged]:
        """Yield what comes and goes. Raises OSError."""

    async def close(self) -> None:
        """Close."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a terminal is made of. The one who makes them need not open or close them."""

    link: HubLink
    media: Media
    hook: Hook
    keypad: Keypad | None
    policy: AddressPolicy
    show: Callable[[View], None]
    keep: Callable[[str, bytes], None]
    """Keeps bytes under a name in the state folder; never waits."""
    restart: Callable[[], None]
    """Has the program end so that it is started again; returns at once."""
    health: Callable[[], MachineHealth] | None = None
    """Reads how the machine is (`hardware.health.read`); may take a moment. None: nobody can."""
    plugs: PlugEvents | None = None
    """Tells what is plugged in and unplugged. None: no device here can be."""


class Terminal:
    """Run `run` in a task; call `post` from the screens."""

    def __init__(self, parts: Parts, session: Session) -> None:
        self._parts = parts
        self._session = session
        self._view: View | None = None
        self._offer: Offer | None = None
        self._health_asked = asyncio.Event()
        self._media_jobs: asyncio.Queue[StartMedia | StopMedia | Tell] = asyncio.Queue()

    def post(self, intent: Intent) -> None:
        """Take what a person wants, at once."""
        self._receive(intent)

    async def run(self) -> None:
        """Be the terminal until cancelled; every device is closed then, the last opened first."""
        parts = self._parts
        self._show(time.monotonic())
        try:
            await parts.media.open()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tick(), name="tick")
                tasks.create_task(self._do_media_jobs(), name="media-jobs")
                tasks.create_task(self._hear(parts.media.events()), name="media-events")
                tasks.create_task(self._watch_hook(parts.hook), name="hook")
                if parts.keypad is not None:
                    tasks.create_task(self._watch_keypad(parts.keypad), name="keypad")
                if parts.plugs is not None:
                    tasks.create_task(self._watch_plugs(parts.plugs), name="plugs")
                if parts.health is not None:
                    tasks.create_task(self._read_health(parts.health), name="health")
                tasks.create_task(self._hear(parts.link.events()), name="link-events")
                tasks.create_task(parts.link.run(), name="link")
        finally:
            if parts.keypad is not None:
                await parts.keypad.close()
            await parts.hook.close()
            await parts.media.close()
            log.info("terminal=stopped")

    # -- events in ------------------------------------------------------------------------------

    def _receive(self, event: Event) -> None:
        self._decide(event)
        self._show(time.monotonic())

    def _decide(self, event: Event) -> None:
        now = time.monotonic()
        for line in narration.of_event(event):
            log.info("%s", line)
        for action in self._session.receive(event, now):
            for line in narration.of_action(action):
                log.info("%s", line)
            self._do(action)

    def _show(self, now: float) -> None:
        view = self._session.view(now)
        if view == self._view:
            return
        for line in narration.of_view(self._view, view):
            log.info("%s", line)
        self._view = view
        self._parts.show(view)

    async def _hear(self, events: AsyncIterator[LinkEvent | Report | MediaDied]) -> None:
        async for event in events:
            self._decide(event)
            # The media process is told first: opening the gate does not wait for the drawing.
            await asyncio.sleep(0)
            self._show(time.monotonic())

    async def _tick(self) -> None:
        while True:
            clock = self._session.clock(time.monotonic())
            await asyncio.sleep(TICK_S - clock % TICK_S)
            self._receive(Tick())

    async def _read_health(self, read: Callable[[], MachineHealth]) -> None:
        while True:
            await self._health_asked.wait()
            self._health_asked.clear()
            self._receive(HealthRead(await in_thread("health", read)))

    async def _watch_hook(self, hook: Hook) -> None:
        fault, said = "", ""
        while True:
            try:
                up = await _foreseen(hook.open())
                said = ""
                if fault:
                    self._receive(DeviceFault(fault, mended=True))
                    fault = ""
                self._receive(HookOpened(up))
                while True:
                    self._receive(HookMoved(await _foreseen(hook.change())))
            except DeviceError as error:
                said = _said("hook", error, said)
                code = f"HOOK-{error.code}"
                if fault not in ("", code):
                    self._receive(DeviceFault(fault, mended=True))
                if fault != code:
                    fault = code
                    self._receive(DeviceFault(code, detail=_why(error)))
            await hook.close()
            await asyncio.sleep(REOPEN_S)

    async def _watch_keypad(self, keypad: Keypad) -> None:
        said, failed = "", False
        while True:
            try:
                await _foreseen(keypad.open())
                if failed:
                    self._receive(KeypadState())
                said, failed = "", False
                while True:
                    self._receive(Key(await _foreseen(keypad.key())))
            except DeviceError as error:
                before, said = said, _said("keypad", error, said)
                if said != before:
                    self._receive(KeypadState(f"KEY-{error.code}", _why(error)))
                failed = True
            await keypad.close()
            await asyncio.sleep(REOPEN_S)

    async def _watch_plugs(self, plugs: PlugEvents) -> None:
        try:
            await plugs.open()
            async for event in plugs:
                self._receive(DevicePlugged(event.device.kind, isinstance(event, Plugged)))
        except OSError as error:
            # The proof before visits looks all the same, only not at once.
            log.warning('plugs=failed error="%s"', error)
        except Exception:  # whatever a device made the listing stumble over: no visit ends by it
            log.exception("plugs=failed")
        finally:
            await plugs.close()

    # -- actions out ----------------------------------------------------------------------------

    def _do(self, action: Action) -> None:
        match action:
            case Send(message=message):
                if isinstance(message, Offer):
                    self._offer = message
                if not self._parts.link.send(message):
                    log.info("unsent=%s", message.__struct_config__.tag)
            case StartMedia() | StopMedia():
                self._parts.media.forget()
                self._media_jobs.put_nowait(action)
            case Tell():
                # Bounded by the session: a handful of commands a second at the very most.
                self._media_jobs.put_nowait(action)
            case Keep(name=name, data=data):
                self._parts.keep(name, data)
            case ReadHealth():
                self._health_asked.set()
            case Restart():
                log.info("restart=asked")
                self._parts.restart()

    async def _do_media_jobs(self) -> None:
        while True:
            job = await self._media_jobs.get()
            match job:
                case StartMedia():
                    await self._start_media()
                case StopMedia():
                    await self._parts.media.stop()
                case Tell(command=command):
                    checked = self._checked(command)
                    if checked is not None:
                        await self._parts.media.tell(checked)

    async def _start_media(self) -> None:
        try:
            await self._parts.media.start()
        except OSError as error:
            # No memory, no process: the session tries again as after a death.
            self._receive(MediaDied(f"could not be started: {error}"))

    def _checked(self, command: Command) -> Command | None:
        """Return what the media process may see of a stranger's words; None when nothing.

        The hub has checked them already; a hub that was broken into has not.
        """
        try:
            match command:
                case RemoteAnswer(connection=connection, sdp=sdp):
                    if self._offer is None or self._offer.connection != connection:
                        return None
                    checked = check_answer(sdp, self._offer.sdp, self._parts.policy)
                    return RemoteAnswer(connection=connection, sdp=checked)
                case RemoteCandidate(candidate=candidate):
                    rebuilt = check_candidate(candidate, self._parts.policy)
                    if rebuilt is None:
                        return None
                    return RemoteCandidate(
                        connection=command.connection,
                        candidate=rebuilt,
                        sdp_mid=command.sdp_mid,
                        sdp_m_line_index=command.sdp_m_line_index,
                    )
        except BadDescription as error:
            log.warning('refused=%s reason="%s"', type(command).__name__, error)
            return None
        return command


class _Unforeseen(DeviceRefused):
    """A driver's own mistake."""


async def _foreseen(work: Awaitable[T]) -> T:
    """Wait for a device: what its driver stumbles over is a fault, not the terminal's end.

    Raises DeviceError.
    """
    try:
        return await work
    except DeviceError:
        raise
    except Exception as error:
        raise _Unforeseen(f"its driver failed: {error}") from error


def _why(error: DeviceError) -> str:
    """Return a device's error for people: in words, without the names of our classes."""
    return narration.plain(str(error))


def _said(device: str, error: DeviceError, before: str) -> str:
    """Log an error that was not the last try's too; return its text."""
    text = f"{type(error.__cause__ or error).__name__}: {error}"
    if text != before:
        whole = error.__cause__ if isinstance(error, _Unforeseen) else None
        log.warning('%s=failed error="%s"', device, narration.plain(text), exc_info=whole)
    return text
