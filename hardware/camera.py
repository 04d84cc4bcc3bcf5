"""A V4L2 camera through PyAV. Blocking calls live in one thread; the newest frame wins."""

from __future__ import annotations

import asyncio
import errno
import logging
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, Final

import av
from av.container import InputContainer

from hardware import discovery
from hardware.handoff import DropOldest, deliver
from hardware.interfaces import (
    DeviceBusy,
    DeviceError,
    DeviceLost,
    DeviceNotFound,
    DeviceRefused,
    VideoMode,
)

_log = logging.getLogger(__name__)

OPEN_TIMEOUT_S: Final = 10.0
SILENT_S: Final = 3.0
"""No frame for this long: the camera hangs, which counts as lost."""
JOIN_S: Final = 2.0
LARGE_PIXELS: Final = 640 * 480
"""Above, USB 2 has no room for raw pictures at 30 a second: Motion JPEG is asked for first."""

Opener = Callable[[str, dict[str, str]], InputContainer]


def open_v4l2(path: str, options: dict[str, str]) -> InputContainer:
    """Open a capture node by FFmpeg's v4l2 input."""
    return av.open(path, format="v4l2", options=options)


class V4l2Camera:
    """The camera at `path`, or the first one attached when there is none."""

    def __init__(self, path: str | None, mode: VideoMode, opener: Opener = open_v4l2) -> None:
        self._path = path
        self._wanted = mode
        self._opener = opener
        self._frames: DropOldest[av.VideoFrame] = DropOldest(1)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._mode: VideoMode | None = None

    async def open(self) -> VideoMode:
        """Open in the camera's thread; raises DeviceNotFound, DeviceBusy, DeviceRefused."""
        if self._mode is not None:
            return self._mode
        path = self._path or discovery.first_camera()
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[VideoMode] = loop.create_future()
        self._frames, self._stop = DropOldest(1), threading.Event()
        work = _Capture(
            path,
            self._wanted,
            self._opener,
            stop=self._stop,
            loop=loop,
            opened=opened,
            frames=self._frames,
        )
        self._thread = threading.Thread(target=work.run, name=f"camera {path}", daemon=True)
        self._thread.start()
        try:
            self._mode = await asyncio.wait_for(asyncio.shield(opened), OPEN_TIMEOUT_S)
        except TimeoutError:
            await self.close()
            raise DeviceRefused(f"{path} did not open within {OPEN_TIMEOUT_S:.0f} s") from None
        except DeviceError:
            await self.close()
            raise
        return self._mode

    async def frame(self) -> av.VideoFrame:
        """Wait for the newest frame; DeviceLost."""
        if self._mode is None:
            raise DeviceLost("the camera is not open")
        try:
            return await asyncio.wait_for(self._frames.get(), SILENT_S)
        except TimeoutError:
            await self.close()
            raise DeviceLost(f"no picture for {SILENT_S:.0f} s") from None
        except DeviceLost:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop the thread and wait for it; one that hangs in the driver is left behind."""
        self._mode = None
        self._stop.set()
        self._frames.fail(DeviceLost("the camera was closed"))
        thread, self._thread = self._thread, None
        deadline = asyncio.get_running_loop().time() + JOIN_S
        while thread is not None and thread.is_alive():
            if asyncio.get_running_loop().time() > deadline:
                _log.warning("%s hangs in its driver and was left behind", thread.name)
                return
            await asyncio.sleep(0.01)


class _Capture:
    """The thread's work: open, choose a mode, decode, hand over."""

    def __init__(
        self,
        path: str,
        wanted: VideoMode,
        opener: Opener,
        *,
        stop: threading.Event,
        loop: asyncio.AbstractEventLoop,
        opened: asyncio.Future[VideoMode],
        frames: DropOldest[av.VideoFrame],
    ) -> None:
        self._path, self._wanted, self._opener = path, wanted, opener
        self._stop, self._loop, self._opened, self._frames = stop, loop, opened, frames

    def run(self) -> None:
        try:
            container = self._open()
        except DeviceError as error:
            deliver(self._loop, _settle, self._opened, error)
            return
        try:
            self._decode(container)
        except (OSError, av.FFmpegError) as error:
            deliver(self._loop, self._frames.fail, DeviceLost(f"{self._path}: {error}"))
        else:
            deliver(self._loop, self._frames.fail, DeviceLost(f"{self._path} ended"))
        finally:
            container.close()

    def _open(self) -> InputContainer:
        failure: DeviceError | None = None
        for options in attempts(self._wanted):
            try:
                return self._opener(self._path, options)
            except (OSError, av.FFmpegError) as error:
                failure = failure_of(self._path, error)
                if not isinstance(failure, DeviceRefused):
                    break
        assert failure is not None
        raise failure

    def _decode(self, container: InputContainer) -> None:
        stream = container.streams.video[0]
        context = stream.codec_context
        fps = round(float(stream.average_rate or self._wanted.fps))
        mode = VideoMode(context.width, context.height, fps)
        deliver(self._loop, _settle, self._opened, mode)
        for frame in container.decode(stream):
            if self._stop.is_set():
                return
            # "yuvj420p" (Motion JPEG's full range) becomes yuv420p in the range codecs expect.
            fit = frame if frame.format.name == "yuv420p" else frame.reformat(format="yuv420p")
            fit.pts = frame.pts
            fit.time_base = frame.time_base or Fraction(1, mode.fps)
            deliver(self._loop, self._frames.put, fit)


def attempts(mode: VideoMode) -> Iterator[dict[str, str]]:
    """Yield FFmpeg's v4l2 options, the best first; the last takes whatever the camera gives."""
    size = {"video_size": f"{mode.width}x{mode.height}"}
    rate = {"framerate": str(mode.fps)}
    jpeg, raw = {"input_format": "mjpeg"}, {"input_format": "yuyv422"}
    first, second = (jpeg, raw) if mode.width * mode.height > LARGE_PIXELS else (raw, jpeg)
    yield size | rate | first
    yield size | rate | second
    yield size | rate
    yield size
    yield {}


def failure_of(path: str, error: Exception) -> DeviceError:
    """Return the DeviceError for what opening raised."""
    number = getattr(error, "errno", None)
    text = f"{path}: {error}"
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return DeviceNotFound(text)
    if number == errno.EBUSY:
        return DeviceBusy(text)
    return DeviceRefused(text)


def _settle(opened: asyncio.Future[Any], result: VideoMode | DeviceError) -> None:
    if opened.done():
        return
    if isinstance(result, DeviceError):
        opened.set_exception(result)
    else:
        opened.set_result(result)
