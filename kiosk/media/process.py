"""The media process: one visit's camera, microphone, earpiece and connections, and nothing else.

Started by `engine.py` with the descriptors that it may use as its only arguments. As a spare it
has imported everything and opened nothing; `OpenDevices` makes it the visit's. It ends when the
screen's end of the socket closes, and dies by anything unexpected: the screen notices at once and
starts another.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop

from config.schema import SIMULATED, Devices
from hardware import factory
from hardware.collecting import asked_mode
from hardware.interfaces import Block, Camera, DeviceNotFound, Earpiece, Microphone
from hardware.portaudio import PortAudio
from hardware.simulated import Heard, SimulatedEarpiece
from kiosk.media import encoders, framing, sandbox, sound_folder
from kiosk.media.call import Call, Studio
from kiosk.media.commands import (
    AnyCommand,
    Command,
    Connect,
    Connected,
    Drop,
    Handset,
    Imported,
    Level,
    LocalCandidate,
    OpenDevices,
    Opened,
    RemoteAnswer,
    RemoteCandidate,
    Report,
    SelfTest,
    Setup,
    Stats,
    Volume,
)
from kiosk.media.commands import (
    Gate as GateCommand,
)
from kiosk.media.devices import CameraRun, Keeper, MicrophoneRun, mode_of
from kiosk.media.ear import Ear, Playing
from kiosk.media.ending import FAILED, give_up
from kiosk.media.frames import FrameWriter
from kiosk.media.lending import Borrower
from kiosk.media.peer import Peer, choose_codecs
from kiosk.media.proof import Proof
from kiosk.media.screen import Screen
from kiosk.media.sound_folder import SoundCame
from kiosk.media.tracks import Feed, Gate
from kiosk.media.voice import Voice
from kiosk.media.watch import PictureWatch, SoundWatch
from signalling.descriptions import AddressPolicy

_log = logging.getLogger("kiosk.media.process")

MAX_UNSENT_BYTES: Final = 256 * 1024
"""Reports that the screen has not read; over this, levels and statistics are dropped."""
MAX_CALLS: Final = 4
HANGS_S: Final = 60.0
"""A loop that a driver or a library holds up for longer will not come back: the kernel ends the
process (SIGALRM), whoever holds Python's lock, and the screen starts another. The longest that is
well is PortAudio's loading, a second, and several on an emulated machine."""
ALIVE_S: Final = 5.0


class Channel:
    """The socket to the screen: commands in, reports out."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def tell(self, report: Report) -> None:
        """Send a report; never waits. A screen that is gone needs none."""
        if self._writer.is_closing():  # devices that are still being closed may say something
            return
        unsent = self._writer.transport.get_write_buffer_size()
        if unsent > MAX_UNSENT_BYTES and isinstance(report, Level | Stats):
            return
        self._writer.write(framing.encode(report))

    async def commands(self) -> AsyncIterator[AnyCommand | Setup]:
        """Yield commands until the screen closes its end. Raises BadFrame."""
        splitter = framing.Splitter(msgspec.json.Decoder(AnyCommand | Setup))
        # A screen that closes its end before it has read our reports resets the connection.
        with suppress(ConnectionResetError, BrokenPipeError):
            while data := await self._reader.read(framing.CHUNK):
                for command in splitter.feed(data):
                    yield command


class Media:
    """Does what the commands say. `run` returns when there are no more."""

    def __init__(
        self,
        setup: Setup,
        channel: Channel,
        borrow: Borrower,
        remote: FrameWriter,
        self_view: FrameWriter,
    ) -> None:
        devices = setup.devices
        self._devices = devices
        self._network = setup.network
        self._policy = AddressPolicy.of(allow=setup.network.allow_peers)
        self._tell = channel.tell
        self._camera: Camera = factory.camera(devices, borrow)
        self._sound_system = PortAudio()
        self._microphone: Microphone = factory.microphone(devices, self._sound_system)
        self._earpiece: Earpiece = factory.earpiece(devices, self._sound_system)
        self._self_view = self_view
        self._voice = Voice.of(devices)
        ear = Ear(self._voice)
        self._studio = Studio(
            gate=Gate(),
            pictures=Feed(),
            sounds=Feed(),
            screen=Screen(remote),
            ear=ear,
            heard=self._heard_by(ear),
            xruns=lambda: self._microphone.xruns + self._earpiece.xruns,
            tell=channel.tell,
        )
        self._calls: dict[int, Call] = {}
        self._encoding = threading.Lock()
        self._camera_keeper: Keeper | None = None
        self._proof: Proof | None = None
        self._test: asyncio.Task[None] | None = None

    async def run(self, commands: AsyncIterator[AnyCommand | Setup]) -> None:
        """Obey until the screen closes its end; then close everything."""
        async with asyncio.TaskGroup() as group:
            keepers: list[asyncio.Task[None]] = []
            try:
                async for command in commands:
                    await self._obey(command, group, keepers)
            finally:
                await asyncio.gather(*(call.close() for call in self._calls.values()))
                if self._test is not None:
                    self._test.cancel()  # whoever needs the devices next does not wait for it
                for keeper in keepers:
                    keeper.cancel()

    async def _obey(
        self, command: Command, group: asyncio.TaskGroup, keepers: list[asyncio.Task[None]]
    ) -> None:
        match command:
            case OpenDevices():
                if not keepers:
                    await self._open(group, keepers)
            case Connect():
                self._connect(command, group)
            case RemoteAnswer(connection=number, sdp=sdp):
                if number in self._calls:
                    peer = self._calls[number].peer
                    group.create_task(self._guard(number, peer.answer(sdp)), name="answer")
            case RemoteCandidate(connection=number, candidate=line):
                if number in self._calls:
                    peer = self._calls[number].peer
                    group.create_task(self._guard(number, peer.candidate(line)), name="candidate")
            case GateCommand(open=is_open):
                self._studio.gate.set(is_open)
            case Drop(connection=number):
                call = self._calls.pop(number, None)
                if call is not None:
                    call.silence()  # the next command may open the gate for another
                    group.create_task(call.close(), name=f"drop {number}")
            case Volume(level=level):
                self._studio.ear.volume = level
            case Handset(up=is_up):
                self._voice.handset_up = is_up
            case SelfTest():
                assert self._proof is not None, "devices are opened first"
                if self._test is None or self._test.done():
                    self._test = group.create_task(self._proof.judge(), name="self-test")
            case _:
                raise framing.BadFrame(f"{type(command).__name__} here")

    def _connect(self, command: Connect, group: asyncio.TaskGroup) -> None:
        number = command.connection
        if number in self._calls or len(self._calls) >= MAX_CALLS:
            _log.warning("connection %d refused: there are %s", number, sorted(self._calls))
            self._tell(Connected(connection=number, up=False))
            return
        try:
            peer = self._peer(command)
        except ValueError as error:  # a network that is away may come back: the screen asks again
            _log.warning("connection %d refused: %s", number, error)
            self._tell(Connected(connection=number, up=False))
            return
        call = Call(peer, self._studio, group.create_task)
        self._calls[number] = call
        assert self._camera_keeper is not None, "devices are opened first"
        mode = mode_of(self._camera_keeper)
        group.create_task(self._guard(number, call.start(mode)), name=f"offer {number}")

    def _peer(self, command: Connect) -> Peer:
        number = command.connection
        return Peer(
            command,
            self._studio.gate,
            self._make_encoder,
            interfaces=self._network.interfaces,
            policy=self._policy,
            on_candidate=lambda found: self._tell(
                LocalCandidate(connection=number, candidate=found)
            ),
        )

    def _make_encoder(self, mime: str) -> encoders.VideoEncoder:
        return encoders.InTurn(encoders.choose(mime, self._devices), self._encoding)

    async def _guard(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        """Run what a stranger's words may make fail: the process does not end by it.

        Neither does a connection that stands already: a second answer changes nothing.
        """
        try:
            await work
        except Exception:  # whatever a stranger's words made fail; logged and reported
            _log.exception("connection %d failed", number)
            call = self._calls.get(number)
            if call is None or not call.peer.is_up:
                self._tell(Connected(connection=number, up=False))

    async def _open(self, group: asyncio.TaskGroup, keepers: list[asyncio.Task[None]]) -> None:
        if uses_sound(self._devices):
            with suppress(DeviceNotFound):  # whoever opens the device will say so
                self._sound_system.prepare()  # while there are sockets, to a sound server too
            watching = sound_folder.watch()
            keepers.append(group.create_task(watching, name="sound folder"))
            await asyncio.sleep(0)  # it has looked at what is there before the next line
        sandbox.confine(device_paths(self._devices))
        studio, tell, raw = self._studio, self._tell, Feed[Block]()
        studio.pictures.add(PictureWatch(tell))
        raw.add(SoundWatch(tell, lambda: self._voice.handset_up))
        camera = Keeper(
            "CAM", self._camera, CameraRun(self._camera, studio.pictures, self._self_view), tell
        )
        microphone = Keeper(
            "MIC",
            self._microphone,
            MicrophoneRun(self._microphone, self._voice, studio.sounds, studio.gate, tell, raw=raw),
            tell,
            give_up,
        )
        playing = Playing(self._earpiece, studio.ear)
        earpiece = Keeper("EAR", playing, self._earpiece.lost, tell, give_up)
        self._camera_keeper = camera
        self._proof = self._proof_of(camera, microphone, earpiece, raw)
        for keeper in (camera, microphone, earpiece):
            keepers.append(group.create_task(keeper.keep(), name="device"))
        for keeper in (camera, microphone, earpiece):
            await keeper.tried.wait()
        sandbox.restrict()
        mode = mode_of(camera)
        tell(Opened(width=mode.width, height=mode.height, fps=mode.fps))

    def _proof_of(
        self, camera: Keeper, microphone: Keeper, earpiece: Keeper, raw: Feed[Block]
    ) -> Proof:
        studio = self._studio
        return Proof(
            camera=camera,
            microphone=microphone,
            earpiece=earpiece,
            pictures=studio.pictures,
            raw=raw,
            ear=studio.ear,
            handset_up=lambda: self._voice.handset_up,
            gate=studio.gate,
            asked=asked_mode(self._devices),
            tell=self._tell,
        )

    def _heard_by(self, ear: Ear) -> Any:
        earpiece = self._earpiece
        if isinstance(earpiece, SimulatedEarpiece):
            return earpiece.heard
        return lambda: Heard(ear.take_dbfs(), None)


def uses_sound(devices: Devices) -> bool:
    """Return whether microphone or earpiece is a sound card's."""
    return {devices.microphone, devices.earpiece} != {SIMULATED}


def device_paths(devices: Devices) -> list[Path]:
    """Return the device nodes that the configuration may need; none for simulated ones.

    Nor for the camera: the screen process opens that.
    """
    paths: list[Path] = []
    if uses_sound(devices):
        paths.append(Path("/dev/snd"))
        # A desktop's sound server: its client looks at the folder before it connects.
        if "XDG_RUNTIME_DIR" in os.environ:
            paths.append(Path(os.environ["XDG_RUNTIME_DIR"], "pulse"))
    paths += encoders.device_paths(devices.encoder)
    # What is attached, and what of it is meant.
    if uses_sound(devices):
        paths += [Path("/run/udev"), Path("/sys/class"), Path("/sys/devices"), Path("/sys/bus")]
    return paths


def unexpected(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody caught; where it is said to be fatal, end: the screen starts another process.

    A datagram, a timer or a handshake that failed is only logged: what a stranger sent must not
    end a visit.
    """
    loop.default_exception_handler(context)
    if context.get("fatal"):
        logging.shutdown()
        os._exit(FAILED)


async def stay_alive() -> None:
    """Run until cancelled: put the process's end off again and again, while the loop runs."""
    while True:
        signal.setitimer(signal.ITIMER_REAL, HANGS_S)
        await asyncio.sleep(ALIVE_S)


async def serve(descriptors: list[int]) -> None:
    """Run on (socket, camera's socket, remote memory, remote event, self memory, self event)."""
    asyncio.get_running_loop().set_exception_handler(unexpected)
    channel_fd, camera_fd, remote_memory, remote_event, self_memory, self_event = descriptors
    remote = FrameWriter(remote_memory, remote_event)
    self_view = FrameWriter(self_memory, self_event)
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=channel_fd))
    channel = Channel(reader, writer)
    commands = channel.commands()
    setup = await anext(commands, None)
    if setup is None:
        return  # closed before it was told anything
    if not isinstance(setup, Setup):
        raise framing.BadFrame(f"{type(setup).__name__} before Setup")
    channel.tell(Imported())
    borrow = Borrower(socket.socket(fileno=camera_fd))
    await Media(setup, channel, borrow, remote, self_view).run(commands)
    writer.close()


async def live(descriptors: list[int]) -> None:
    """Serve, for as long as the loop runs."""
    alive = asyncio.create_task(stay_alive(), name="stay alive")
    try:
        await serve(descriptors)
    finally:
        alive.cancel()


def main(arguments: list[str]) -> None:
    """Run the process; arguments are descriptors, then the parent's process id."""
    *descriptors, parent = [int(each) for each in arguments]
    sandbox.die_with_parent(signal.SIGKILL, parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the screen's to handle
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for chatty in ("aioice", "aiortc", "libav"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    choose_codecs()
    sandbox.forbid_io_uring()
    # Half the CPU of asyncio's own loop for a packet in or out, and a tenth for a timer.
    try:
        uvloop.run(live(descriptors))
    except* SoundCame as came:
        _log.warning("this process ends, the next may use it: %s", came.exceptions[0])
        logging.shutdown()
        os._exit(FAILED)
    # Decoder threads that a driver or codec holds must not keep the devices open.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
