"""What the kernel's V4L2 takes and gives: one video node, its structs and its ioctls.

The numbers and layouts are those of linux/videodev2.h on 64-bit machines (the struct's size is
part of a request's number, so another layout is refused with ENOTTY, never misread). No pixels
here, and neither av nor numpy: the screen process opens nodes too.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from hardware.interfaces import DeviceBusy, DeviceError, DeviceNotFound, DeviceRefused
from hardware.modes import Rates, Sizes

QUERYCAP: Final = 0x80685600
ENUM_FMT: Final = 0xC0405602
G_FMT: Final = 0xC0D05604
S_FMT: Final = 0xC0D05605
REQBUFS: Final = 0xC0145608
QUERYBUF: Final = 0xC0585609
QBUF: Final = 0xC058560F
DQBUF: Final = 0xC0585611
STREAMON: Final = 0x40045612
STREAMOFF: Final = 0x40045613
S_PARM: Final = 0xC0CC5616
QUERYCTRL: Final = 0xC0445624
S_EXT_CTRLS: Final = 0xC0205648
ENUM_FRAMESIZES: Final = 0xC02C564A
ENUM_FRAMEINTERVALS: Final = 0xC034564B

CAPABILITY: Final = struct.Struct("=16s32s32sIII12x")
"""v4l2_capability: driver, card, bus; version, capabilities, device_caps."""
FORMAT_LISTED: Final = struct.Struct("=III32s4s16x")
"""v4l2_fmtdesc: index, type, flags; description, pixelformat; mbus_code and reserved."""
SIZE_LISTED: Final = struct.Struct("=I4sI6I8x")
"""v4l2_frmsizeenum: index, pixel_format, type; width and height, or min, max, step of each."""
RATE_LISTED: Final = struct.Struct("=I4sIII6I8x")
"""v4l2_frmivalenum: index, pixel_format, width, height, type; fractions: one, or min, max, step."""
PICTURE: Final = struct.Struct("=I4xII4sIIIIIIII156x")
"""v4l2_format with v4l2_pix_format: type; width, height, pixelformat, field, bytesperline,
sizeimage, colorspace, priv, flags, ycbcr_enc, quantization."""
PACE: Final = struct.Struct("=IIIIIII176x")
"""v4l2_streamparm of capture: type; capability, capturemode, timeperframe (two), extendedmode,
readbuffers."""
BUFFERS: Final = struct.Struct("=IIIII")
"""v4l2_requestbuffers: count, type, memory, capabilities, flags."""
BUFFER: Final = struct.Struct("=IIIII4xqq16xIIQI12x")
"""v4l2_buffer: index, type, bytesused, flags, field; timestamp (two); timecode; sequence, memory,
offset; length."""
CONTROL_ASKED: Final = struct.Struct("=II32siiiiI8x")
"""v4l2_queryctrl: id, type, name, minimum, maximum, step, default, flags."""
CONTROL: Final = struct.Struct("=IIIq")
"""v4l2_ext_control, packed: id, size, reserved, value (of a union of 8 bytes)."""
CONTROLS: Final = struct.Struct("@IIIiIP")
"""v4l2_ext_controls: which, count, error_idx, request_fd, reserved, pointer."""

CAPTURE: Final = 1
"""V4L2_BUF_TYPE_VIDEO_CAPTURE"""
MAPPED: Final = 1
"""V4L2_MEMORY_MMAP"""
CAN_CAPTURE: Final = 0x1
CAN_STREAM: Final = 0x04000000
HAS_DEVICE_CAPS: Final = 0x80000000
DISCRETE: Final = 1
DAMAGED: Final = 0x40
"""V4L2_BUF_FLAG_ERROR: what is in the buffer may be anything."""
CLOCK: Final = 0xE000
MONOTONIC: Final = 0x2000
"""V4L2_BUF_FLAG_TIMESTAMP_MASK, and what it says where the time is CLOCK_MONOTONIC's."""
UNUSABLE: Final = 0x1 | 0x4
"""V4L2_CTRL_FLAG_DISABLED and V4L2_CTRL_FLAG_READ_ONLY"""
COLORSPACE_JPEG: Final = 7
QUANTIZATION_FULL: Final = 1
PRIV_MAGIC: Final = 0xFEEDCAFE
"""Says that the fields of v4l2_pix_format after `priv` count."""
MAX_LISTED: Final = 256
"""Of formats, sizes or rates; a driver that lists more lists without end."""
MAX_INTERRUPTED: Final = 100

Ioctl = Callable[[int, int, bytearray], object]
Mapper = Callable[[int, int, int], mmap.mmap]
"""Maps (descriptor, length, offset)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a camera has been set to: pixels, bytes, and whether luma runs from 0 to 255."""

    pixel_format: str
    """Four characters, such as "YUYV"."""
    width: int
    height: int
    bytes_per_line: int
    size: int
    full_range: bool

    def __str__(self) -> str:
        """Return it as people write it."""
        return f"{self.pixel_format} {self.width}x{self.height}"


class Buffer(NamedTuple):
    """One of the driver's buffers: where it is mapped from, or what was captured into it."""

    number: int
    offset: int
    length: int
    used: int = 0
    flags: int = 0
    at_us: int | None = None
    """CLOCK_MONOTONIC, microseconds; None when the driver's clock is another."""
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Control:
    """One control's range."""

    number: int
    minimum: int
    maximum: int


class Node:
    """An open video node; it owns the descriptor.

    `name` is for what is said of it. `close` is idempotent, and comes by itself when nobody holds
    the node any more: an opening that nobody waits for leaks nothing. All raise OSError.
    """

    def __init__(self, descriptor: int, name: str, ioctl: Ioctl = fcntl.ioctl) -> None:
        self._descriptor: int | None = descriptor
        self.name = name
        self._ioctl = ioctl

    def __del__(self) -> None:
        self.close()

    @property
    def descriptor(self) -> int:
        """The descriptor. Raises OSError (EBADF) once it is closed."""
        if self._descriptor is None:
            raise OSError(errno.EBADF, f"{self.name} is closed")
        return self._descriptor

    def close(self) -> None:
        """Close the descriptor."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def call(self, request: int, data: bytearray) -> bytearray:
        """Make the system call; return `data` as the driver left it."""
        for _ in range(MAX_INTERRUPTED):
            try:
                self._ioctl(self.descriptor, request, data)
            except InterruptedError:
                continue
            return data
        raise OSError(errno.EINTR, f"interrupted {MAX_INTERRUPTED} times")

    def card(self) -> str:
        """Return the camera's own name. Raises OSError (ENODEV) when it does not capture."""
        _, card, _, _, of_all, of_node = CAPABILITY.unpack(
            self.call(QUERYCAP, bytearray(CAPABILITY.size))
        )
        can = of_node if of_all & HAS_DEVICE_CAPS else of_all
        if not can & CAN_CAPTURE or not can & CAN_STREAM:
            raise OSError(errno.ENODEV, "it captures no pictures")
        return bytes(card).split(b"\0")[0].decode(errors="replace")

    def formats(self) -> tuple[str, ...]:
        """Return the pixel formats that it lists."""
        listed = self._listed(
            ENUM_FMT, lambda index: FORMAT_LISTED.pack(index, CAPTURE, 0, b"", b"")
        )
        return tuple(_text(FORMAT_LISTED.unpack(each)[4]) for each in listed)

    def sizes(self, pixel_format: str) -> tuple[Sizes, ...]:
        """Return the sizes that it lists for a format, in pixels."""
        code = pixel_format.encode()
        listed = self._listed(
            ENUM_FRAMESIZES, lambda index: SIZE_LISTED.pack(index, code, 0, 0, 0, 0, 0, 0, 0)
        )
        return tuple(_sizes(each) for each in listed)

    def rates(self, pixel_format: str, width: int, height: int) -> tuple[Rates, ...]:
        """Return the rates that it lists for a format and size, in frames a second."""
        asked = (pixel_format.encode(), width, height, 0, 0, 0, 0, 0, 0, 0)
        listed = self._listed(ENUM_FRAMEINTERVALS, lambda index: RATE_LISTED.pack(index, *asked))
        return tuple(each for each in map(_rates, listed) if each is not None)

    def set_picture(self, pixel_format: str, width: int, height: int) -> Picture:
        """Ask for a format and size; return what the driver made of it."""
        code = pixel_format.encode()
        asked = PICTURE.pack(CAPTURE, width, height, code, 1, 0, 0, 0, PRIV_MAGIC, 0, 0, 0)
        return _picture(self.call(S_FMT, bytearray(asked)))

    def picture(self) -> Picture:
        """Return what it is set to."""
        asked = PICTURE.pack(CAPTURE, 0, 0, b"", 0, 0, 0, 0, PRIV_MAGIC, 0, 0, 0)
        return _picture(self.call(G_FMT, bytearray(asked)))

    def set_fps(self, fps: float) -> float | None:
        """Ask for a rate; return the one that it will keep, None when it does not say."""
        asked = PACE.pack(CAPTURE, 0, 0, 1000, round(fps * 1000), 0, 0)
        try:
            told = PACE.unpack(self.call(S_PARM, bytearray(asked)))
        except OSError as error:
            if error.errno in (errno.ENOTTY, errno.EINVAL):
                return None  # it has one rate, or none that it knows
            raise
        return _fps(told[3], told[4])

    def control(self, number: int) -> Control | None:
        """Return a control's range; None when there is no such control or it cannot be set."""
        asked = CONTROL_ASKED.pack(number, 0, b"", 0, 0, 0, 0, 0)
        try:
            told = CONTROL_ASKED.unpack(self.call(QUERYCTRL, bytearray(asked)))
        except OSError as error:
            if error.errno in (errno.ENOTTY, errno.EINVAL):
                return None
            raise
        return None if told[7] & UNUSABLE else Control(number, told[3], told[4])

    def set_control(self, number: int, value: int) -> None:
        """Set one control; OSError ERANGE, EINVAL, EACCES when the driver does not take it."""
        inner = ctypes.create_string_buffer(CONTROL.pack(number, 0, 0, value), CONTROL.size)
        group = number & 0x0FFF0000
        outer = CONTROLS.pack(group, 1, 0, 0, 0, ctypes.addressof(inner))
        self.call(S_EXT_CTRLS, bytearray(outer))

    def request_buffers(self, count: int) -> int:
        """Have so many buffers made, or with 0 let go; return how many there are."""
        asked = BUFFERS.pack(count, CAPTURE, MAPPED, 0, 0)
        told: int = BUFFERS.unpack(self.call(REQBUFS, bytearray(asked)))[0]
        return told

    def buffer(self, index: int) -> Buffer:
        """Return where a buffer is mapped from."""
        return _buffer(self.call(QUERYBUF, _buffer_asked(index)))

    def queue(self, index: int) -> None:
        """Give a buffer to the driver."""
        self.call(QBUF, _buffer_asked(index))

    def dequeue(self) -> Buffer | None:
        """Take the oldest filled buffer back; None when none is filled."""
        try:
            return _buffer(self.call(DQBUF, _buffer_asked(0)))
        except BlockingIOError:
            return None

    def start(self) -> None:
        """Begin to capture."""
        self.call(STREAMON, bytearray(struct.pack("=i", CAPTURE)))

    def stop(self) -> None:
        """Capture no more; the driver gives all buffers back."""
        self.call(STREAMOFF, bytearray(struct.pack("=i", CAPTURE)))

    def _listed(self, request: int, asked: Callable[[int], bytes]) -> Iterator[bytearray]:
        """Yield what the driver lists, until it says that there is no more."""
        for index in range(MAX_LISTED):
            try:
                yield self.call(request, bytearray(asked(index)))
            except OSError as error:
                if error.errno in (errno.EINVAL, errno.ENOTTY):
                    return
                raise


def open_node(path: str, ioctl: Ioctl = fcntl.ioctl) -> Node:
    """Open a video node; may take long. Raises DeviceNotFound, DeviceBusy, DeviceRefused."""
    try:
        return Node(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC), path, ioctl)
    except OSError as error:
        raise failure_of(path, error) from error


def map_buffer(descriptor: int, length: int, offset: int) -> mmap.mmap:
    """Map one of the driver's buffers."""
    return mmap.mmap(descriptor, length, mmap.MAP_SHARED, mmap.PROT_READ, offset=offset)


def failure_of(name: str, error: OSError) -> DeviceError:
    """Return the DeviceError for what opening raised."""
    number = error.errno
    text = f"{name}: {error.strerror or error}"
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return DeviceNotFound(text)
    if number == errno.EBUSY:
        return DeviceBusy(f"{name}: another program has the camera")
    if number in (errno.EACCES, errno.EPERM):
        return DeviceRefused(f"{text}; this program's user must be in the group video")
    if number == errno.ENOSPC:
        return DeviceRefused(f"{name}: its USB bus has no room for it: plug it in elsewhere")
    return DeviceRefused(text)


def _text(code: bytes) -> str:
    return code.decode("latin-1").rstrip("\0 ")


def _sizes(listed: bytearray) -> Sizes:
    _, _, kind, *numbers = SIZE_LISTED.unpack(listed)
    if kind == DISCRETE:
        width, height = numbers[:2]
        return Sizes(width, width, 1, height, height, 1)
    least_width, most_width, step_width, least_height, most_height, step_height = numbers
    # A continuous one is stepwise with a step of 1, which drivers may leave as 0.
    return Sizes(
        least_width, most_width, max(1, step_width), least_height, most_height, max(1, step_height)
    )


def _rates(listed: bytearray) -> Rates | None:
    kind, *numbers = RATE_LISTED.unpack(listed)[4:]
    first = _fps(numbers[0], numbers[1])
    if kind == DISCRETE:
        return None if first is None else Rates(first, first)
    # The least interval is the highest rate.
    last = _fps(numbers[2], numbers[3])
    return None if first is None or last is None else Rates(last, first)


def _fps(numerator: int, denominator: int) -> float | None:
    return denominator / numerator if numerator and denominator else None


def _picture(told: bytearray) -> Picture:
    (_, width, height, code, _, line, size, colorspace, priv, _, _, quantization) = PICTURE.unpack(
        told
    )
    is_told = priv == PRIV_MAGIC and quantization != 0
    full = quantization == QUANTIZATION_FULL if is_told else colorspace == COLORSPACE_JPEG
    return Picture(_text(code), width, height, line, size, full)


def _buffer_asked(index: int) -> bytearray:
    return bytearray(BUFFER.pack(index, CAPTURE, 0, 0, 0, 0, 0, 0, MAPPED, 0, 0))


def _buffer(told: bytearray) -> Buffer:
    index, _, used, flags, _, second, micro, sequence, _, offset, length = BUFFER.unpack(told)
    at_us = second * 1_000_000 + micro if flags & CLOCK == MONOTONIC else None
    return Buffer(index, offset, length, used, flags, at_us, sequence)
