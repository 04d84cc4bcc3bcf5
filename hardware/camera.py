"""A V4L2 camera. Blocking calls live in one thread; the newest frame wins."""

from __future__ import annotations

import asyncio
import errno
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

import av

from hardware.crop import ALL, Part, View
from hardware.handoff import DropOldest, deliver
from hardware.interfaces import DeviceError, DeviceLost, DeviceRefused, VideoMode
from hardware.locating import Opener
from hardware.modes import H264, Ask, Sizes, Wanted, allowed, asks
from hardware.pictures import Damaged, Decoder, decoder_of
from hardware.v4l2 import Buffer, Mapper, Node, Picture, failure_of, map_buffer
from hardware.v4l2_controls import Settings, V4l2Encoder, adjust
from hardware.v4l2_stream import Stream

_log = logging.getLogger(__name__)

OPEN_TIMEOUT_S: Final = 10.0
SILENT_S: Final = 3.0
"""No frame for this long: the camera hangs, which counts as lost."""
JOIN_S: Final = 2.0
MAX_LEFT: Final = 3
"""So many threads that hang in a driver are left behind; each keeps a descriptor, and with the last
of those the visit would end. A thread whose camera is unplugged comes out, as a rule."""
MICROSECOND: Final = Fraction(1, 1_000_000)
LOOK_UP_S: Final = 1.0
"""How long the camera's thread waits for a picture before it asks itself whether to go on."""


class V4l2Camera:
    """The camera whose node `opener` gives, each time that it is opened.

    With the format "h264" a camera that encodes delivers its own H.264, which each frame carries
    (`encoded_by_camera`). Never by itself ("auto"): what such cameras can be told differs, many
    send key frames only by their own clock and take no rate over USB, and x264 at our settings
    costs 2 ms a frame where decoding the camera's for the self-view costs 1. Nor when the picture
    is cut or masked: the camera's own shows all that it sees.
    """

    def __init__(
        self,
        opener: Opener,
        wanted: Wanted,
        settings: Settings | None = None,
        *,
        crop: Part = ALL,
        masks: tuple[Part, ...] = (),
        mapper: Mapper = map_buffer,
    ) -> None:
        self._opener = opener
        self._wanted = wanted
        self._settings = settings or Settings()
        self._view = View(crop, masks)
        self._mapper = mapper
        self._frames: DropOldest[av.VideoFrame] = DropOldest(1)
        self._capture: _Capture | None = None
        self._thread: threading.Thread | None = None
        self._left: list[threading.Thread] = []
        """Those that hang in a driver."""
        self._mode: VideoMode | None = None

    @property
    def damaged(self) -> int:
        """Pictures that arrived damaged, and were not shown, since it was opened last."""
        return 0 if self._capture is None else self._capture.damaged

    async def open(self) -> VideoMode:
        """Open; raises DeviceNotFound, DeviceBusy, DeviceAmbiguous, DeviceRefused."""
        if self._mode is not None:
            return self._mode
        self._left = [each for each in self._left if each.is_alive()]
        if len(self._left) >= MAX_LEFT:
            raise DeviceRefused("its driver hangs: plug it in anew, or start the terminal anew")
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                self._mode = await self._start(await self._opener())
        except TimeoutError:
            await self.close()
            late = f"the camera did not open within {OPEN_TIMEOUT_S:.0f} s: plug it in anew"
            raise DeviceRefused(late) from None
        except asyncio.CancelledError:
            if self._capture is not None:
                self._capture.stop()  # nobody will
            raise
        except DeviceError:
            await self.close()
            raise
        return self._mode

    async def frame(self) -> av.VideoFrame:
        """Wait for the newest frame; DeviceLost, or DeviceRefused when it makes no sense."""
        if self._mode is None:
            raise DeviceLost("the camera is not open")
        try:
            async with asyncio.timeout(SILENT_S):
                return await self._frames.get()
        except TimeoutError:
            await self.close()
            raise DeviceLost(f"no picture for {SILENT_S:.0f} s") from None
        except DeviceError:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop the thread and wait for it; one that hangs in the driver is left behind."""
        self._mode = None
        self._frames.fail(DeviceLost("the camera was closed"))
        if self._capture is not None:
            self._capture.stop()
        thread, self._thread = self._thread, None
        deadline = asyncio.get_running_loop().time() + JOIN_S
        while thread is not None and thread.is_alive():
            if asyncio.get_running_loop().time() > deadline:
                _log.warning("%s hangs in its driver and was left behind", thread.name)
                self._left.append(thread)
                return
            await asyncio.sleep(0.01)

    async def _start(self, node: Node) -> VideoMode:
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[VideoMode] = loop.create_future()
        self._frames = DropOldest(1)
        self._capture = _Capture(
            node,
            self._wanted,
            self._settings,
            self._view,
            self._mapper,
            loop=loop,
            opened=opened,
            frames=self._frames,
        )
        self._thread = threading.Thread(
            target=self._capture.run, name=f"camera {node.name}", daemon=True
        )
        self._thread.start()
        return await opened


class _Capture:
    """The thread's work: choose a mode, set the camera, decode, hand over. It owns the node."""

    def __init__(
        self,
        node: Node,
        wanted: Wanted,
        settings: Settings,
        view: View,
        mapper: Mapper,
        *,
        loop: asyncio.AbstractEventLoop,
        opened: asyncio.Future[VideoMode],
        frames: DropOldest[av.VideoFrame],
    ) -> None:
        self.damaged = 0
        self._node, self._wanted, self._settings, self._view = node, wanted, settings, view
        self._mapper = mapper
        self._loop, self._opened, self._frames = loop, opened, frames
        self._stop = threading.Event()
        self._is_open = False
        self._stream: Stream | None = None
        self._listed: dict[str, tuple[Sizes, ...]] = {}
        self._undecodable = 0
        self._last: tuple[int | None, int] = (None, 0)
        """The picture before: the driver's number of it, and how many buffers were damaged then."""
        self._last_us = 0

    def stop(self) -> None:
        """Have the thread end; from any thread."""
        self._stop.set()
        if self._stream is not None:
            self._stream.wake()

    def run(self) -> None:
        """Capture until stopped, or until the camera is gone."""
        try:
            self._work()
        except DeviceError as error:
            self._fail(error)
        except OSError as error:
            name = self._node.name
            if self._is_open:
                self._fail(DeviceLost(f"{name}: {error.strerror or error}"))
            else:
                self._fail(failure_of(name, error))
        except Exception as error:  # logged whole; told as a device that makes no sense
            _log.exception("%s: its pictures cannot be worked with", self._node.name)
            self._fail(DeviceRefused(f"{self._node.name}: {type(error).__name__}: {error}"))
        finally:
            if self._stream is not None:
                self._stream.close()
            self._node.close()
            if self.damaged:
                _log.warning("%s: %d pictures came damaged", self._node.name, self.damaged)

    def _work(self) -> None:
        self._node.card()
        stream, decoder, mode = self._begin()
        self._is_open = True
        deliver(self._loop, _settle, self._opened, mode)
        try:
            while not self._stop.is_set():
                if stream.wait(LOOK_UP_S):
                    self._next(stream, decoder)
        finally:
            decoder.close()

    def _begin(self) -> tuple[Stream, Decoder, VideoMode]:
        """Set the camera and have it capture, in the best mode that its bus has room for."""
        full: OSError | None = None
        for picture, fps in self._modes():
            for lack in adjust(self._node, self._settings) if full is None else ():
                _log.warning("%s: %s", self._node.name, lack)
            is_h264 = picture.pixel_format in H264
            self._stream = Stream(self._node, newest=not is_h264, mapper=self._mapper)
            try:
                self._stream.open()
            except OSError as error:
                self._stream.close()
                if error.errno != errno.ENOSPC:
                    raise
                full = error
                _log.warning("%s: no room on the bus for %s", self._node.name, picture)
                continue
            _log.info("%s: %s, %.4g a second", self._node.name, picture, fps)
            decoder = decoder_of(picture, V4l2Encoder(self._node) if is_h264 else None)
            size = self._view.size_of(picture.width, picture.height)
            return self._stream, decoder, VideoMode(*size, round(fps))
        if full is not None:
            raise full
        raise DeviceRefused(self._unusable())

    def _modes(self) -> Iterator[tuple[Picture, float]]:
        """Set the camera to one mode after the other, the best first; yield what it made of it."""
        wanted = self._wanted
        if wanted.format == "h264" and not self._view.is_whole:
            _log.warning(
                "%s: its own H.264 would show what is cut or masked; encoded here", self._node.name
            )
            wanted = self._wanted = replace(wanted, format="auto")
        self._listed = {each: self._node.sizes(each) for each in self._node.formats()}
        if wanted.format == "h264" and self._listed and not self._listed.keys() & set(H264):
            _log.warning("%s has no H.264; its pictures are encoded here", self._node.name)
        for ask in asks(wanted, self._listed, self._node.rates):
            picture = self._asked(ask)
            if picture is not None and picture.pixel_format in allowed(wanted):
                yield picture, self._node.set_fps(ask.fps) or ask.fps

    def _unusable(self) -> str:
        gives = ", ".join(self._listed) or "none of the usual formats"
        wanted = self._wanted
        takes = ", ".join(allowed(wanted))
        return f"{self._node.name} gives {gives}; camera_format {wanted.format} takes {takes}"

    def _asked(self, ask: Ask) -> Picture | None:
        """Ask for a mode; None when the camera does not have it."""
        try:
            return self._node.set_picture(ask.pixel_format, ask.width, ask.height)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return None
            raise

    def _next(self, stream: Stream, decoder: Decoder) -> None:
        """Hand over the next picture, if there is a whole one."""
        frame = None
        with stream.picture() as lent:
            if lent is not None:
                data, filled = lent
                at_us, missed = self._time_of(filled), self._missed(filled, stream.damaged)
                try:
                    frame = decoder.decode(data, missed)
                except Damaged:
                    self._undecodable += 1
        self.damaged = stream.damaged + self._undecodable
        if frame is not None:
            shown = self._view.of(frame)
            if shown is not frame:
                shown.opaque = frame.opaque
            shown.pts, shown.time_base = at_us, MICROSECOND
            deliver(self._loop, self._frames.put, shown)

    def _missed(self, filled: Buffer, damaged: int) -> int:
        """Return how many pictures were lost since the one before.

        By the driver's count, or where it does not count by that of its damaged buffers.
        """
        (sequence, before), self._last = self._last, (filled.sequence, damaged)
        skipped = 0 if sequence is None else filled.sequence - sequence - 1
        return max(skipped, damaged - before)

    def _time_of(self, filled: Buffer) -> int:
        """Return when the picture was captured, CLOCK_MONOTONIC in us; always later than the last.

        When the driver does not say: now.
        """
        at_us = time.monotonic_ns() // 1000 if filled.at_us is None else filled.at_us
        self._last_us = max(at_us, self._last_us + 1)
        return self._last_us

    def _fail(self, error: DeviceError) -> None:
        deliver(self._loop, _settle, self._opened, error)
        deliver(self._loop, self._frames.fail, error)


def _settle(opened: asyncio.Future[Any], result: VideoMode | DeviceError) -> None:
    if opened.done():
        return
    if isinstance(result, DeviceError):
        opened.set_exception(result)
    else:
        opened.set_result(result)
