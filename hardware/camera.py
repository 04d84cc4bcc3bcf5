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
from av.codec.context import Flags
from av.container import InputContainer
from av.video.reformatter import ColorRange

from hardware import discovery
from hardware.handoff import DropOldest, deliver
from hardware.interfaces import (
    DeviceBusy,
    DeviceError,
    DeviceLost,
    DeviceNotFound,
    DeviceRefused,
    EncodedFrame,
    VideoMode,
)
from hardware.v4l2_controls import V4l2Controls

_log = logging.getLogger(__name__)

OPEN_TIMEOUT_S: Final = 10.0
SILENT_S: Final = 3.0
"""No frame for this long: the camera hangs, which counts as lost."""
JOIN_S: Final = 2.0
LARGE_PIXELS: Final = 640 * 480
"""Above, USB 2 has no room for raw pictures at 30 a second: Motion JPEG is asked for first."""

SLICES: Final = (1, 5)
"""The NAL units that are pictures (ITU-T H.264, table 7-1, without what cameras never send)."""
INTRODUCTION_MAX_BYTES: Final = 64 * 1024
"""More parameters and remarks than this before a picture are nonsense."""

H264: Final = "h264"
INPUT_FORMATS: Final = {"raw": "yuyv422", "mjpeg": "mjpeg", H264: H264}
"""The words of the configuration (beside "auto") as FFmpeg's v4l2 input takes them."""

Opener = Callable[[str, dict[str, str]], InputContainer]
ControlsOpener = Callable[[str], V4l2Controls]


def open_v4l2(path: str, options: dict[str, str]) -> InputContainer:
    """Open a capture node by FFmpeg's v4l2 input."""
    return av.open(path, format="v4l2", options=options)


class V4l2Camera:
    """The camera at `path`, or the first one attached when there is none.

    With `asked` "h264" a camera that encodes delivers its own H.264, which each frame carries
    (`encoded_by_camera`). Never by itself ("auto"): what such cameras can be told differs, many
    send key frames only by their own clock and take no rate over USB, and x264 at our settings
    costs 2 ms a frame where decoding the camera's for the self-view costs 1.
    """

    def __init__(
        self,
        path: str | None,
        mode: VideoMode,
        opener: Opener = open_v4l2,
        *,
        asked: str = "auto",
        controls: ControlsOpener = V4l2Controls,
    ) -> None:
        self._path = path
        self._asked = asked
        self._controls = controls
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
            self._asked,
            self._controls,
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
        asked: str,
        controls: ControlsOpener,
        *,
        stop: threading.Event,
        loop: asyncio.AbstractEventLoop,
        opened: asyncio.Future[VideoMode],
        frames: DropOldest[av.VideoFrame],
    ) -> None:
        self._path, self._wanted, self._opener = path, wanted, opener
        self._asked, self._controls = asked, controls
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
        for options in attempts(self._wanted, self._asked):
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
        if self._asked == H264 and context.name != H264:
            _log.warning("%s has no H.264; its pictures are encoded here", self._path)
        deliver(self._loop, _settle, self._opened, mode)
        encodes = self._asked == H264 == context.name
        pictures = self._encoded(container) if encodes else container.decode(stream)
        for frame in pictures:
            if self._stop.is_set():
                return
            fit = fitted(frame)
            fit.pts, fit.opaque = frame.pts, frame.opaque
            fit.time_base = frame.time_base or Fraction(1, mode.fps)
            deliver(self._loop, self._frames.put, fit)

    def _encoded(self, container: InputContainer) -> Iterator[av.VideoFrame]:
        """Yield each picture with the access unit that it was decoded from."""
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1  # more would keep pictures back
        stream.codec_context.flags |= Flags.low_delay
        controls = self._controls(self._path)
        number, waiting, is_asked = 0, b"", False
        try:
            for packet in container.demux(stream):
                waiting += bytes(packet)
                pictures = _pictures(stream, packet)
                if not pictures and (pictures is None or not is_introduction(waiting)):
                    # Cut short on the bus, or of a group whose beginning nobody has seen: the gap
                    # in the numbers says that a key frame is due.
                    number, waiting = number + 1, b""
                    if not is_asked:
                        controls.force_key()
                    is_asked = True
                for picture in pictures or ():
                    picture.opaque = EncodedFrame(waiting, number, controls)
                    # Parameter sets may come by themselves: they belong to the picture after.
                    number, waiting, is_asked = number + 1, b"", False
                    yield picture
        finally:
            controls.close()


def is_introduction(data: bytes) -> bool:
    """Return whether H.264 may wait for the picture that it belongs to: it is none itself."""
    kinds = {unit[0] & 0x1F for unit in data.split(b"\0\0\1")[1:] if unit}
    return kinds.isdisjoint(SLICES) and len(data) <= INTRODUCTION_MAX_BYTES


def _pictures(stream: Any, packet: av.Packet[Any]) -> list[av.VideoFrame] | None:
    """Return what the packet shows; None when it cannot be decoded."""
    try:
        return list(stream.decode(packet))
    except av.InvalidDataError:
        return None


def fitted(frame: av.VideoFrame) -> av.VideoFrame:
    """Return the frame as yuv420p of limited range; itself when it is that already.

    Motion JPEG is full range, and a camera's own H.264 may be. FFmpeg keeps the range unless it is
    told, and the encoders say "limited" of whatever they get: blacks and whites would be clipped.
    """
    if frame.format.name == "yuv420p" and frame.color_range != ColorRange.JPEG:
        return frame
    return frame.reformat(format="yuv420p", dst_color_range=ColorRange.MPEG)


def attempts(mode: VideoMode, asked: str = "auto") -> Iterator[dict[str, str]]:
    """Yield FFmpeg's v4l2 options, the best first; the last takes whatever the camera gives."""
    size = {"video_size": f"{mode.width}x{mode.height}"}
    rate = {"framerate": str(mode.fps)}
    jpeg, raw = {"input_format": "mjpeg"}, {"input_format": "yuyv422"}
    first, second = (jpeg, raw) if mode.width * mode.height > LARGE_PIXELS else (raw, jpeg)
    if asked != "auto":
        yield size | rate | {"input_format": INPUT_FORMATS[asked]}
        yield size | {"input_format": INPUT_FORMATS[asked]}
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
