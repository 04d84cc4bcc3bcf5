"""The screen's side of the media process: spawns it, commands it, hears it, notices its death."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack
from typing import Final

import msgspec

from config.schema import Devices, Network
from hardware.alsa_settings import system_settings
from hardware.locating import Opener, camera_opener
from kiosk.media import framing
from kiosk.media.commands import (
    AnyReport,
    Command,
    Imported,
    Level,
    OpenDevices,
    Setup,
    Stats,
)
from kiosk.media.frames import FrameReader
from kiosk.media.lending import Lender

_log = logging.getLogger(__name__)

MAX_REPORTS: Final = 256
"""Reports that nobody has read. Over this the oldest level or statistic is dropped, and when
there is none, the process is talking nonsense and is killed."""
MAX_UNSENT_BYTES: Final = 1 << 20
STOP_S: Final = 1.0
"""How long a process may take to end by itself."""
PROCESS: Final = (sys.executable, "-I", "-m", "kiosk.media.process")
"""-I: neither PYTHON variables nor the working folder nor a user's packages are looked at."""
MAX_LOG_LINE: Final = 500
OF_JACK: Final = (
    b"Cannot connect to server socket err = ",
    b"Cannot connect to server request channel",
    b"jack server is not running or cannot be started",
    b"JackShmReadWritePtr::",
)
"""How lines begin that libjack writes each time PortAudio looks for a JACK server. No terminal has
one, and a dozen of them at each proof would bury what the journal is read for."""


class MediaDied(Exception):
    """The media process is gone: by itself, killed, or because it spoke nonsense."""


class Engine:
    """One visit's media process.

    `start` it (on the main thread: the kernel ties the child's life to the thread that spawned
    it), `send` commands, read `reports` in one task, show `frames`, and `close` it at the end.
    `frames["remote"]` is the family, `frames["self"]` the self-view.
    """

    def __init__(self, devices: Devices, network: Network, camera: Opener | None = None) -> None:
        """`camera` opens the camera for the process; None: one of this engine's own."""
        self._setup = Setup(devices=devices, network=network)
        self._camera = camera or camera_opener(devices.camera)
        self._lender: Lender | None = None
        self.frames: dict[str, FrameReader] = {}
        self.imported = asyncio.Event()
        """Set once the process has loaded everything."""
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._pidfd: int | None = None
        self._out = bytearray()
        self._reports: deque[AnyReport] = deque()
        self._changed = asyncio.Event()
        self._died: MediaDied | None = None
        self._splitter = framing.Splitter(msgspec.json.Decoder(AnyReport))
        self._log_rest = b""
        self._closed = False
        self._is_spare = True

    @property
    def is_alive(self) -> bool:
        """Whether the process runs, as far as is known."""
        return self._process is not None and self._died is None and not self._closed

    @property
    def pid(self) -> int:
        """The process's id. Raises MediaDied before `start`."""
        if self._process is None:
            raise MediaDied("not started")
        return self._process.pid

    async def start(self) -> None:
        """Spawn the process; it loads everything and opens nothing."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start on the main thread: the process dies with its thread")
        if self._process is not None:
            return
        self._spawn()
        await self.send(self._setup)

    async def send(self, command: Command) -> None:
        """Send a command; order is kept. Raises MediaDied."""
        if self._died is not None:
            raise self._died
        if self._socket is None:
            raise MediaDied("not started")
        self._is_spare = self._is_spare and not isinstance(command, OpenDevices)
        self._out += framing.encode(command)
        if len(self._out) > MAX_UNSENT_BYTES:
            self._fail("it does not read its commands")
            return
        self._flush()

    async def reports(self) -> AsyncIterator[AnyReport]:
        """Yield reports in order; ends after `close`. Raises MediaDied when the process is gone."""
        while True:
            while self._reports:
                yield self._reports.popleft()
            if self._closed:
                return
            if self._died is not None:
                raise self._died
            self._changed.clear()
            await self._changed.wait()

    async def close(self) -> None:
        """End the process and wait for its end; idempotent."""
        if self._closed:
            return
        self._closed = True
        self._changed.set()
        process = self._process
        if process is None:
            return
        self._disconnect()
        if self._is_spare:
            process.kill()  # nothing is open in it that it would have to close
        try:
            if not await self._gone_within(STOP_S):
                _log.warning("media process %d did not end by itself", process.pid)
                process.kill()
                await self._gone_within(STOP_S)
        finally:
            self._release(process)

    def _spawn(self) -> None:
        with ExitStack() as undo:
            ours, theirs = socket.socketpair()
            undo.callback(ours.close)
            lending, borrowing = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            undo.callback(lending.close)
            with theirs, borrowing:
                for name in ("remote", "self"):
                    self.frames[name] = FrameReader(f"visit-{name}")
                    undo.callback(self.frames[name].close)
                process = _popen((theirs, borrowing), self.frames.values())
            undo.pop_all()
        ours.setblocking(False)
        assert process.stderr is not None
        os.set_blocking(process.stderr.fileno(), False)
        self._process, self._socket = process, ours
        self._pidfd = os.pidfd_open(process.pid)
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, self._readable)
        loop.add_reader(self._pidfd, self._ended)
        loop.add_reader(process.stderr, self._log_lines)
        self._lender = Lender(lending, self._camera)
        self._lender.start()

    async def _gone_within(self, timeout_s: float) -> bool:
        """Wait for the process's end without a thread and without polling."""
        assert self._pidfd is not None and self._process is not None
        loop = asyncio.get_running_loop()
        gone = asyncio.Event()
        loop.add_reader(self._pidfd, gone.set)
        try:
            await asyncio.wait_for(gone.wait(), timeout_s)
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(self._pidfd)
        self._process.wait()
        return True

    def _release(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None and self._pidfd is not None
        loop = asyncio.get_running_loop()
        self._log_lines()
        loop.remove_reader(process.stderr)
        process.stderr.close()
        os.close(self._pidfd)
        for reader in self.frames.values():
            loop.remove_reader(reader.eventfd)
            reader.close()

    def _disconnect(self) -> None:
        if self._lender is not None:
            self._lender.close()
        sock, self._socket = self._socket, None
        if sock is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(sock)
            loop.remove_writer(sock)
            sock.close()

    def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        if self._socket is None:
            return
        try:
            while self._out:
                del self._out[: self._socket.send(self._out)]
        except BlockingIOError:
            loop.add_writer(self._socket, self._flush)
            return
        except OSError as error:
            self._fail(f"its socket: {error.strerror}")
            return
        loop.remove_writer(self._socket)

    def _readable(self) -> None:
        assert self._socket is not None and self._process is not None
        try:
            data = self._socket.recv(framing.CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            # It is ending, and `_ended` has the status; or it could not be told to stop any more.
            self._disconnect()
            self._process.kill()
            return
        try:
            for report in self._splitter.feed(data):
                self._take(report)
        except framing.BadFrame as error:
            self._fail(f"it spoke nonsense: {error}")

    def _take(self, report: AnyReport) -> None:
        if isinstance(report, Imported):
            self.imported.set()
        if len(self._reports) >= MAX_REPORTS:
            old = next((each for each in self._reports if isinstance(each, Level | Stats)), None)
            if old is None:
                raise framing.BadFrame(f"over {MAX_REPORTS} reports")
            self._reports.remove(old)
        self._reports.append(report)
        self._changed.set()

    def _ended(self) -> None:
        assert self._process is not None and self._pidfd is not None
        asyncio.get_running_loop().remove_reader(self._pidfd)
        status = self._process.wait()
        self._fail(f"it ended with status {status}")

    def _fail(self, why: str) -> None:
        if self._died is None and not self._closed:
            assert self._process is not None
            _log.error("media process %d: %s", self._process.pid, why)
            self._died = MediaDied(why)
            self._disconnect()
            self._process.kill()
            self._changed.set()

    def _log_lines(self) -> None:
        assert self._process is not None and self._process.stderr is not None
        stream = self._process.stderr
        try:
            data = os.read(stream.fileno(), framing.CHUNK)
        except (BlockingIOError, ValueError):
            return
        if not data:
            asyncio.get_running_loop().remove_reader(stream)
        *lines, self._log_rest = (self._log_rest + data).split(b"\n")
        self._log_rest = self._log_rest[-MAX_LOG_LINE:]
        for line in lines:
            if line.startswith(OF_JACK):
                continue
            text = line[:MAX_LOG_LINE].decode(errors="replace")
            _log.info("media process %d: %r", self._process.pid, text)


class Spares:
    """One imported media process stands by, so that a visit's starts at once.

    `take` gives it away and starts the next; the one who takes it closes it.
    """

    def __init__(self, devices: Devices, network: Network) -> None:
        self._devices = devices
        self._network = network
        # Of all of them: the camera that was used last is preferred.
        self._camera = camera_opener(devices.camera)
        self._spare: Engine | None = None

    async def start(self) -> None:
        """Start the first spare."""
        if self._spare is None:
            self._spare = await self._spawn()

    async def take(self) -> Engine:
        """Return a started engine; its process may still be importing."""
        spare, self._spare = self._spare, None
        if spare is not None and not spare.is_alive:
            await spare.close()
            spare = None
        taken = spare or await self._spawn()
        try:
            self._spare = await self._spawn()
        except OSError as error:
            # The visit has its process; the next `take` tries again.
            _log.error("no spare media process: %s", error)
        return taken

    async def close(self) -> None:
        """End the spare."""
        spare, self._spare = self._spare, None
        if spare is not None:
            await spare.close()

    async def _spawn(self) -> Engine:
        engine = Engine(self._devices, self._network, self._camera)
        await engine.start()
        return engine


def _popen(
    theirs: Iterable[socket.socket], readers: Iterable[FrameReader]
) -> subprocess.Popen[bytes]:
    passed = [each.fileno() for each in theirs]
    for reader in readers:
        passed += [reader.memory_fd, reader.eventfd]
    return subprocess.Popen(  # noqa: S603 - our own module, arguments are numbers
        [*PROCESS, *map(str, passed), str(os.getpid())],
        pass_fds=passed,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=_environment(),
    )


def _environment() -> dict[str, str]:
    """Only what the process needs, none of the screen's.

    ALSA_...: the ALSA in PyAV's wheel would look in the world-writable temporary folder.
    XDG_RUNTIME_DIR: where a desktop's sound server listens.
    JACK_NO_START_SERVER: PortAudio's look for a JACK server must not start one.
    OPENBLAS_NUM_THREADS: Landlock binds a process only while it has one thread.
    """
    wanted = ("LANG", "LC_ALL", "TZ", "XDG_RUNTIME_DIR")
    return {name: os.environ[name] for name in wanted if name in os.environ} | {
        **system_settings(),
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "JACK_NO_START_SERVER": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }
