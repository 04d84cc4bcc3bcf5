"""A camera at the system calls' line: it reads what the kernel would read, and answers likewise.

Its descriptor is a pipe's: a byte lies in it for each filled buffer, so that `poll` is the real
one, and an unplugged camera hangs up.
"""

from __future__ import annotations

import ctypes
import errno
import io
import mmap
import os
import threading
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Any, ClassVar

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange

from hardware import v4l2
from hardware.v4l2 import Node

LENGTH = 1 << 20
"""Bytes of a buffer."""
Listing = dict[str, dict[tuple[int, int], tuple[int, ...]]]
"""Pixel format -> size -> frames a second."""
USUAL: Listing = {
    "YUYV": {(320, 240): (30, 15), (640, 480): (30,), (1280, 720): (10,)},
    "MJPG": {(320, 240): (30,), (640, 480): (30,), (1280, 720): (30,)},
}


class FakeCamera:
    """One camera; opened again and again. Its pictures come when the test `give`s them."""

    def __init__(self, listing: Listing | None = None, *, name: str = "/dev/video0") -> None:
        self.listing = USUAL if listing is None else listing
        self.name = name
        self.controls: dict[int, tuple[int, int]] = {}
        """Those it has, with their ranges."""
        self.set: list[tuple[int, int]] = []
        self.asked: list[tuple[str, int, int]] = []
        self.refuses: dict[int, OSError] = {}
        """By request: what it fails with."""
        self.answers = ""
        """The pixel format that it takes instead of whatever it is asked for."""
        self.crowded: tuple[str, ...] = ()
        """The pixel formats that its bus has no room for."""
        self.counts = True
        """Whether it numbers its pictures."""
        self.hangs: threading.Event | None = None
        """While this is not set, no call returns."""
        self.opened = 0
        self.fps = 0.0
        self.sequence = 0
        self.at_us = 1_000_000
        self.streaming = threading.Event()
        self._lock = threading.Lock()
        self._write: io.FileIO | None = None
        self._set_to = ("YUYV", 640, 480)
        self._buffers: list[mmap.mmap | None] = []
        self._free: deque[int] = deque()
        self._filled: deque[tuple[int, int, int, int, int]] = deque()

    # -- what the adapter is given -----------------------------------------------------------

    async def open(self) -> Node:
        """Be the camera's opener."""
        return self.node()

    def node(self) -> Node:
        """Return an opened node."""
        read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._write is None:  # plugged in anew
            self.streaming.clear()
            self._buffers.clear()
            self._free.clear()
            self._filled.clear()
        else:
            self.unplug()  # whoever had opened it before
        self._write = io.FileIO(write, "w")
        self.opened += 1
        return Node(read, self.name, self.ioctl)

    def map(self, descriptor: int, length: int, offset: int) -> mmap.mmap:
        """Map a buffer."""
        os.fstat(descriptor)
        made = mmap.mmap(-1, length)
        self._buffers[offset // LENGTH] = made
        return made

    def ioctl(self, descriptor: int, request: int, data: bytearray) -> None:
        """Be the system call."""
        os.fstat(descriptor)  # raises on a closed one
        if self.hangs is not None:
            assert self.hangs.wait(30)
        if request in self.refuses:
            raise self.refuses[request]
        if self._write is None:
            raise OSError(errno.ENODEV, "No such device")
        with self._lock:
            self._calls[request](self, descriptor, data)

    # -- what the test does ------------------------------------------------------------------

    def give(self, picture: bytes, *, flags: int = v4l2.MONOTONIC, after_us: int = 33_333) -> bool:
        """Fill the next free buffer; False when there is none, or it does not stream."""
        with self._lock:
            self.at_us += after_us
            self.sequence += self.counts
            if not self.streaming.is_set() or not self._free or self._write is None:
                return False
            index = self._free.popleft()
            buffer = self._buffers[index]
            assert buffer is not None
            buffer[: len(picture)] = picture
            self._filled.append((index, len(picture), flags, self.at_us, self.sequence))
            self._write.write(b"x")
            return True

    @property
    def waiting(self) -> int:
        """Filled buffers that nobody has taken yet."""
        return len(self._filled)

    @property
    def free(self) -> int:
        """Buffers that it may fill."""
        return len(self._free)

    def unplug(self) -> None:
        """Be gone: for whoever waits, and for every call."""
        with self._lock:
            if self._write is not None:
                self._write.close()
                self._write = None

    # -- the driver ---------------------------------------------------------------------------

    def _capability(self, _: int, data: bytearray) -> None:
        can = v4l2.CAN_CAPTURE | v4l2.CAN_STREAM
        data[:] = v4l2.CAPABILITY.pack(b"fake", b"Fake", b"usb", 0, can | v4l2.HAS_DEVICE_CAPS, can)

    def _list_format(self, _: int, data: bytearray) -> None:
        index, kind, *_rest = v4l2.FORMAT_LISTED.unpack(data)
        assert kind == v4l2.CAPTURE
        code = _at(list(self.listing), index)
        data[:] = v4l2.FORMAT_LISTED.pack(index, kind, 0, b"words", code.encode())

    def _list_size(self, _: int, data: bytearray) -> None:
        index, code, *_rest = v4l2.SIZE_LISTED.unpack(data)
        size = _at(list(self.listing[code.decode()]), index)
        data[:] = v4l2.SIZE_LISTED.pack(index, code, v4l2.DISCRETE, *size, 0, 0, 0, 0)

    def _list_rate(self, _: int, data: bytearray) -> None:
        index, code, width, height, *_rest = v4l2.RATE_LISTED.unpack(data)
        fps = _at(list(self.listing.get(code.decode(), {}).get((width, height), ())), index)
        data[:] = v4l2.RATE_LISTED.pack(
            index, code, width, height, v4l2.DISCRETE, 1, fps, 0, 0, 0, 0
        )

    def _set_format(self, _: int, data: bytearray) -> None:
        kind, width, height, code, *_rest = v4l2.PICTURE.unpack(data)
        assert kind == v4l2.CAPTURE
        if self._buffers:
            raise OSError(errno.EBUSY, "Device or resource busy")
        name = code.decode()
        self.asked.append((name, width, height))
        if self.answers or name not in self.listing:
            name = self.answers or next(iter(self.listing), "YUYV")
        sizes = list(self.listing.get(name, {})) or [(width, height)]
        width, height = (width, height) if (width, height) in sizes else sizes[0]
        self._set_to = (name, width, height)
        self._tell_format(0, data)

    def _tell_format(self, _: int, data: bytearray) -> None:
        name, width, height = self._set_to
        line = width * 2 if name == "YUYV" else 0
        size = width * height * 2
        data[:] = v4l2.PICTURE.pack(
            v4l2.CAPTURE, width, height, name.encode(), 1, line, size, 8, v4l2.PRIV_MAGIC, 0, 0, 0
        )

    def _set_pace(self, _: int, data: bytearray) -> None:
        told = v4l2.PACE.unpack(data)
        self.fps = told[4] / told[3]

    def _request(self, descriptor: int, data: bytearray) -> None:
        count, kind, memory, *_rest = v4l2.BUFFERS.unpack(data)
        assert (kind, memory) == (v4l2.CAPTURE, v4l2.MAPPED)
        assert not self.streaming.is_set(), "stopped first"
        self._buffers = [None] * count
        self._free.clear()
        data[:] = v4l2.BUFFERS.pack(count, kind, memory, 0, 0)

    def _query(self, _: int, data: bytearray) -> None:
        index = v4l2.BUFFER.unpack(data)[0]
        assert index < len(self._buffers)
        data[:] = _buffer(index, 0, 0, 0, 0)

    def _queue(self, _: int, data: bytearray) -> None:
        index, _kind, *_rest = v4l2.BUFFER.unpack(data)
        assert self._buffers[index] is not None, "mapped first"
        assert index not in self._free, "it is the driver's already"
        self._free.append(index)

    def _dequeue(self, descriptor: int, data: bytearray) -> None:
        if not self.streaming.is_set():
            raise OSError(errno.EINVAL, "Invalid argument")
        if not self._filled:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        assert os.read(descriptor, 1) == b"x"
        data[:] = _buffer(*self._filled.popleft())

    def _start(self, _: int, data: bytearray) -> None:
        assert self._free, "buffers are queued first"
        if self._set_to[0] in self.crowded:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.streaming.set()

    def _stop(self, descriptor: int, data: bytearray) -> None:
        self.streaming.clear()
        while self._filled:
            os.read(descriptor, 1)
            self._filled.popleft()
        self._free.clear()

    def _query_control(self, _: int, data: bytearray) -> None:
        number = v4l2.CONTROL_ASKED.unpack(data)[0]
        if number not in self.controls:
            raise OSError(errno.EINVAL, "Invalid argument")
        least, most = self.controls[number]
        data[:] = v4l2.CONTROL_ASKED.pack(number, 1, b"a control", least, most, 1, least, 0)

    def _set_control(self, _: int, data: bytearray) -> None:
        which, count, _index, _file, reserved, address = v4l2.CONTROLS.unpack(data)
        number, size, spare, value = v4l2.CONTROL.unpack(
            ctypes.string_at(address, v4l2.CONTROL.size)
        )
        assert (which, count, reserved) == (number & 0x0FFF0000, 1, 0)
        assert (size, spare) == (0, 0)
        if number not in self.controls:
            raise OSError(errno.EINVAL, "Invalid argument")
        least, most = self.controls[number]
        if not least <= value <= most:
            raise OSError(errno.ERANGE, "Numerical result out of range")
        self.set.append((number, value))

    _calls: ClassVar[dict[int, Callable[[FakeCamera, int, bytearray], None]]] = {
        v4l2.QUERYCAP: _capability,
        v4l2.ENUM_FMT: _list_format,
        v4l2.ENUM_FRAMESIZES: _list_size,
        v4l2.ENUM_FRAMEINTERVALS: _list_rate,
        v4l2.S_FMT: _set_format,
        v4l2.G_FMT: _tell_format,
        v4l2.S_PARM: _set_pace,
        v4l2.REQBUFS: _request,
        v4l2.QUERYBUF: _query,
        v4l2.QBUF: _queue,
        v4l2.DQBUF: _dequeue,
        v4l2.STREAMON: _start,
        v4l2.STREAMOFF: _stop,
        v4l2.QUERYCTRL: _query_control,
        v4l2.S_EXT_CTRLS: _set_control,
    }


class Pump:
    """Has a camera give pictures at a rate, as long as the context lasts."""

    def __init__(self, camera: FakeCamera, pictures: list[bytes], fps: int = 30) -> None:
        self._camera, self._pictures, self._fps = camera, pictures, fps
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fake camera", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(1 / self._fps):
            self._camera.give(self._pictures[number % len(self._pictures)])
            number += 1


def _at(items: list[Any], index: int) -> Any:
    if index >= len(items):
        raise OSError(errno.EINVAL, "Invalid argument")
    return items[index]


def _buffer(index: int, used: int, flags: int, at_us: int, sequence: int) -> bytes:
    return v4l2.BUFFER.pack(
        index, v4l2.CAPTURE, used, flags, 0, *divmod(at_us, 1_000_000), sequence, v4l2.MAPPED,
        index * LENGTH, LENGTH,
    )  # fmt: skip


# -- what cameras give --------------------------------------------------------------------------


def yuyv(width: int, height: int, luma: int) -> bytes:
    """Return a raw grey picture."""
    return bytes((luma, 128)) * (width * height)


def ramp(width: int, height: int, pix_fmt: str) -> av.VideoFrame:
    """Return a full-range picture, black at its left and white at its right."""
    frame = av.VideoFrame(width, height, pix_fmt)
    luma = frame.planes[0]
    row = np.linspace(0, 255, luma.line_size).astype(np.uint8)
    luma.update(np.tile(row, (height, 1)).tobytes())
    for plane in frame.planes[1:]:
        plane.update(b"\x80" * plane.buffer_size)
    frame.color_range = ColorRange.JPEG
    frame.time_base = Fraction(1, 30)
    return frame


def jpeg(frame: av.VideoFrame) -> bytes:
    """Return a frame as a camera's JPEG."""
    codec = av.CodecContext.create("mjpeg", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = frame.width, frame.height, frame.format.name
    codec.time_base = Fraction(1, 30)
    return b"".join(bytes(each) for each in [*codec.encode(frame), *codec.encode(None)])


def grey_of(number: int) -> int:
    """Return the luma of a picture of `access_units`."""
    return 40 + 12 * number


def access_units(width: int, height: int, count: int) -> list[bytes]:
    """Return a camera's stream as x264 makes it; each picture is of another grey."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, 30), Fraction(30)
    codec.profile = "Baseline"
    codec.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "20"}
    units = []
    for number in range(count):
        picture = np.full((height * 3 // 2, width), 128, np.uint8)
        picture[:height] = grey_of(number)
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = number
        units.append(b"".join(bytes(packet) for packet in codec.encode(frame)))
    return units
